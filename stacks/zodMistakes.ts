import { z } from "zod";
import { excerpt, type Mistake } from "./mistakes.ts";
import { nearest } from "./nearest.ts";

/** The part of JSON Schema that describes a config; enough to find what is allowed at a path. */
interface JsonSchema {
  description?: string;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  type?: string;
}

/**
 * Turns one zod issue into mistakes.
 *
 * @param issue what zod found.
 * @param key the config key, such as `archipel:sites`.
 * @param root the raw value of that key.
 * @param schema the schema of that key: its descriptions say what is allowed.
 * @returns one mistake, or one for each unknown property.
 */
export function describeIssue(issue: z.core.$ZodIssue, key: string, root: unknown, schema: z.ZodType): Mistake[] {
  const json = z.toJSONSchema(schema, { io: "input" }) as JsonSchema;
  const at = schemasAt(json, issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = [...new Set(at.flatMap((one) => Object.keys(one.properties ?? {})))];
    return issue.keys.map((name) => ({
      path: yamlPath(key, [...issue.path, name]),
      found: excerpt(name),
      allowed: known.join(", "),
      hint: nearest(name, known),
    }));
  }
  const value = valueAt(root, issue.path);
  const values = at.flatMap(allowedValues);
  const description = at.map((one) => one.description).find(Boolean);
  return [
    {
      path: yamlPath(key, issue.path),
      found: excerpt(value),
      allowed: description ?? (values.length > 0 ? values.join(", ") : issue.message),
      hint: typeof value === "string" ? nearest(value, values) : value === undefined ? "add it" : undefined,
    },
  ];
}

function yamlPath(key: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => text + (typeof part === "number" ? `[${part}]` : `.${String(part)}`), key);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    root,
  );
}

/** All alternatives of a schema, itself included. */
function alternatives(schema: JsonSchema): JsonSchema[] {
  return [schema, ...[schema.anyOf, schema.oneOf, schema.allOf].flatMap((list) => (list ?? []).flatMap(alternatives))];
}

function schemasAt(root: JsonSchema, path: readonly PropertyKey[]): JsonSchema[] {
  return path.reduce<JsonSchema[]>(
    (schemas, part) =>
      schemas
        .flatMap((schema) => {
          if (typeof part === "number") return schema.items ? [schema.items] : [];
          const property = schema.properties?.[String(part)];
          if (property) return [property];
          return typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : [];
        })
        .flatMap(alternatives),
    alternatives(root),
  );
}

function allowedValues(schema: JsonSchema): string[] {
  return [...(schema.enum ?? []), ...("const" in schema ? [schema.const] : [])].map(String);
}
