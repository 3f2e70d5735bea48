import { serviceHost } from "./names.ts";

/** What reads the metrics of a service that tells none to Prometheus. */
export interface ExporterPlan {
  /** Its name, and that of its Service. */
  name: string;
  /** Absolute host name of that Service. */
  host: string;
  /** Secret with its certificate. */
  certificate: string;
}

/** Decides the names of the exporter of a service (`pg`: `pg-exporter`). */
export function planExporter(service: string, namespace: string): ExporterPlan {
  const name = `${service}-exporter`;
  return { name, host: serviceHost(name, namespace), certificate: `${name}-tls` };
}
