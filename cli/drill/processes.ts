import { podProcesses, type RunningProcess } from "../../sandbox/processList.ts";
import type { Target } from "../database/target.ts";
import { UserError } from "../userError.ts";

/** A member's pod. */
export interface MemberPod {
  /** Name of the pod. */
  name: string;
  /** Its uid. */
  uid: string;
  /** Node that it runs on. */
  node: string;
  /** Its address. */
  address: string;
}

/** Where pods are. */
type Place = Pick<Target, "kubectl" | "namespace">;

/** Every member but one. */
export const others = ({ database }: Target, member: string): string[] =>
  database.members.map(({ name }) => name).filter((name) => name !== member);

/** Why a database of one member cannot have a drill that needs another; undefined where there are more. */
export const withoutReplicas = ({ database }: Target): string | undefined =>
  database.members.length > 1 ? undefined : "its database has no replicas";

/**
 * A member's pod.
 *
 * @throws UserError where there is none.
 */
export async function podOf({ kubectl, namespace }: Place, member: string): Promise<MemberPod> {
  const [pod] = await kubectl.list(["pod", `${member}-0`, "--namespace", namespace]);
  if (!pod) throw new UserError(`member ${member} has no pod`);
  const { metadata, spec, status } = pod as unknown as {
    metadata: { name: string; uid: string };
    spec: { nodeName: string };
    status: { podIP: string };
  };
  return { name: metadata.name, uid: metadata.uid, node: spec.nodeName, address: status.podIP };
}

/** A node that a member's fault does not take with it; undefined where there is none. */
export async function otherNode(place: Place, member: string): Promise<string | undefined> {
  const { node } = await podOf(place, member);
  const nodes = await place.kubectl.list(["nodes"]);
  return nodes.map(({ metadata }) => metadata.name).find((name) => name !== node);
}

/** What a member's processes are called. */
const COMMANDS = {
  /** PostgreSQL's first process. */
  postgres: /\/bin\/postgres -D /,
  /** Patroni. */
  patroni: /python3 \S*\/patroni /,
  /** The container's first process: the container ends with it. */
  container: /^\/usr\/bin\/tini -- patroni-start/,
} as const;

/** The processes of a member's container, as this computer counts them. */
export async function processesOf(target: Place, member: string): Promise<RunningProcess[]> {
  return podProcesses((await podOf(target, member)).uid);
}

/**
 * Process id, on this computer, of one of a member's processes.
 *
 * @throws UserError where it does not run.
 */
export function processOf(processes: RunningProcess[], which: keyof typeof COMMANDS): number {
  const found = processes.find(({ command }) => COMMANDS[which].test(command));
  if (!found) throw new UserError(`${which} does not run there`);
  return found.pid;
}
