import { PROJECT, type Config } from "../config.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import { nearest } from "../nearest.ts";

/** What the checks know beside the config. */
export interface CheckContext {
  /** Name of the stack. */
  stack: string;
  /** Names of the images in the lock; undefined where it cannot be read, which is a mistake of its own. */
  images?: string[];
  /** Names of the secrets that are set in the stack's config. */
  secrets: string[];
  /** Parts of the config in a wrong shape: what refers to them cannot be judged yet. */
  wrong: string[];
}

/** A name that should exist, with the nearest one that does. */
export function unknownName(path: string, name: string, known: string[], what: string): Mistake[] {
  if (known.includes(name)) return [];
  return [
    {
      path: `${PROJECT}:${path}`,
      found: excerpt(name),
      allowed: known.length > 0 ? `${what}: ${known.join(", ")}` : `${what}: there are none yet`,
      hint: nearest(name, known) ?? `declare it, or take it out here`,
    },
  ];
}

/** One mistake for each value that stands a second time; `path` makes its place from the index. */
export function repeated(values: string[], path: (index: number) => string): Mistake[] {
  return values.flatMap((value, index) =>
    values.indexOf(value) === index
      ? []
      : [
          {
            path: `${PROJECT}:${path(index)}`,
            found: excerpt(value),
            allowed: `a value that no other entry has (${path(values.indexOf(value))} has it)`,
            hint: "rename or remove one of the two",
          },
        ],
  );
}

/** Where config has a user of the object store of this name: declared, or an app's own. */
export function placesOfUser(
  name: string,
  { users, apps }: { users: { name: string }[]; apps: Config["apps"] },
): string[] {
  return [
    ...users.flatMap((user, index) => (user.name === name ? [`objects.users[${index}].name`] : [])),
    ...apps.flatMap((app, index) => (app.name === name && app.bindings.bucket ? [`apps[${index}].name`] : [])),
  ];
}
