import { appsMonitored } from "../components/apps/monitored.ts";
import { externalMonitored } from "../components/database/externalMonitored.ts";
import { databaseMonitored } from "../components/database/monitored.ts";
import { dcsMonitored } from "../components/dcs/monitored.ts";
import { edgeMonitored } from "../components/edge/monitored.ts";
import type { Monitored } from "../components/monitoring/monitored.ts";
import { cephMonitored } from "../components/objects/cephMonitored.ts";
import { minioMonitored } from "../components/objects/minioMonitored.ts";
import { objectsExporterMonitored } from "../components/objects/objectsExporterMonitored.ts";
import type { Role } from "./names.ts";
import { cephOf, minioOf } from "./objectsPlan.ts";
import type { SitePlan } from "./plan.ts";

/** What the services of a site tell about themselves. */
export function monitoredOf(
  { database, externalDatabase, dcs, objects, edge, apps }: SitePlan,
  namespaces: Record<Role, string>,
): Monitored[] {
  const minio = minioOf(objects);
  const ceph = cephOf(objects);
  return [
    ...(database ? [databaseMonitored(database, namespaces.data)] : []),
    ...(externalDatabase ? [externalMonitored(externalDatabase, namespaces.data)] : []),
    ...(dcs ? [dcsMonitored(dcs, namespaces.data)] : []),
    ...(minio ? [minioMonitored(minio, namespaces.data)] : []),
    ...(ceph ? [cephMonitored(ceph)] : []),
    ...(objects?.exporter ? [objectsExporterMonitored(objects, objects.exporter, namespaces.data)] : []),
    ...(edge ? [edgeMonitored(edge, namespaces.edge)] : []),
    appsMonitored(apps, namespaces.apps),
  ];
}
