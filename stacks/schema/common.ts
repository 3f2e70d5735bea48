import { z } from "zod";

/** A DNS label short enough that every name built from it stays under Kubernetes' 63 characters. */
export const shortName = (what: string) =>
  z
    .string()
    .regex(/^[a-z]([-a-z0-9]{0,22}[a-z0-9])?$/)
    .describe(`${what}: lower-case letters, digits and dashes, starting with a letter, at most 24 characters`);

/** A PostgreSQL identifier that needs no quoting. PostgreSQL cuts names at 63 bytes; ours are shorter. */
export const sqlName = (what: string) =>
  z
    .string()
    .regex(/^[a-z]([a-z0-9_]{0,46}[a-z0-9])?$/)
    .describe(
      `${what}: lower-case letters, digits and underscores inside, starting with a letter, at most 48 characters`,
    );

/** An amount of memory or storage in Kubernetes' notation. */
export const bytes = (what: string) =>
  z
    .string()
    .regex(/^[1-9][0-9]*(Ki|Mi|Gi|Ti)$/)
    .describe(`${what}: a number and Ki, Mi, Gi or Ti, such as 512Mi or 10Gi`);

/** An amount of CPU in Kubernetes' notation. */
export const cpu = (what: string) =>
  z
    .string()
    .regex(/^([1-9][0-9]*m|[1-9][0-9]*(\.[0-9]{1,3})?|0\.[0-9]{1,3})$/)
    .describe(`${what}: cores or millicores, such as 250m or 1.5`);

/** A fully qualified or local host name. */
export const hostName = (what: string) =>
  z
    .string()
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/)
    .describe(`${what}: a host name in lower case`);

/** CPU and memory of one container: what it is promised and what it may not exceed. */
export const resources = (defaults: { cpu: string; memory: string; memoryLimit: string }) =>
  z
    .strictObject({
      cpu: cpu("CPU promised to the container").default(defaults.cpu),
      memory: bytes("memory promised to the container").default(defaults.memory),
      memoryLimit: bytes("memory at which the container is ended").default(defaults.memoryLimit),
    })
    .prefault({})
    .describe("CPU and memory of one container");

/** Resources of one container as config gives them. */
export interface Resources {
  /** CPU request in Kubernetes' notation; there is no CPU limit, so that idle cores are used. */
  cpu: string;
  /** Memory request in Kubernetes' notation. */
  memory: string;
  /** Memory limit in Kubernetes' notation. */
  memoryLimit: string;
}

/** The name of a config key that holds one secret (`pulumi config set --secret KEY`). */
export const configKey = (what: string) =>
  z
    .string()
    .regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/)
    .describe(`${what}: the name of a config key of this project, set by: pulumi config set --secret NAME`);

/** A time of cron as schedules have it. */
export const cronTime = (what: string) =>
  z
    .string()
    .regex(/^(\S+ ){4}\S+$/)
    .describe(`${what}: five fields of cron, in UTC, such as 17 1 * * 0`);
