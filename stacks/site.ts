import type * as pulumi from "@pulumi/pulumi";
import { App } from "../components/apps/app.ts";
import { createCertificates } from "../components/certificates/certificates.ts";
import { Cluster } from "../components/cluster/cluster.ts";
import { BackupCheck } from "../components/database/backupCheck.ts";
import type { DatabaseService } from "../components/database/database.ts";
import { ExternalPostgres } from "../components/database/externalPostgres.ts";
import { PatroniPostgres, type PatroniPostgresArgs } from "../components/database/patroniPostgres.ts";
import { Etcd } from "../components/dcs/etcd.ts";
import { Edge } from "../components/edge/edge.ts";
import { fileShare } from "../components/files/fileShare.ts";
import { imageResolver } from "../components/images.ts";
import { isMeasured } from "../components/monitoring/monitored.ts";
import { createMonitoring, metricsReaders } from "../components/monitoring/monitoring.ts";
import { ObjectsCopy } from "../components/objects/objectsCopy.ts";
import { ObjectsExporter } from "../components/objects/objectsExporter.ts";
import { objectStore, type ObjectStore } from "../components/objects/objectStore.ts";
import type { Platform } from "../components/platform.ts";
import { appBindings, edgeBackends } from "./bindings.ts";
import { monitoredOf } from "./monitored.ts";
import type { SharePlan } from "./filesPlan.ts";
import { cephOf } from "./objectsPlan.ts";
import type { DatabasePlan, RepositoryPlan, SitePlan } from "./plan.ts";
import { stage, type Stage } from "./stage.ts";
import type { Stack } from "./stack.ts";

/** What a site offers, exported by the stack. */
export interface SiteOutputs {
  /** Full names of the namespaces. */
  namespaces: Record<string, string>;
}

/** Builds everything of one site. */
export function buildSite(stack: Stack, plan: SitePlan): SiteOutputs {
  const cluster = buildCluster(stack, plan);
  const platform = platformOf(stack, plan);
  const next = (...after: Stage[]) => stage(cluster.provider, cluster.ready, after);
  const certificates = next();
  createCertificates(
    `${plan.name}-certificates`,
    { config: plan.capabilities.certificates, certificates: plan.certificates, platform },
    certificates.options,
  );
  const stored = next(certificates);
  const objects = buildObjects(stack, plan, platform, stored.options);
  const check = buildBackupCheck(stack, plan, platform, next().options);
  // Its first backup goes to the object store.
  const data = stage(cluster.provider, [...cluster.ready, ...check], [certificates, stored]);
  const database = buildDatabase(stack, plan, { platform, objects }, data.options);
  const claims = buildFiles(plan, platform, next().options);
  for (const app of plan.apps) {
    const bindings = appBindings(app, database, objects);
    const ready = [...cluster.ready, ...app.mounts.map(({ share }) => claims[share]!)];
    const { options } = stage(cluster.provider, ready, [certificates, data, stored]);
    new App(`${plan.name}-app-${app.name}`, { plan: app, platform, ...bindings, secret: stack.secret }, options);
  }
  if (plan.edge) {
    const backends = edgeBackends(plan, database, objects);
    new Edge(`${plan.name}-edge`, { plan: plan.edge, platform, ...backends }, next(certificates).options);
  }
  if (plan.monitoring) {
    const services = monitoredOf(plan, platform.namespaces);
    createMonitoring(
      `${plan.name}-monitoring`,
      { plan: plan.monitoring, platform, services },
      next(certificates).options,
    );
  }
  return { namespaces: platform.namespaces };
}

function buildCluster(stack: Stack, plan: SitePlan): Cluster {
  return new Cluster(`${plan.name}-cluster`, {
    stack: stack.name,
    site: plan.name,
    plan: plan.cluster,
    kubeconfig: kubeconfigText(stack, plan),
    namespaces: plan.namespaces,
    storageNamespace: cephOf(plan.objects)?.ownNamespace,
    priorityClasses: plan.priorityClasses,
    pullSecrets: Object.fromEntries(
      plan.capabilities.pullSecrets.map(({ name, contentFrom }) => [name, stack.secret(contentFrom)]),
    ),
    protectData: !plan.sandbox,
  });
}

/** What the database must wait for: the check of the repository outside of the stack, where it has one. */
function buildBackupCheck(
  stack: Stack,
  { name, database }: SitePlan,
  platform: Platform,
  opts: pulumi.ComponentResourceOptions,
): pulumi.Resource[] {
  return (database?.backup?.repositories ?? []).flatMap(({ from, ...rest }) => {
    if (!from) return [];
    const args = { plan: database!, repository: { ...rest, from }, platform, keys: configuredKeys(stack, from) };
    return [new BackupCheck(`${name}-database-backup-check`, args, opts).job];
  });
}

