import type { types } from "@pulumi/kubernetes";
import { labels, selector } from "../labels.ts";
import type { Platform } from "../platform.ts";
import { fullNames, restrictedPod } from "../pod.ts";

type PodSpec = types.input.core.v1.PodSpec;
type Volume = types.input.core.v1.Volume;

/** User of the patroni image. */
const UID = 10001;

/** The kinds of pod of a database. */
export type PodKind = "member" | "pooler" | "job" | "backup" | "exporter";

const COMPONENTS: Record<PodKind, string> = {
  member: "patroni",
  pooler: "pgbouncer",
  job: "converge",
  backup: "pgbackrest",
  exporter: "postgres-exporter",
};

/** A database, by the name that its objects begin with. */
interface Named {
  name: string;
}

/** Labels of the objects of one kind. */
export const podLabels = (plan: Named, kind: PodKind): Record<string, string> =>
  labels("database", COMPONENTS[kind], plan.name);

/** Labels that select the pods of one kind. */
export const podSelector = (plan: Named, kind: PodKind): Record<string, string> =>
  selector("database", COMPONENTS[kind], plan.name);

/** What all pods of a database have in common. */
export function basePod(platform: Platform): Partial<PodSpec> {
  return {
    ...restrictedPod(UID),
    ...fullNames,
    priorityClassName: platform.priorityClasses.data,
    imagePullSecrets: platform.pullSecrets.map((secret) => ({ name: secret })),
  };
}

/** A certificate for the pod's own user; PostgreSQL accepts a key that root owns and its group reads. */
export const certificateVolume = (name: string, secretName: string): Volume => ({
  name,
  secret: { secretName, defaultMode: 0o440 },
});

/** The image's init process, which hands signals on and collects orphans, before a command. */
export const withInit = (...command: string[]): string[] => ["/usr/bin/tini", "--", ...command];
