import assert from "node:assert/strict";
import type { Target } from "../../cli/database/target.ts";
import type { Claim } from "../../cli/status/volumes.ts";
import { dataClaim } from "../../components/database/names.ts";
import { archipel } from "./support.ts";

/**
 * Lets the members' volumes grow from 2Gi to 3Gi: the stack's status names them until their driver says that they have. The
 * sandbox's own driver grows none, so this is said for it; the file systems stay as they are, since the kernel grows none that is
 * mounted where a machine's root lacks CAP_SYS_RESOURCE.
 *
 * @param up brings the stack to 3Gi.
 */
export async function growVolumes(target: Target, stack: string, up: () => Promise<void>): Promise<void> {
  const { kubectl, namespace, database } = target;
  const names = database.members.map(dataClaim);
  await kubectl.run(["patch", "storageclass", "sandbox-local", "--patch", '{"allowVolumeExpansion":true}']);
  await up();
  const waiting = await archipel(["status", stack], { reject: false });
  assert.equal(waiting.exitCode, 1);
  for (const name of names) assert.match(waiting.stdout, new RegExp(`${name} has 2Gi, .* make it 3Gi; see`));
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
  assert.doesNotMatch((await archipel(["status", stack], { reject: false })).stdout, /has yet to make it/);
}
