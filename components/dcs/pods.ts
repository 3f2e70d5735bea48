import type { types } from "@pulumi/kubernetes";
import type { DcsPlan } from "../../stacks/plan.ts";
import type { Platform } from "../platform.ts";
import { memoryVolume, platformPod, type PodBase } from "../pod.ts";
import { ROOT_SECRET } from "./names.ts";

type Volume = types.input.core.v1.Volume;
type VolumeMount = types.input.core.v1.VolumeMount;

/** User of the etcd image. */
const UID = 10002;

/** Ports of a voter. `statement`: where one with an empty volume says so; `health`: metrics and liveness, without TLS. */
export const PORTS = { client: 2379, peer: 2380, health: 2381, statement: 2382 } as const;

/** What all pods of the DCS have in common. */
export const basePod = (platform: Platform): PodBase => platformPod(platform, "data", UID);

/** Where the scripts expect what `baseVolumes` holds. */
export const MOUNTS: VolumeMount[] = [
  { name: "tls", mountPath: "/etc/etcd/tls", readOnly: true },
  { name: "root", mountPath: "/etc/etcd/root", readOnly: true },
  { name: "tmp", mountPath: "/tmp" },
];

/**
 * A certificate, the password of root, and scratch space in memory.
 *
 * @param certificate Secret of the certificate.
 * @param keys its keys that the pod gets; default all. Clients need the authority only.
 */
export function baseVolumes(certificate: string, keys?: string[]): Volume[] {
  const items = keys && { items: keys.map((key) => ({ key, path: key })) };
  return [
    { name: "tls", secret: { secretName: certificate, defaultMode: 0o440, ...items } },
    { name: "root", secret: { secretName: ROOT_SECRET, defaultMode: 0o440 } },
    memoryVolume("tmp", "16Mi"),
  ];
}

/** What tells the scripts who votes. */
export const votersEnv = (plan: DcsPlan): types.input.core.v1.EnvVar[] => [
  { name: "DCS_MEMBERS", value: plan.members.map((one) => `${one.name}=${one.host}`).join(" ") },
];
