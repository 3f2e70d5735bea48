import type { types } from "@pulumi/kubernetes";
import { labels, selector } from "../labels.ts";
import type { Platform } from "../platform.ts";
import { platformPod, type PodBase } from "../pod.ts";

type Volume = types.input.core.v1.Volume;

/** User of the patroni image. */
const UID = 10001;

/** The kinds of pod of a database. */
export type PodKind = "member" | "pooler" | "job" | "backup" | "backup-check" | "exporter";

const COMPONENTS: Record<PodKind, string> = {
  member: "patroni",
  pooler: "pgbouncer",
  job: "converge",
  backup: "pgbackrest",
  "backup-check": "backup-check",
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
export const basePod = (platform: Platform): PodBase => platformPod(platform, "data", UID);

/** A certificate for the pod's own user; PostgreSQL accepts a key that root owns and its group reads. */
export const certificateVolume = (name: string, secretName: string): Volume => ({
  name,
  secret: { secretName, defaultMode: 0o440 },
});
