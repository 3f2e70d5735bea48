import { hostname } from "node:os";
import { KubectlError, type Kubectl } from "../kubectl.ts";
import type { KubernetesObject } from "../render/manifests.ts";
import { UserError } from "../userError.ts";

/** Name of the Lease that keeps two runs apart. */
const LEASE = "archipel-apply";
/** Seconds after which a run that no longer renews its Lease counts as dead. */
const DURATION_SECONDS = 30;

interface Lease extends KubernetesObject {
  spec: { holderIdentity?: string; renewTime?: string; leaseDurationSeconds?: number };
}

/**
 * Runs `work` while holding the site's Lease, renewed all the time and given back at the end. A run that was killed loses
 * its Lease after half a minute; one on this machine whose process is gone loses it at once.
 *
 * @throws UserError when another run holds it.
 */
export async function withLease<T>(kubectl: Kubectl, namespace: string, work: () => Promise<T>): Promise<T> {
  const holder = `${hostname()}/${process.pid}`;
  await take(kubectl, namespace, holder);
  const timer = setInterval(
    () => {
      // A missed renewal is caught by the next one; the Lease outlives two.
      renew(kubectl, namespace).catch(() => undefined);
    },
    (DURATION_SECONDS * 1000) / 3,
  );
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await kubectl
      .run(["delete", "lease", LEASE, "--namespace", namespace, "--ignore-not-found"])
      .catch(() => undefined);
  }
}

async function take(kubectl: Kubectl, namespace: string, holder: string): Promise<void> {
  const [existing] = (await kubectl.list(["lease", LEASE, "--namespace", namespace])) as Lease[];
  if (existing && isAlive(existing)) {
    throw new UserError(
      `another run is changing this site: ${existing.spec.holderIdentity} (renewed ${existing.spec.renewTime})\n  wait for it, or for ${DURATION_SECONDS} seconds after its end`,
    );
  }
  const spec = { holderIdentity: holder, leaseDurationSeconds: DURATION_SECONDS, renewTime: now() };
  const lease = existing
    ? { ...existing, spec: { ...existing.spec, ...spec } }
    : { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: LEASE, namespace }, spec };
  try {
    // Both refuse when somebody else was quicker: create by name, replace by resourceVersion.
    await kubectl.run([existing ? "replace" : "create", "--filename", "-"], JSON.stringify(lease));
  } catch (error) {
    if (error instanceof KubectlError && error.conflict) return take(kubectl, namespace, holder);
    throw error;
  }
}

async function renew(kubectl: Kubectl, namespace: string): Promise<void> {
  const patch = JSON.stringify({ spec: { renewTime: now() } });
  await kubectl.run(["patch", "lease", LEASE, "--namespace", namespace, "--type", "merge", "--patch", patch]);
}

/** The API wants microseconds. */
const now = (): string => new Date().toISOString().replace("Z", "000Z");

function isAlive({ spec }: Lease): boolean {
  const [host, pid] = spec.holderIdentity?.split("/") ?? [];
  if (host === hostname() && pid && !processExists(Number(pid))) return false;
  const age = Date.now() - Date.parse(spec.renewTime ?? "1970-01-01T00:00:00Z");
  return age < (spec.leaseDurationSeconds ?? DURATION_SECONDS) * 1000;
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
