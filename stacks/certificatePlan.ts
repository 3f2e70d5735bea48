import { serviceDnsNames, type Role } from "./names.ts";
import { cephOf, minioOf, type ObjectsPlan } from "./objectsPlan.ts";
import type {
  AppPlan,
  CertificatePlan,
  DatabasePlan,
  DcsPlan,
  EdgePlan,
  ExternalDatabasePlan,
  MonitoringPlan,
  NamespacePlan,
} from "./plan.ts";

/** The parts of a site that hold certificates. */
interface Parts {
  dcs?: DcsPlan;
  database?: DatabasePlan;
  externalDatabase?: ExternalDatabasePlan;
  objects?: ObjectsPlan;
  edge?: EdgePlan;
  monitoring?: MonitoringPlan;
  apps: AppPlan[];
}

/** Every certificate that the parts of one site need. */
export function certificatesOf(namespaces: Record<Role, NamespacePlan>, parts: Parts): CertificatePlan[] {
  const data = namespaces.data.name;
  const server = (secret: string, services: string[], namespace: string): CertificatePlan => ({
    secret,
    namespace,
    commonName: services[0]!,
    dnsNames: ["localhost", ...services.flatMap((service) => serviceDnsNames(service, namespace))],
    ipAddresses: ["127.0.0.1"],
    usages: ["server", "client"],
    publicNames: [],
  });
  const client = (secret: string, commonName: string, namespace: string): CertificatePlan => ({
    secret,
    namespace,
    commonName,
    dnsNames: [commonName],
    ipAddresses: [],
    usages: ["client"],
    publicNames: [],
  });
  const minio = minioOf(parts.objects);
  const ceph = cephOf(parts.objects);
  return [
    ...(parts.dcs?.members ?? []).map((one) => server(one.certificate, [one.name, parts.dcs!.name], data)),
    ...(parts.database?.members ?? []).map((one) =>
      server(one.certificate, [one.name, `${parts.database!.name}-primary`], data),
    ),
    ...(parts.database
      ? [
          server(parts.database.pooler.certificate, [parts.database.pooler.service], data),
          client(parts.database.adminCertificate, parts.database.adminName, data),
        ]
      : []),
    ...(parts.externalDatabase && parts.monitoring
      ? [server(parts.externalDatabase.exporter.certificate, [parts.externalDatabase.exporter.name], data)]
      : []),
    ...(ceph
      ? [server(ceph.certificate, [ceph.service], ceph.namespace), client(ceph.caSecret, "ceph-client", data)]
      : []),
    ...(parts.objects?.exporter && parts.monitoring
      ? [server(parts.objects.exporter.certificate, [parts.objects.exporter.name], data)]
      : []),
    ...(minio ? [server(minio.certificate, [minio.service, ...minio.servers.map((one) => one.name)], data)] : []),
    ...(parts.edge
      ? [
          edgeCertificate(parts.edge, namespaces.edge.name),
          client(parts.edge.clientCertificate, parts.edge.name, namespaces.edge.name),
        ]
      : []),
    ...(parts.monitoring
      ? [server(parts.monitoring.certificate, [parts.monitoring.name, parts.monitoring.prober.name], data)]
      : []),
    ...parts.apps.map((app) => client(app.certificate, app.name, namespaces.apps.name)),
  ];
}

function edgeCertificate(edge: EdgePlan, namespace: string): CertificatePlan {
  const publicNames = [...new Set(edge.http.map((route) => route.host))];
  return {
    secret: edge.certificate,
    namespace,
    commonName: edge.name,
    dnsNames: [...new Set([...publicNames, ...serviceDnsNames(edge.name, namespace)])],
    ipAddresses: [],
    usages: ["server"],
    publicNames,
  };
}
