import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { BackupPlan, DatabasePlan, RepositoryPlan } from "../../stacks/plan.ts";
import { dataOptions } from "../data.ts";
import type { Platform } from "../platform.ts";
import { generatePassword } from "../secrets.ts";
import { caFile } from "./backrest.ts";
import { podLabels } from "./pods.ts";

/** What opens a repository; all of it secret. */
export interface RepositoryKeys {
  /** Access key id. */
  accessKeyId: pulumi.Input<string>;
  /** Secret access key. */
  secretAccessKey: pulumi.Input<string>;
  /** CA of the service, PEM; undefined: the site's own, or a public one. */
  ca?: pulumi.Input<string>;
  /** Passphrase of a repository that has one already; undefined: one is generated. */
  passphrase?: pulumi.Input<string>;
}

/** Arguments of repositoriesSecret. */
export interface RepositoriesArgs {
  /** The database. */
  plan: DatabasePlan;
  /** Its backups. */
  backup: BackupPlan;
  /** Where it stands. */
  platform: Platform;
  /** Keys by name of the repository. */
  keys: Partial<Record<RepositoryPlan["name"], RepositoryKeys>>;
}

/** Name of the Secret with what opens the repositories, as files that pgBackRest reads. */
export const repositoriesSecretName = (plan: DatabasePlan): string => `${plan.name}-backup-repositories`;

/** Name of the Secret with a repository's passphrase (key `passphrase`): without it, no backup can be read. */
export const passphraseSecretName = (plan: DatabasePlan, repository: RepositoryPlan): string =>
  `${plan.name}-backup-passphrase-${repository.name}`;

/** Makes each repository's passphrase, and the Secret with what opens them all. */
export function repositoriesSecret(
  name: string,
  { plan, backup, platform, keys }: RepositoriesArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const metadata = (secret: string) => ({
    name: secret,
    namespace: platform.namespaces.data,
    labels: podLabels(plan, "backup"),
  });
  const files = backup.repositories.map((repository): [string, pulumi.Input<string>][] => {
    const { number, name: place } = repository;
    // It outlives the stack as the backups at another place do, which nobody could read without it.
    const kept = { ...opts, ...dataOptions(platform.protectData) };
    const { accessKeyId, secretAccessKey, ca, passphrase: own } = keys[place]!;
    const passphrase = own ?? generatePassword(`${name}-${place}-passphrase`, kept);
    new k8s.core.v1.Secret(
      `${name}-${place}`,
      { metadata: metadata(passphraseSecretName(plan, repository)), type: "Opaque", stringData: { passphrase } },
      kept,
    );
    const settings = pulumi.secret(
      pulumi.interpolate`[global]
repo${number}-s3-key=${accessKeyId}
repo${number}-s3-key-secret=${secretAccessKey}
repo${number}-cipher-pass=${passphrase}
`,
    );
    return [[`${place}.conf`, settings], ...(ca ? [[caFile(repository), ca] as [string, pulumi.Input<string>]] : [])];
  });
  new k8s.core.v1.Secret(
    name,
    {
      metadata: metadata(repositoriesSecretName(plan)),
      type: "Opaque",
      stringData: Object.fromEntries(files.flat()),
    },
    opts,
  );
}