function buildDatabase(
  stack: Stack,
  { name, dcs, database, externalDatabase, edge }: SitePlan,
  { platform, objects }: { platform: Platform; objects?: ObjectStore },
  opts: pulumi.ComponentResourceOptions,
): DatabaseService | undefined {
  if (externalDatabase) {
    const { caFrom, passwordFrom } = externalDatabase;
    return new ExternalPostgres(
      `${name}-database`,
      {
        plan: externalDatabase,
        platform,
        ca: stack.secret(caFrom),
        administratorPassword: stack.secret(passwordFrom),
      },
      opts,
    );
  }
  if (!database || !dcs) return undefined;
  const etcd = new Etcd(`${name}-dcs`, { plan: dcs, platform }, opts);
  const { apps, edge: edgeNamespace } = platform.namespaces;
  return new PatroniPostgres(
    `${name}-database`,
    {
      plan: database,
      platform,
      dcs: etcd.access,
      repositoryKeys: repositoryKeys(stack, database, objects),
      adoption: database.adopt && {
        password: stack.secret(database.adopt.passwordFrom),
        ca: stack.secret(database.adopt.caFrom),
      },
      storeFlow: database.backup?.repositories.some((one) => one.user) ? objects?.clientFlow : undefined,
      clientNamespaces: [apps],
      edgeNamespace: edge?.tcp.length ? edgeNamespace : undefined,
    },
    opts,
  );
}

/** What opens the repositories: the object store's keys for its own user, config's secrets elsewhere. */
function repositoryKeys(
  stack: Stack,
  { backup }: DatabasePlan,
  objects?: ObjectStore,
): PatroniPostgresArgs["repositoryKeys"] {
  const entries = (backup?.repositories ?? []).map(({ name, user, from }) => [
    name,
    user
      ? { ...objects!.keys[user]!, ca: objects!.ca }
      : {
          ...configuredKeys(stack, from!),
          passphrase: from!.passphrase && stack.secret(from!.passphrase),
        },
  ]);
  return Object.fromEntries(entries) as PatroniPostgresArgs["repositoryKeys"];
}

/** What opens a repository that config describes. */
const configuredKeys = (stack: Stack, from: NonNullable<RepositoryPlan["from"]>) => ({
  accessKeyId: stack.secret(from.accessKeyId),
  secretAccessKey: stack.secret(from.secretAccessKey),
  ca: from.ca === undefined ? undefined : stack.secret(from.ca),
});

function buildObjects(
  stack: Stack,
  { name, objects, edge }: SitePlan,
  platform: Platform,
  opts: pulumi.ComponentResourceOptions,
): ObjectStore | undefined {
  if (!objects) return undefined;
  const clientNamespaces = [platform.namespaces.apps];
  const { secret } = stack;
  const edgeNamespace = edge?.objects ? platform.namespaces.edge : undefined;
  const args = { plan: objects, platform, clientNamespaces, secret, edgeNamespace };
  const store = objectStore(`${name}-objects`, args, opts);
  const { clientFlow } = store;
  for (const place of [objects.copy, objects.next]) {
    if (!place) continue;
    new ObjectsCopy(`${name}-${place.name}`, { plan: objects, copy: place, platform, clientFlow, secret }, opts);
  }
  if (objects.exporter && isMeasured(platform)) {
    new ObjectsExporter(`${name}-objects-exporter`, { plan: objects, exporter: objects.exporter, platform }, opts);
  }
  return store;
}

/** The claim of each share by its name. */
function buildFiles(
  { name, files }: SitePlan,
  platform: Platform,
  opts: pulumi.ComponentResourceOptions,
): Record<string, pulumi.Resource> {
  const claim = (plan: SharePlan) => fileShare(`${name}-files-${plan.name}`, { plan, platform }, opts).claim;
  return Object.fromEntries(files.map((share) => [share.name, claim(share)]));
}

function kubeconfigText(stack: Stack, plan: SitePlan): pulumi.Output<string> | undefined {
  const source = plan.cluster.kubeconfig;
  return source && "contentFrom" in source ? stack.secret(source.contentFrom) : undefined;
}

function platformOf(stack: Stack, plan: SitePlan): Platform {
  const { system, data, edge, apps } = plan.namespaces;
  return {
    namespaces: { system: system.name, data: data.name, edge: edge.name, apps: apps.name },
    priorityClasses: plan.priorityClasses,
    storageClass: plan.capabilities.storageClasses.block,
    loadBalancerClass: plan.capabilities.loadBalancerClass,
    pullSecrets: plan.capabilities.pullSecrets.map((one) => one.name),
    images: imageResolver(stack.lock, stack.config.images.prefix),
    metricsReaders: plan.monitoring ? metricsReaders(plan.monitoring, data.name) : [],
    protectData: !plan.sandbox,
  };
}
