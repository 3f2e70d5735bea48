import type { Kubectl } from "../kubectl.ts";
import { onMachine } from "../../sandbox/machine.ts";
import type { Repair } from "./drill.ts";

/** A volume as its node has it. */
export interface NodeVolume {
  /** The node. */
  machine: string;
  /** Folder there. */
  folder: string;
}

/** Where a claim's volume is, which is on one node only. */
export async function volumeOf(kubectl: Kubectl, namespace: string, claim: string): Promise<NodeVolume> {
  const [found] = await kubectl.list(["persistentvolumeclaims", claim, "--namespace", namespace]);
  const [volume] = await kubectl.list(["persistentvolume", (found!["spec"] as { volumeName: string }).volumeName]);
  const { local, nodeAffinity } = volume!["spec"] as {
    local: { path: string };
    nodeAffinity: { required: { nodeSelectorTerms: { matchExpressions: { values: string[] }[] }[] } };
  };
  return {
    machine: nodeAffinity.required.nodeSelectorTerms[0]!.matchExpressions[0]!.values[0]!,
    folder: local.path,
  };
}

/** Runs a script on the nodes of volumes, with the folder as its first argument. */
export const onVolumes = (volumes: NodeVolume[], script: string): Promise<string[]> =>
  Promise.all(volumes.map(({ machine, folder }) => onMachine(machine, ["sh", "-c", script, "sh", folder])));

/** Fills volumes to the last byte. */
export async function fillVolumes(volumes: NodeVolume[]): Promise<Repair> {
  // What is freed meanwhile is taken too, as something that writes without end would do.
  const taking = `for _ in $(seq 1000); do [ -e "$1/filler" ] || exit; dd if=/dev/zero of="$1/filler" bs=64k oflag=append conv=notrunc,nocreat; sleep 0.2; done`;
  await onVolumes(
    volumes,
    `dd if=/dev/zero of="$1/filler" bs=1M 2>/dev/null; (trap '' HUP; ${taking}) </dev/null >/dev/null 2>&1 &`,
  );
  return async () => {
    await onVolumes(volumes, 'rm -f "$1/filler"');
  };
}
