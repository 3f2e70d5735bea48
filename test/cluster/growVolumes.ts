import { volumeOf } from "../../cli/drill/volumes.ts";
import type { Kubectl } from "../../cli/kubectl.ts";
import type { Claim } from "../../cli/status/volumes.ts";
import { onMachine } from "../../sandbox/machine.ts";
import { volumesScript } from "../../sandbox/volumes.ts";
import { toBytes } from "../../stacks/bytes.ts";

/** Lets claims of a class of volumes ask for more. The sandbox's own driver grows none by itself. */
export async function allowGrowth(kubectl: Kubectl, storageClass: string): Promise<void> {
  await kubectl.run(["patch", "storageclass", storageClass, "--patch", '{"allowVolumeExpansion":true}']);
}

/** Grows the volumes of claims to what they ask for, while they are used, as the driver of a class that can would do. */
export async function growVolumes(kubectl: Kubectl, namespace: string, names: string[]): Promise<void> {
  for (const name of names) {
    const [claim] = (await kubectl.list(["persistentvolumeclaims", name, "--namespace", namespace])) as Claim[];
    const { storage } = claim!.spec.resources.requests;
    const { machine, folder } = await volumeOf(kubectl, namespace, name);
    await onMachine(machine, ["sh", volumesScript, "grow", folder, String(toBytes(storage))]);
    const { volumeName } = claim!.spec as unknown as { volumeName: string };
    const capacity = { capacity: { storage } };
    await kubectl.run(["patch", "persistentvolume", volumeName, "--patch", JSON.stringify({ spec: capacity })]);
    await kubectl.run([
      ...["patch", "persistentvolumeclaim", name, "--namespace", namespace],
      ...["--subresource", "status", "--patch", JSON.stringify({ status: capacity })],
    ]);
  }
}
