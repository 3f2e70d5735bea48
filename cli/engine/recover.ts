import { hostname } from "node:os";
import { UserError } from "../userError.ts";
import type { Engine } from "./engine.ts";

/** The parts of Pulumi's exported state that tell of a run that was killed. */
interface Exported {
  deployment: { resources?: PulumiResource[]; pending_operations?: { type: string; resource: PulumiResource }[] };
}

interface PulumiResource {
  type: string;
  id?: string;
  inputs?: { metadata?: { name?: string; namespace?: string } };
  outputs?: unknown;
}

/** What can be told from the inputs alone, or exists in the state alone and is simply made again. */
const RECOVERABLE = /^(kubernetes|random):/;

/**
 * Frees a stack that a killed run of this machine has left locked; Pulumi itself never does.
 *
 * @param message what Pulumi said.
 * @returns whether there was such a lock.
 * @throws UserError when the run is alive, or on another machine.
 */
export async function breakDeadLock(engine: Pick<Engine, "quiet">, stack: string, message: string): Promise<boolean> {
  const holders = [...message.matchAll(/created by \S+@(\S+) \(pid (\d+)\)/g)];
  const dead = holders.every(([, host, pid]) => host === hostname() && !isRunning(Number(pid)));
  if (holders.length === 0) return false;
  if (!dead) {
    throw new UserError(
      `another run of Pulumi is changing this stack: ${holders.map(([text]) => text).join(", ")}\n  wait for its end; if it is dead: pulumi cancel --stack ${stack}`,
    );
  }
  await engine.quiet(["cancel", "--stack", stack, "--yes"]);
  return true;
}

/**
 * Makes a killed run's work known to Pulumi: objects that it had begun to create are put into the state, where the next
 * run's refresh finds them in the cluster or drops them. Left alone, Pulumi would create them again and fail, because they
 * exist.
 *
 * @returns whether the next run must refresh.
 */
export async function adoptInterrupted(engine: Engine, stack: string): Promise<boolean> {
  const state = JSON.parse((await engine.quiet(["stack", "export", "--stack", stack])).stdout) as Exported;
  const { resources = [], pending_operations: pending = [] } = state.deployment;
  if (pending.length === 0) return false;
  const begun = pending.filter(({ type }) => type === "creating").map(({ resource }) => resource);
  const adopted = begun.flatMap((resource) => {
    const id = objectId(resource);
    return id ? [{ ...resource, id, outputs: resource.inputs }] : [];
  });
  // Of what other providers had begun to create only their owner can tell the identity: Pulumi goes on naming it.
  const left = pending.filter(({ type, resource }) => type === "creating" && !RECOVERABLE.test(resource.type));
  const deployment = { ...state.deployment, resources: [...resources, ...adopted], pending_operations: left };
  await engine.quiet(["stack", "import", "--stack", stack], { input: JSON.stringify({ ...state, deployment }) });
  return true;
}

/** Pulumi's id of a Kubernetes object. */
function objectId({ type, inputs }: PulumiResource): string | undefined {
  const { name, namespace } = inputs?.metadata ?? {};
  if (!type.startsWith("kubernetes:") || !name) return undefined;
  return namespace ? `${namespace}/${name}` : name;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
