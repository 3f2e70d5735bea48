import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ExternalObjectsPlan } from "../../stacks/objectsPlan.ts";
import { labels } from "../labels.ts";
import { keysOf, keySecret, makeAccessKey, secretsOf, type KeptKey } from "./accessKeys.ts";
import { userSecretName } from "./names.ts";
import { accountSecretName, externalConverge } from "./externalConverge.ts";
import { loginOf } from "./externalJob.ts";
import type { AccessKey, ObjectStore, ObjectStoreArgs } from "./objectStore.ts";

type Args = ObjectStoreArgs<ExternalObjectsPlan>;

/**
 * An S3 service that somebody else runs: buckets, and users where it is a Ceph gateway that lets us, are made there by a
 * Job, which first tries what the service can do and then what each user can. Nothing of the service itself is changed.
 */
export class ExternalObjectStore extends pulumi.ComponentResource implements ObjectStore {
  readonly host: string;
  readonly port: number;
  readonly region: string;
  readonly ca: pulumi.Output<string> | undefined;
  readonly keys: Record<string, AccessKey>;

  constructor(name: string, args: Args, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:objects:ExternalObjectStore", name, {}, opts);
    const { plan, platform, secret } = args;
    const child = { parent: this };
    const namespace = platform.namespaces.data;
    this.host = plan.host;
    this.port = plan.port;
    this.region = plan.region;
    this.ca = plan.caFrom === undefined ? undefined : secret(plan.caFrom);
    const metadata = { name: plan.caSecret!, namespace, labels: labels("ca", plan.name) };
    const stringData = this.ca && { "ca.crt": this.ca };
    const ca = stringData && new k8s.core.v1.Secret(`${name}-ca`, { metadata, type: "Opaque", stringData }, child);
    const account =
      plan.account &&
      keySecret(
        `${name}-account`,
        { plan, namespace, secret: accountSecretName(plan), key: configKey(args, plan.account) },
        child,
      );
    const kept = Object.fromEntries(plan.users.map(({ name: user }) => [user, userKey(name, args, user, child)]));
    this.keys = keysOf(kept);
    const dependsOn = [account?.secret, ca, ...secretsOf(kept)].filter((one) => one !== undefined);
    externalConverge(`${name}-converge`, args, { ...child, dependsOn });
    this.registerOutputs({});
  }
}

/** A key that stands in config. */
const configKey = ({ secret }: Args, from: { accessKeyIdFrom: string; secretAccessKeyFrom: string }): AccessKey => ({
  accessKeyId: secret(from.accessKeyIdFrom),
  secretAccessKey: secret(from.secretAccessKeyFrom),
});

/** A user's key: config's, or a new one where users are made. */
function userKey(name: string, args: Args, userName: string, opts: pulumi.CustomResourceOptions): KeptKey {
  const { plan, platform } = args;
  const namespace = platform.namespaces.data;
  const user = plan.users.find((one) => one.name === userName)!;
  const given = plan.keys.find((one) => one.user === userName);
  if (!given) return makeAccessKey(name, { plan, namespace, user, accessKeyId: loginOf(plan, userName) }, opts);
  const key = configKey(args, given);
  return keySecret(`${name}-user-${userName}`, { plan, namespace, secret: userSecretName(plan, userName), key }, opts);
}
