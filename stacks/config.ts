import { z } from "zod";
import { apps, type AppConfig } from "./schema/apps.ts";
import { database, type DatabaseConfig } from "./schema/database.ts";
import { dcs, type DcsConfig } from "./schema/dcs.ts";
import { edge, type EdgeConfig } from "./schema/edge.ts";
import { files, type ShareConfig } from "./schema/files.ts";
import { images, type ImagesConfig } from "./schema/images.ts";
import { monitoring, type MonitoringConfig } from "./schema/monitoring.ts";
import { objects, type ObjectsConfig } from "./schema/objects.ts";
import { sites, type SiteConfig } from "./schema/sites.ts";
import { excerpt, type Mistake } from "./mistakes.ts";
import { nearest } from "./nearest.ts";
import { describeIssue } from "./zodMistakes.ts";

/** Prefix of the platform's keys in a stack's config. */
export const PROJECT = "archipel";

/** The schema of each key, in the order in which the docs and the JSON Schema list them. */
export const keys = {
  sites,
  images,
  dcs,
  database: database.optional(),
  objects: objects.optional(),
  files,
  edge: edge.optional(),
  monitoring: monitoring.optional(),
  apps,
};

/** A stack's config. A part that is missing from the YAML and has no default is undefined. */
export interface Config {
  /** The sites, the first one the primary. */
  sites: SiteConfig[];
  /** Where the platform's own images come from. */
  images: ImagesConfig;
  /** The etcd in which Patroni elects; used only where there is a database. */
  dcs: DcsConfig;
  /** PostgreSQL; undefined: none. */
  database?: DatabaseConfig;
  /** The object store; undefined: none. */
  objects?: ObjectsConfig;
  /** The shares of files. */
  files: ShareConfig[];
  /** The entry for HTTP and TCP; undefined: none. */
  edge?: EdgeConfig;
  /** Who reads metrics and raises alarms; undefined: nobody. */
  monitoring?: MonitoringConfig;
  /** The apps. */
  apps: AppConfig[];
}

/** What could be read of a config: the parts that have the right shape, and everything that is wrong. */
export interface ReadConfig {
  /** The parts whose shape is right; a wrong part is absent, so that the plan still checks the others. */
  config: Partial<Config>;
  /** Every shape mistake. */
  mistakes: Mistake[];
  /** Names of the parts that stand in the YAML in a wrong shape. */
  wrong: string[];
}

/**
 * Checks a stack's raw config.
 *
 * @param raw values by full key (`archipel:sites`), objects already parsed. Keys of other projects are passed over.
 * @returns the valid parts and every mistake; never throws on a user's mistake.
 */
export function readConfig(raw: Record<string, unknown>): ReadConfig {
  const config: Record<string, unknown> = {};
  const mistakes: Mistake[] = [];
  const wrong: string[] = [];
  for (const [name, schema] of Object.entries(keys)) {
    const key = `${PROJECT}:${name}`;
    const parsed = schema.safeParse(raw[key], { reportInput: true });
    if (parsed.success) {
      config[name] = parsed.data;
      continue;
    }
    wrong.push(name);
    for (const issue of parsed.error.issues) mistakes.push(...describeIssue(issue, key, raw[key], schema));
  }
  return { config: config, mistakes: [...mistakes, ...unknownKeys(raw)], wrong };
}

/** Names of the config keys that hold secrets which the config refers to. */
export function referencedSecrets(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    (key.endsWith("From") || key === "config") && typeof inner === "string" ? [inner] : referencedSecrets(inner),
  );
}

function unknownKeys(raw: Record<string, unknown>): Mistake[] {
  const referenced = referencedSecrets(raw);
  return Object.keys(raw)
    .filter((key) => key.startsWith(`${PROJECT}:`))
    .map((key) => key.slice(PROJECT.length + 1))
    .filter((name) => !(name in keys) && !referenced.includes(name))
    .map((name) => ({
      path: `${PROJECT}:${name}`,
      found: excerpt(name),
      allowed: `${Object.keys(keys).join(", ")}, or a secret that the config refers to`,
      hint: nearest(name, Object.keys(keys)),
    }));
}

/** The JSON Schema of a whole stack file, so that editors complete and check the YAML. */
export function jsonSchema(): object {
  const properties = Object.fromEntries(
    Object.entries(keys).map(([name, schema]) => [
      `${PROJECT}:${name}`,
      z.toJSONSchema(schema, { target: "draft-7", io: "input" }),
    ]),
  );
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Config of an Archipel stack",
    type: "object",
    properties: { config: { type: "object", properties, required: [`${PROJECT}:sites`] } },
  };
}
