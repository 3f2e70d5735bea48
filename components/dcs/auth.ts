import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { dcsGenerations, generationAnnotations } from "../generations.ts";
import { shortHash } from "../hash.ts";
import { jobAnnotations } from "../job.ts";
import type { EtcdArgs } from "./etcd.ts";
import { jobLabels, jobPod } from "./jobs.ts";
import { CLIENT, CLIENT_SECRET } from "./names.ts";

/** Keys that Patroni uses: its default namespace, then its scope. */
const CLIENT_PREFIX = "/service/";

/** A Job that brings users and roles to what is asked for; named by that, so that a change runs it again. */
export function authJob(name: string, args: EtcdArgs, opts: pulumi.CustomResourceOptions): void {
  const spec = jobPod({
    ...args,
    script: "etcd-auth",
    env: {
      DCS_CLIENT: CLIENT,
      DCS_GENERATION: String(args.plan.generation),
      DCS_PREFIX: CLIENT_PREFIX,
      DCS_CLIENT_PASSWORD: "/etc/etcd/client/password",
    },
    volumes: [
      {
        name: "client",
        secret: { secretName: CLIENT_SECRET, defaultMode: 0o440 },
        mountPath: "/etc/etcd/client",
        readOnly: true,
      },
    ],
  });
  new k8s.batch.v1.Job(
    name,
    {
      metadata: {
        name: `etcd-auth-${shortHash(spec)}`,
        namespace: args.platform.namespaces.data,
        labels: jobLabels,
        annotations: { ...jobAnnotations, ...generationAnnotations(dcsGenerations(args.plan)) },
      },
      spec: { backoffLimit: 20, activeDeadlineSeconds: 1800, template: { metadata: { labels: jobLabels }, spec } },
    },
    opts,
  );
}
