import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { shortHash } from "../hash.ts";
import { endsWhenHopeless, jobAnnotations } from "../job.ts";
import { labels } from "../labels.ts";
import type { Platform } from "../platform.ts";

/** Arguments of convergeJob. */
export interface ConvergeJobArgs {
  /** Name of the store's plan, which begins the Job's name. */
  store: string;
  /** What the Job makes: its `config.json`. */
  config: object;
  /** Where it stands. */
  platform: Platform;
  /** Labels of its pod beside its own. */
  podLabels?: Record<string, string>;
  /** Its pod, by the name of the ConfigMap. */
  pod: (configMap: string) => k8s.types.input.core.v1.PodSpec;
}

/**
 * A Job that brings a store to what config says, and its ConfigMap. It is named after what it makes: other buckets,
 * another key's generation or another pod are another Job.
 */
export function convergeJob(
  name: string,
  { store, config, platform, podLabels, pod }: ConvergeJobArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const job = `${store}-converge-${shortHash({ config, pod: pod("") })}`;
  const metadata = { name: job, namespace: platform.namespaces.data, labels: labels("converge", store) };
  new k8s.core.v1.ConfigMap(
    `${name}-config`,
    { metadata, data: { "config.json": JSON.stringify(config, null, 2) } },
    opts,
  );
  new k8s.batch.v1.Job(
    name,
    {
      metadata: { ...metadata, annotations: jobAnnotations },
      spec: {
        backoffLimit: 30,
        activeDeadlineSeconds: 3600,
        ...endsWhenHopeless,
        template: { metadata: { labels: { ...metadata.labels, ...podLabels } }, spec: pod(job) },
      },
    },
    opts,
  );
}
