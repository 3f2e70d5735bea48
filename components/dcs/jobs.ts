import type { types } from "@pulumi/kubernetes";
import { clientLabel, labels, selector } from "../labels.ts";
import { containerResources, restrictedContainer, withInit } from "../pod.ts";
import type { Resources } from "../../stacks/schema/common.ts";
import type { EtcdArgs } from "./etcd.ts";
import { basePod, baseVolumes, MOUNTS, votersEnv } from "./pods.ts";

/** Labels that select the pods of the DCS's own Jobs. */
export const jobSelector = selector("dcs", "etcd-job");
/** Labels of these pods: the voters admit them as clients. */
export const jobLabels = { ...labels("dcs", "etcd-job"), [clientLabel("dcs")]: "true" };

/** etcdctl is a Go program; a snapshot passes through it in small pieces. */
const resources: Resources = { cpu: "10m", memory: "32Mi", memoryLimit: "256Mi" };

/** What a Job of the DCS runs. */
export interface JobPodArgs extends EtcdArgs {
  /** Script of the etcd image. */
  script: string;
  /** Its environment beside what all scripts get. */
  env: Record<string, string>;
  /** Volumes beside what all scripts get, with where they are mounted. */
  volumes: (types.input.core.v1.Volume & { mountPath: string; readOnly?: boolean })[];
}

/** Pod of a Job that talks to the DCS as root. */
export function jobPod({ plan, platform, script, env, volumes }: JobPodArgs): types.input.core.v1.PodSpec {
  return {
    ...basePod(platform),
    restartPolicy: "OnFailure",
    containers: [
      {
        ...restrictedContainer,
        name: script,
        image: platform.images("etcd"),
        command: withInit(script),
        env: [...votersEnv(plan), ...Object.entries(env).map(([name, value]) => ({ name, value }))],
        resources: containerResources(resources),
        volumeMounts: [...MOUNTS, ...volumes.map(({ name, mountPath, readOnly }) => ({ name, mountPath, readOnly }))],
      },
    ],
    volumes: [
      ...baseVolumes(plan.members[0]!.certificate, ["ca.crt"]),
      ...volumes.map(({ mountPath: _path, readOnly: _readOnly, ...volume }) => volume),
    ],
  };
}
