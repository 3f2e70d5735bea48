import type { types } from "@pulumi/kubernetes";
import type { MinioPlan } from "../../stacks/objectsPlan.ts";
import { selector } from "../labels.ts";

/** User of the image. */
export const MINIO_UID = 10003;

/** Labels that select the servers' pods, all of them. */
export const serverSelector = selector("server", "minio");

/** The certificate under the names that MinIO looks for, and where it is mounted. */
export function certificateVolume(plan: MinioPlan): {
  volume: types.input.core.v1.Volume;
  mount: types.input.core.v1.VolumeMount;
} {
  const items = [
    { key: "tls.crt", path: "public.crt" },
    { key: "tls.key", path: "private.key" },
    { key: "ca.crt", path: "CAs/ca.crt" },
  ];
  return {
    volume: { name: "certificate", secret: { secretName: plan.certificate, defaultMode: 0o440, items } },
    mount: { name: "certificate", mountPath: "/certs", readOnly: true },
  };
}

/** The CA alone, at the same place, for containers that are only clients. */
export function caOnly(plan: MinioPlan): ReturnType<typeof certificateVolume> {
  const { mount } = certificateVolume(plan);
  const items = [{ key: "ca.crt", path: "CAs/ca.crt" }];
  return { volume: { name: "certificate", secret: { secretName: plan.certificate, items } }, mount };
}
