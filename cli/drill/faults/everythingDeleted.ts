import { podProcesses, signalAll } from "../../../sandbox/processList.ts";
import { dataClaim } from "../../../components/database/names.ts";
import { archiveEverything } from "../../restore/archive.ts";
import { chooseRepository } from "../../restore/backups.ts";
import { restoreInPlace } from "../../restore/inPlace.ts";
import type { Target } from "../../database/target.ts";
import type { Drill } from "../drill.ts";
import { podOf } from "../processes.ts";

/** A claim as it is made; what the cluster wrote into it is left out. */
interface Claim {
  metadata: { name: string; labels?: object };
  spec: { accessModes: string[]; storageClassName?: string; resources: object };
}

/** Deletes every member with its volume at once, and makes the volumes anew, empty. */
async function deleteEverything({ kubectl, namespace, database }: Target): Promise<void> {
  const place = ["--namespace", namespace];
  const claims = database.members.map(dataClaim);
  const found = (await kubectl.list(["persistentvolumeclaims", ...claims, ...place])) as unknown as Claim[];
  const members = database.members.map(({ name }) => name);
  const lost = await Promise.all(members.map((member) => podOf({ kubectl, namespace }, member)));
  await kubectl.run(["scale", "statefulset", ...members, ...place, "--replicas=0"]);
  const pods = members.map((name) => `${name}-0`);
  await kubectl.run(["delete", "pod", ...pods, ...place, "--force", "--grace-period=0", "--ignore-not-found"]);
  // They were told to stop in order before, and kubelet would give them the time for it.
  signalAll(
    lost.flatMap(({ uid }) => podProcesses(uid)),
    "SIGKILL",
  );
  await kubectl.run(["delete", "persistentvolumeclaim", ...claims, ...place, "--timeout=120s"]);
  const items = found.map(({ metadata: { name, labels }, spec }) => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace, labels },
    spec: { accessModes: spec.accessModes, storageClassName: spec.storageClassName, resources: spec.resources },
  }));
  await kubectl.run(["create", "--filename", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
}

/** What an administrator does who has nothing left but the repository. */
async function deleteAndRestore(target: Target): Promise<void> {
  await deleteEverything(target);
  await restoreInPlace({
    target,
    repository: chooseRepository(target),
    step: (_title, work) => work(() => undefined),
  });
}

/** All members and their volumes are lost: what had not reached the repository is lost with them. */
export const everythingDeleted: Drill = {
  summary: "deletes all members with their volumes, and restores the newest backup: loses what was not archived yet",
  faults: {
    "everything-deleted": {
      // The clients' table must be in the repository: what is counted is what comes after.
      prepare: (target) => archiveEverything(target, chooseRepository(target)),
      inject: deleteAndRestore,
    },
  },
  mayLose: true,
  unsuitable: ({ database }) => (database.backup ? undefined : "its database has no backups"),
};
