import type { Kubectl } from "../../cli/kubectl.ts";
import type { Claim } from "../../cli/status/volumes.ts";

/** Lets claims of a class of volumes ask for more. The sandbox's own driver grows none by itself. */
export async function allowGrowth(kubectl: Kubectl, storageClass: string): Promise<void> {
  await kubectl.run(["patch", "storageclass", storageClass, "--patch", '{"allowVolumeExpansion":true}']);
}

/**
 * Says of the volumes of claims that they are as large as these ask for, as the driver of a class that can grow them says when it
 * has. Their file systems stay as they are: where a machine's root lacks CAP_SYS_RESOURCE the kernel grows none that is mounted.
 */
export async function growVolumes(kubectl: Kubectl, namespace: string, names: string[]): Promise<void> {
  const claims = (await kubectl.list(["persistentvolumeclaims", ...names, "--namespace", namespace])) as Claim[];
  for (const { metadata, spec } of claims) {
    const { volumeName, resources } = spec as Claim["spec"] & { volumeName: string };
    const capacity = { capacity: { storage: resources.requests.storage } };
    await kubectl.run(["patch", "persistentvolume", volumeName, "--patch", JSON.stringify({ spec: capacity })]);
    await kubectl.run([
      ...["patch", "persistentvolumeclaim", metadata.name, "--namespace", namespace],
      ...["--subresource", "status", "--patch", JSON.stringify({ status: capacity })],
    ]);
  }
}
