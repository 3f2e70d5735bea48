import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A mounted cgroup hierarchy: the one of version 2, or one of version 1, of which kubelet wants them all. */
interface Hierarchy {
  root: string;
  version: 1 | 2;
}

/**
 * Makes the cgroup `name` (a path such as `archipel/site1-node1`) in every hierarchy, ready for kubelet to put pods into it.
 *
 * @returns the folders whose `cgroup.procs` the machine's own processes join: beside the pods, as version 2 wants it
 */
export async function createCgroup(name: string): Promise<string[]> {
  const joined: string[] = [];
  for (const { root, version } of hierarchies()) {
    let folder = root;
    for (const part of [...name.split("/"), "services"]) {
      const parent = folder;
      folder = join(folder, part);
      if (version === 2) await enableControllers(parent);
      await mkdir(folder, { recursive: true });
      if (version === 1) await copyCpuset(parent, folder);
    }
    joined.push(folder);
  }
  return joined;
}

/** Removes the cgroup `name` and those below it, all of which must have no process left. */
export async function removeCgroup(name: string): Promise<void> {
  for (const { root } of hierarchies()) await removeTree(join(root, name));
}

function hierarchies(): Hierarchy[] {
  const mounts = readFileSync("/proc/self/mounts", "utf8").trim().split("\n");
  return mounts.flatMap((line): Hierarchy[] => {
    const [, root = "", type] = line.split(" ");
    if (type === "cgroup2") return [{ root, version: 2 }];
    return type === "cgroup" ? [{ root, version: 1 }] : [];
  });
}

/** Lets the children of a version 2 cgroup have all the controllers that it has itself. */
async function enableControllers(folder: string): Promise<void> {
  const controllers = (await readFile(join(folder, "cgroup.controllers"), "utf8")).trim();
  if (controllers === "") return;
  const all = controllers.split(" ").map((each) => `+${each}`);
  await writeFile(join(folder, "cgroup.subtree_control"), all.join(" "));
}

/** A new version 1 cpuset has no processors and no memory, and takes no process until it has. */
async function copyCpuset(parent: string, folder: string): Promise<void> {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    const own = join(folder, file);
    if (!existsSync(own) || (await readFile(own, "utf8")).trim() !== "") continue;
    await writeFile(own, await readFile(join(parent, file), "utf8"));
  }
}

async function removeTree(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  }
  await rmdir(folder);
}
