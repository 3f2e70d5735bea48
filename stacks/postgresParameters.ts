import { readFileSync } from "node:fs";
import { nearest } from "./nearest.ts";
import type { PostgresVersion } from "./schema/patroniDatabase.ts";

/** A parameter that is a number: its type, its unit, and its bounds in that unit. */
type NumberParameter = ["integer" | "real", string | null, number, number];

/** What PostgreSQL says of one of its parameters. */
export type Parameter = ["bool"] | ["string"] | ["enum", string[]] | NumberParameter;

/** File with the parameters of a version, relative to this module. */
export const parametersFile = (version: PostgresVersion): string => `postgresParameters${version}.json`;

const parametersOf = (version: PostgresVersion): Record<string, Parameter> =>
  JSON.parse(readFileSync(new URL(parametersFile(version), import.meta.url), "utf8")) as Record<string, Parameter>;

/**
 * Every parameter of each version of PostgreSQL and of the libraries in its image that can be set, as a running member that
 * has loaded them all tells them in `pg_settings`, in lower case. A test compares the two, and writes the file anew when it is
 * run with UPDATE_GOLDEN=1.
 */
export const PARAMETERS: Record<PostgresVersion, Record<string, Parameter>> = {
  17: parametersOf(17),
  18: parametersOf(18),
};

/** Parameters that a library has only where PostgreSQL starts with it (`shared_preload_libraries`). */
const AT_START: Record<string, Parameter> = { "pg_prewarm.autoprewarm": ["bool"] };

/** Units of memory in bytes and of time in microseconds, as PostgreSQL writes them. */
const UNITS: Record<string, { of: "memory" | "time"; size: number }> = {
  B: { of: "memory", size: 1 },
  kB: { of: "memory", size: 2 ** 10 },
  "8kB": { of: "memory", size: 2 ** 13 },
  MB: { of: "memory", size: 2 ** 20 },
  "16MB": { of: "memory", size: 2 ** 24 },
  GB: { of: "memory", size: 2 ** 30 },
  TB: { of: "memory", size: 2 ** 40 },
  us: { of: "time", size: 1 },
  ms: { of: "time", size: 1e3 },
  s: { of: "time", size: 1e6 },
  min: { of: "time", size: 60e6 },
  h: { of: "time", size: 3600e6 },
  d: { of: "time", size: 86400e6 },
};

const YES_OR_NO = ["on", "off", "true", "false", "yes", "no", "1", "0"];

/** A value that a parameter may not have: what is allowed, and the nearest that is. */
export interface Refusal {
  allowed: string;
  hint?: string;
}

/**
 * Says what is wrong with a parameter, before PostgreSQL has to: Patroni would pass over what it does not know, and
 * PostgreSQL itself takes any name with a dot, for a library that may come.
 *
 * @returns undefined where nothing is.
 */
export function refuseParameter(
  name: string,
  value: string | number | boolean,
  version: PostgresVersion,
): Refusal | undefined {
  const known = PARAMETERS[version][name] ?? AT_START[name];
  if (!known) return unknownParameter(name, version);
  const text = String(value);
  switch (known[0]) {
    case "string":
      return undefined;
    case "bool":
      return YES_OR_NO.includes(text.toLowerCase()) ? undefined : { allowed: "on or off" };
    case "enum":
      return refuseEnum(text.toLowerCase(), known[1]);
    default:
      return refuseNumber(text, known);
  }
}

const unknownParameter = (name: string, version: PostgresVersion): Refusal => ({
  allowed: `a parameter of PostgreSQL ${version}, or of a library in its image, that can be set`,
  hint: nearest(name, Object.keys({ ...PARAMETERS[version], ...AT_START })),
});

function refuseEnum(text: string, values: string[]): Refusal | undefined {
  const switches = values.includes("on") ? YES_OR_NO : [];
  if (values.includes(text) || switches.includes(text)) return undefined;
  return { allowed: values.join(", "), hint: nearest(text, values) };
}

function refuseNumber(text: string, [type, unit, least, most]: NumberParameter): Refusal | undefined {
  const range = `${type === "integer" ? "a whole number" : "a number"} from ${least} to ${most}`;
  const own = unit === null ? undefined : UNITS[unit]!;
  const units = Object.keys(UNITS).filter((one) => own && UNITS[one]!.of === own.of && !/^[0-9]/.test(one));
  const allowed = own ? `${range} (in ${unit}), or with a unit: ${units.join(", ")}` : range;
  const [, digits, suffix] = /^(-?[0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]+)?$/.exec(text) ?? [];
  if (digits === undefined || (suffix !== undefined && !units.includes(suffix))) return { allowed };
  const amount = Number(digits) * (suffix ? UNITS[suffix]!.size / own!.size : 1);
  return amount < least || amount > most || (type === "integer" && !suffix && !Number.isInteger(amount))
    ? { allowed }
    : undefined;
}
