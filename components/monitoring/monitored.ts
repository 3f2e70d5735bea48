import type { Platform } from "../platform.ts";
import type { Flow } from "../networkPolicy.ts";

/** Pods of one kind whose metrics are read. */
export interface Scrape {
  /** Value of the label `job`, by which alerts and panels find the metrics. */
  job: string;
  /** Namespace of the pods; the metrics carry it as a label too. */
  namespace: string;
  /** Labels that select the pods. */
  podLabels: Record<string, string>;
  /** Names that DNS resolves to the pods' addresses. */
  hosts: string[];
  /** Port of the pods, by name and number. */
  port: { name: string; number: number };
  /** Path of the metrics. Default: /metrics. */
  path?: string;
  /** Name in the pods' certificates, of the site's authority; undefined: no TLS. */
  serverName?: string;
  /** Labels that the metrics get beside these. Default: none. */
  labels?: Record<string, string>;
  /** Whether each host is one member, whose name the metrics get as the label `member`. Default: false. */
  perMember?: boolean;
}

/** A server whose certificate is looked at from outside. */
export interface TlsServer {
  /** Namespace of its pods. */
  namespace: string;
  /** Labels that select the pods. */
  podLabels: Record<string, string>;
  /** Name by which it is reached, which stands in the certificate. */
  host: string;
  /** Port of that name which speaks TLS from the first byte. */
  port: number;
  /** The pods' port behind it. */
  podPort: number;
}

/** One alarm. */
export interface Alert {
  /** Its name, and that of its runbook. */
  name: string;
  /** PromQL: it is raised while the expression has a result. */
  expr: string;
  /** How long that must last, as Prometheus writes durations. */
  for: string;
  /** `page`: somebody is needed now; `ticket`: on a working day. */
  severity: "page" | "ticket";
  /** One sentence on what is wrong, with what users notice; Prometheus fills in `{{ $labels... }}`. */
  summary: string;
}

/** One graph of the dashboard. */
export interface Panel {
  /** What it shows. */
  title: string;
  /** Grafana's name of the unit: `short`, `bytes`, `s`, `percentunit`, ... */
  unit: string;
  /** PromQL. */
  expr: string;
  /** Legend, with labels as `{{member}}`. */
  legend: string;
}

/** What a service tells about itself: where its metrics are, what they must not be, and how to look at them. */
export interface Monitored {
  /** Name of the service: of its group of rules and its row of the dashboard. */
  name: string;
  /** Where its metrics are. */
  scrapes: Scrape[];
  /** Servers whose certificates must not end. Default: none. */
  tlsServers?: TlsServer[];
  /** Its alarms. */
  alerts: Alert[];
  /** Its graphs. */
  panels: Panel[];
}

/** Whether somebody reads metrics. */
export const isMeasured = (platform: Platform): boolean => platform.metricsReaders.length > 0;

/** Who may read metrics: connections to these ports. None where nobody does. */
export const readersOf = (platform: Platform, ports: number[]): Flow[] =>
  platform.metricsReaders.map((reader) => ({ ...reader, ports }));

/** PromQL's selector of a namespace, to stand inside braces. */
export const inNamespace = (namespace: string): string => `namespace="${namespace}"`;
