import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { DcsPlan } from "../../stacks/plan.ts";
import { labels } from "../labels.ts";
import type { Platform } from "../platform.ts";
import { generatePassword } from "../secrets.ts";
import { authJob } from "./auth.ts";
import { defragmentation, snapshots } from "./maintenance.ts";
import { CLIENT, CLIENT_SECRET, ROOT_SECRET } from "./names.ts";
import { etcdPolicies } from "./policies.ts";
import { voter, voterSelector } from "./voter.ts";

/** Arguments of Etcd. */
export interface EtcdArgs {
  /** What the DCS is made of. */
  plan: DcsPlan;
  /** Where it stands. */
  platform: Platform;
}

/**
 * The etcd in which Patroni elects: voters with a volume each that heal themselves, TLS for everyone, a password for
 * clients, defragmentation and snapshots.
 */
export class Etcd extends pulumi.ComponentResource {
  /** What Patroni needs to connect. The servers' certificates are of the site's authority. */
  readonly access: {
    /** Client addresses, `host:port`. */
    hosts: string[];
    /** User that reads and writes Patroni's keys; another one for each generation of the password. */
    username: string;
    /** Secret and key that hold the user's password. */
    passwordSecret: { name: string; key: string };
  };

  constructor(name: string, args: EtcdArgs, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:dcs:Etcd", name, {}, opts);
    const child = { parent: this };
    const { plan, platform } = args;

    const secrets = passwords(name, args, child);
    for (const member of plan.members) voter(`${name}-${member.name}`, { plan, member, platform }, child);
    disruptionBudget(name, args, child);
    etcdPolicies(name, args, child);
    authJob(`${name}-auth`, args, { ...child, dependsOn: secrets });
    defragmentation(`${name}-defragment`, args, child);
    snapshots(`${name}-snapshot`, args, child);

    this.access = {
      hosts: plan.members.map((one) => `${one.host}:${plan.port}`),
      username: `${CLIENT}-${plan.generation}`,
      passwordSecret: { name: CLIENT_SECRET, key: "password" },
    };
    this.registerOutputs({});
  }
}

/**
 * The passwords of root and of the client. Each generation is a value of its own, so that root's Secret can hold the one
 * before as well: with it the new one is set.
 */
function passwords(
  name: string,
  { plan, platform }: EtcdArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret[] {
  const namespace = platform.namespaces.data;
  const { generation } = plan;
  const root = (which: number) => generatePassword(`${name}-root-${which}`, opts);
  const secret = (secretName: string, stringData: Record<string, pulumi.Output<string>>) =>
    new k8s.core.v1.Secret(
      `${name}-${secretName}`,
      { metadata: { name: secretName, namespace, labels: labels("dcs", "etcd") }, stringData },
      opts,
    );
  return [
    secret(ROOT_SECRET, { password: root(generation), ...(generation > 1 && { previous: root(generation - 1) }) }),
    secret(CLIENT_SECRET, { password: generatePassword(`${name}-client-${generation}`, opts) }),
  ];
}

function disruptionBudget(name: string, { plan, platform }: EtcdArgs, opts: pulumi.CustomResourceOptions): void {
  new k8s.policy.v1.PodDisruptionBudget(
    `${name}-budget`,
    {
      metadata: { name: plan.name, namespace: platform.namespaces.data, labels: labels("dcs", "etcd") },
      spec: { maxUnavailable: 1, selector: { matchLabels: voterSelector } },
    },
    opts,
  );
}
