import type { Resource } from "../render/evaluate.ts";

/** One changed value of a resource. */
export interface FieldChange {
  /** Path inside the resource, such as `spec.replicas`. */
  path: string;
  /** Value before; undefined: there was none. */
  before: unknown;
  /** Value after; undefined: there is none. */
  after: unknown;
}

/** What changes between two evaluations of a stack. */
export interface Difference {
  /** Resources that only the second has. */
  added: Resource[];
  /** Resources that only the first has. */
  removed: Resource[];
  /** Resources of both with other inputs or options. */
  changed: { resource: Resource; fields: FieldChange[] }[];
}

/** Compares two evaluations, resource by resource. */
export function compare(before: Resource[], after: Resource[]): Difference {
  const old = new Map(before.map((one) => [one.urn, one]));
  const now = new Map(after.map((one) => [one.urn, one]));
  return {
    added: after.filter((one) => !old.has(one.urn)),
    removed: before.filter((one) => !now.has(one.urn)),
    changed: after.flatMap((resource) => {
      const previous = old.get(resource.urn);
      const fields = previous ? compareFields("", comparable(previous), comparable(resource)) : [];
      return fields.length > 0 ? [{ resource, fields }] : [];
    }),
  };
}

const comparable = ({ inputs, options, provider }: Resource): unknown => ({
  ...inputs,
  options: { ...options, provider },
});

function compareFields(path: string, before: unknown, after: unknown): FieldChange[] {
  if (!isBranch(before) || !isBranch(after) || Array.isArray(before) !== Array.isArray(after)) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
  }
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) =>
    compareFields(Array.isArray(before) ? `${path}[${name}]` : join(path, name), before[name], after[name]),
  );
}

const isBranch = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const join = (path: string, name: string): string =>
  /[.[\]/]/.test(name) ? `${path}["${name}"]` : path === "" ? name : `${path}.${name}`;
