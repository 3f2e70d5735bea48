import { setTimeout as sleep } from "node:timers/promises";
import { onMember, primaries, untilComplete, type Target } from "./target.ts";
import { KubectlError } from "../kubectl.ts";
import type { Report } from "../step.ts";
import { UserError } from "../userError.ts";

/** Seconds for members to stop: PostgreSQL writes a checkpoint first. */
const STOP_SECONDS = 180;

/** Seconds without news after which a member's new beginning is given up. */
const QUIET_SECONDS = 1800;

/** Seconds for a member that has data to take writes again. */
const RETURN_SECONDS = 120;

/** Stops every member at once: none hands over to another. */
export async function stopMembers(target: Target): Promise<void> {
  const { kubectl, namespace, database } = target;
  const names = database.members.map(({ name }) => name);
  // One that does not run needs no word.
  const tell = (name: string) => onMember(target, name, "touch", "/run/patroni/stop-at-once").catch(ignoreKubectl);
  await Promise.all(names.map(tell));
  await scale(target, names, 0);
  const pods = names.map((name) => `pod/${name}-0`);
  await kubectl.run(["wait", "--for=delete", `--timeout=${STOP_SECONDS}s`, "--namespace", namespace, ...pods]);
}

/** Starts members. */
export const startMembers = (target: Target, names: string[]): Promise<void> => scale(target, names, 1);

/**
 * Lets stopped members go on with the data that they have: first those that take the lead, then the others.
 *
 * @param first members of which one becomes the primary.
 */
export async function goOn(target: Target, first: string[], others: string[]): Promise<void> {
  await startMembers(target, first);
  for (const end = Date.now() + RETURN_SECONDS * 1000; Date.now() < end; await sleep(1000)) {
    if ((await primaries(target)).some((name) => first.includes(name))) break;
  }
  await startMembers(target, others);
  await untilComplete(target);
}

async function scale({ kubectl, namespace }: Target, names: string[], replicas: number): Promise<void> {
  if (names.length === 0) return;
  await kubectl.run(["scale", "statefulset", ...names, "--namespace", namespace, `--replicas=${replicas}`]);
}

/** A member from which a cluster begins anew. */
export interface Beginning {
  /** The member. */
  member: string;
  /** File that is there once it has done what it was ordered to, beside the folder of its data. */
  marker: string;
  /** What it was ordered to, for an error: `the restore`. */
  what: string;
}

/**
 * Waits until a member has carried an order out and takes writes.
 *
 * @throws UserError with what it said, where it cannot.
 */
export async function untilBegun(target: Target, { member, marker, what }: Beginning, report: Report): Promise<void> {
  let news = "";
  let since = Date.now();
  for (;;) {
    if (await hasBegun(target, member, marker)) return;
    const line = await lastLine(target, member);
    if (line !== news) {
      report(line);
      [news, since] = [line, Date.now()];
    }
    const ended = await hasEnded(target, member);
    if (ended || Date.now() - since > QUIET_SECONDS * 1000) {
      const why = ended ? "its member ended" : `nothing happened for ${QUIET_SECONDS} s`;
      throw new UserError(`${what} failed: ${why}\n${await complaints(target, member)}`);
    }
    await sleep(1000);
  }
}

async function hasBegun(target: Target, member: string, marker: string): Promise<boolean> {
  const done = await onMember(target, member, "sh", "-c", `test -e "$(dirname "$PGDATA")/${marker}"`).then(
    () => true,
    (error: unknown) => ignoreKubectl(error) ?? false,
  );
  return done && (await primaries(target)).includes(member);
}

async function hasEnded({ kubectl, namespace }: Target, member: string): Promise<boolean> {
  const [pod] = await kubectl.list(["pod", `${member}-0`, "--namespace", namespace]);
  const { containerStatuses = [] } = (pod?.["status"] ?? {}) as {
    containerStatuses?: { name: string; restartCount: number }[];
  };
  return containerStatuses.some(({ name, restartCount }) => name === "patroni" && restartCount > 0);
}

const logs = ({ kubectl, namespace }: Target, member: string, ...options: string[]): Promise<string> =>
  kubectl
    .run(["logs", `${member}-0`, "--namespace", namespace, "--container", "patroni", ...options])
    .catch((error: unknown) => ignoreKubectl(error) ?? "");

async function lastLine(target: Target, member: string): Promise<string> {
  const text = (await logs(target, member, "--tail=1")).trim();
  return text === "" ? `${member} starts` : `${member}: ${text.slice(0, 160)}`;
}

/** What a member that ended complained about. */
async function complaints(target: Target, member: string): Promise<string> {
  const text = (await logs(target, member, "--previous")) || (await logs(target, member));
  const lines = text.split("\n").filter((line) => /ERROR|FATAL|HINT|panic/.test(line));
  return [...new Set(lines)]
    .slice(-8)
    .map((line) => `  ${line}`)
    .join("\n");
}

function ignoreKubectl(error: unknown): undefined {
  if (!(error instanceof KubectlError)) throw error;
}
