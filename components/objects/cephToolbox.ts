import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { CephPlan } from "../../stacks/cephPlan.ts";
import { labels } from "../labels.ts";
import type { Platform } from "../platform.ts";
import { containerResources, memoryVolume, restrictedContainer, restrictedPod } from "../pod.ts";
import { appLabel } from "./cephCluster.ts";

/** User of the pod: any but root, since it only reads what is mounted. */
const TOOLBOX_UID = 2016;

/** Monitors move and keys change: what the commands read is written anew every half minute. */
const SCRIPT = `set -eu
while true; do
  printf '[client.admin]\\nkey = %s\\n' "$(cat /run/admin/ceph-secret)" > /etc/ceph/keyring
  printf '[global]\\nmon_host = %s\\nms_client_mode = secure\\n[client.admin]\\nkeyring = /etc/ceph/keyring\\n' \\
    "$(sed 's/[^,=]*=//g' /run/monitors/data)" > /etc/ceph/ceph.conf
  sleep 30
done
`;

/** Arguments of cephToolbox. */
export interface CephToolboxArgs {
  /** Ceph, as planned. */
  plan: CephPlan;
  /** Where it stands. */
  platform: Platform;
}

/** A pod with Ceph's commands and its administrator's key: `kubectl exec` into it. */
export function cephToolbox(
  name: string,
  { plan, platform }: CephToolboxArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const own = { ...labels("toolbox", "ceph"), ...appLabel("tools") };
  const written = { exec: { command: ["test", "-s", "/etc/ceph/ceph.conf"] }, periodSeconds: 10 };
  new k8s.apps.v1.Deployment(
    name,
    {
      metadata: {
        name: "rook-ceph-tools",
        namespace: plan.namespace,
        labels: own,
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: {
        replicas: 1,
        selector: { matchLabels: appLabel("tools") },
        template: {
          metadata: { labels: own },
          spec: {
            ...restrictedPod(platform, "apps", TOOLBOX_UID),
            containers: [
              {
                ...restrictedContainer,
                name: "toolbox",
                image: plan.image,
                command: ["bash", "-c", SCRIPT],
                resources: containerResources({ cpu: "10m", memory: "128Mi", memoryLimit: "512Mi" }),
                startupProbe: written,
                livenessProbe: written,
                readinessProbe: written,
                volumeMounts: [
                  { name: "config", mountPath: "/etc/ceph" },
                  { name: "admin", mountPath: "/run/admin", readOnly: true },
                  { name: "monitors", mountPath: "/run/monitors", readOnly: true },
                ],
              },
            ],
            volumes: [
              memoryVolume("config", "16Mi"),
              // Rook makes both when the monitors stand.
              { name: "admin", secret: { secretName: "rook-ceph-mon", defaultMode: 0o440 } },
              { name: "monitors", configMap: { name: "rook-ceph-mon-endpoints" } },
            ],
          },
        },
      },
    },
    opts,
  );
}
