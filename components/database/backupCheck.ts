import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { PROJECT } from "../../stacks/config.ts";
import type { DatabasePlan, RepositoryPlan } from "../../stacks/plan.ts";
import { secretHash, shortHash } from "../hash.ts";
import { beforeTheRest, endsWhenHopeless, jobAnnotations } from "../job.ts";
import { allowFlows } from "../networkPolicy.ts";
import { keyFile, objectsPod } from "../objects/objectsPod.ts";
import type { Platform } from "../platform.ts";
import { REPOSITORY_PATH } from "./backrest.ts";
import { podLabels, podSelector } from "./pods.ts";
import type { RepositoryKeys } from "./repositories.ts";

/** Seconds within which the check must be over: most of them are for a node that has to fetch the image first. */
const DEADLINE_SECONDS = 300;

/** A client that sends a few bytes. */
const RESOURCES = { cpu: "10m", memory: "64Mi", memoryLimit: "256Mi" };

/** Arguments of BackupCheck. */
export interface BackupCheckArgs {
  /** The database. */
  plan: DatabasePlan;
  /**
   * A repository whose service stands outside of the stack. One in the stack's own object store cannot be tried before that store
   * is there: the store's own Job tries what its users can do.
   */
  repository: RepositoryPlan & Required<Pick<RepositoryPlan, "from">>;
  /** Where the check runs. */
  platform: Platform;
  /** What opens the repository; the passphrase is no part of it, since nothing is read that was encrypted. */
  keys: Omit<RepositoryKeys, "passphrase">;
}

/**
 * A Job that tries a repository of backups before the database is made or changed: address, certificate, keys, bucket, and whether
 * objects can be listed, written, read and deleted in it. What is wrong there ends `up` with the config key to mend.
 *
 * It is named after config, credentials and pod: it runs again when one of them changes, and not because a store is away later.
 */
export class BackupCheck extends pulumi.ComponentResource {
  /** What the database depends on. */
  readonly job: pulumi.Resource;

  constructor(name: string, args: BackupCheckArgs, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:database:BackupCheck", name, {}, opts);
    const { plan, repository, platform } = args;
    const child = { parent: this };
    const namespace = platform.namespaces.data;
    const labels = podLabels(plan, "backup-check");
    const metadata = { name: objectName(plan), namespace, labels, annotations: beforeTheRest };
    const config = checkConfig(repository);
    allowFlows(
      `${name}-policy`,
      {
        policy: objectName(plan),
        namespace,
        podLabels: podSelector(plan, "backup-check"),
        ingress: [],
        egress: [],
        worldPorts: [Number(repository.endpoint.split(":").at(-1))],
        annotations: beforeTheRest,
      },
      child,
    );
    const needed = [
      new k8s.core.v1.ConfigMap(
        `${name}-config`,
        { metadata, data: { "config.json": JSON.stringify(config, null, 2) } },
        child,
      ),
      // Its own: the members read theirs again and again, and keep what works until this has been tried.
      new k8s.core.v1.Secret(`${name}-keys`, { metadata, type: "Opaque", stringData: secretFiles(args) }, child),
    ];
    this.job = checkJob(name, args, config, { ...child, dependsOn: needed });
    this.registerOutputs({});
  }
}

/** Name of what the Job reads and of its policy, and beginning of its own. */
const objectName = (plan: DatabasePlan): string => `${plan.name}-backup-check`;

/** What the Job tries; the program in the image `objects` reads it. */
const checkConfig = ({ name, endpoint, region, bucket, from }: BackupCheckArgs["repository"]): object => ({
  endpoint: `https://${endpoint}`,
  region,
  bucket,
  prefix: `${REPOSITORY_PATH.slice(1)}/`,
  path: `${PROJECT}:database.backup.${name}`,
  from: { accessKeyId: from.accessKeyId, secretAccessKey: from.secretAccessKey, ...(from.ca && { ca: from.ca }) },
});

const secretFiles = ({ keys: { accessKeyId, secretAccessKey, ca } }: BackupCheckArgs) => ({
  accessKeyId,
  secretAccessKey,
  ...(ca !== undefined && { "ca.crt": ca }),
});

function checkJob(
  name: string,
  { plan, repository, platform, keys }: BackupCheckArgs,
  config: object,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const labels = podLabels(plan, "backup-check");
  const secret = objectName(plan);
  const spec = objectsPod({
    platform,
    command: "repository",
    configMap: secret,
    keys: [keyFile(secret, "repository")],
    cas: { repository: repository.from.ca && secret },
    resources: RESOURCES,
    priorityClass: "data",
  });
  const fingerprint = pulumi
    .all([keys.accessKeyId, keys.secretAccessKey, keys.ca])
    .apply((opens) => shortHash({ config, spec, opens: secretHash(opens) }));
  return new k8s.batch.v1.Job(
    name,
    {
      metadata: {
        // No secret can be read from it.
        name: pulumi.unsecret(pulumi.interpolate`${objectName(plan)}-${fingerprint}`),
        namespace: platform.namespaces.data,
        labels,
        annotations: { ...jobAnnotations, ...beforeTheRest },
      },
      spec: {
        backoffLimit: 2,
        activeDeadlineSeconds: DEADLINE_SECONDS,
        ...endsWhenHopeless,
        template: { metadata: { labels }, spec },
      },
    },
    opts,
  );
}
