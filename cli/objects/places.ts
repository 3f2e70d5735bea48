import { nearest } from "../../stacks/nearest.ts";
import type { ObjectsPlacePlan } from "../../stacks/objectsCopyPlan.ts";
import type { StorePlan } from "../../stacks/objectsPlan.ts";
import type { SitePlan } from "../../stacks/plan.ts";
import { UserError } from "../userError.ts";

/** The site's own store. */
export const SITE = "site";

/** The places that hold a store's objects beside the store itself, and the config key that declares each. */
const KEYS = { copy: "archipel:objects.copy", next: "archipel:objects.next" } as const;

/** What a person says of two places. */
export interface Pair {
  /** Where the objects are. */
  from: string;
  /** Where they go to, or should be. */
  to: string;
}

/** The other place of a store by its name. @throws UserError where it has no such place, with those that it has. */
export function placeNamed(stack: string, store: StorePlan, name: string): ObjectsPlacePlan {
  const found = [store.copy, store.next].find((one) => one?.place === name);
  if (found) return found;
  const known = [SITE, ...Object.keys(KEYS).filter((key) => store[key as keyof typeof KEYS])];
  const key = Object.entries(KEYS).find(([place]) => place === name)?.[1];
  const hint = key ? `declare ${key}` : nearest(name, known);
  throw new UserError(
    `stack ${stack} knows no place ${name} of its objects\n  allowed: ${known.join(", ")}${hint ? `\n  hint: ${hint}` : ""}`,
  );
}

/** Where objects are copied to. @throws UserError where they do not come from the site, or go nowhere. */
export function copyTo(stack: string, store: StorePlan, { from, to }: Pair): ObjectsPlacePlan {
  if (from === to) throw new UserError(`--from ${from} --to ${to}: two places are needed`);
  if (from !== SITE) {
    const { place } = placeNamed(stack, store, from);
    throw new UserError(
      `objects are not copied from ${place}\n  allowed: --from ${SITE}\n  to bring them back: archipel objects restore ${stack} --bucket BUCKET`,
    );
  }
  return placeNamed(stack, store, to);
}

/** What is compared with the site's store. @throws UserError where none of the two is that store, or both are. */
export function comparedWith(stack: string, store: StorePlan, { from, to }: Pair): ObjectsPlacePlan {
  const others = [from, to].filter((name) => name !== SITE);
  const found = others.map((name) => placeNamed(stack, store, name));
  if (found.length === 1) return found[0]!;
  throw new UserError(`${from} and ${to} cannot be compared\n  allowed: ${SITE} and another place`);
}

/** The stack and two places of an audit's arguments: `[stack] [A B]`. @throws UserError where there are others. */
export function auditArguments(given: string[]): Pair & { stack: string } {
  const [stack, from = SITE, to = "copy"] = given.length === 2 ? ["local", ...given] : given;
  if (given.length > 3) throw new UserError(`too many arguments: ${given.join(" ")}\n  allowed: [stack] [A B]`);
  return { stack: stack ?? "local", from, to };
}

/** Sites whose store has any other place. */
export const havingPlaces = (sites: SitePlan[]): SitePlan[] =>
  sites.filter(({ objects }) => objects?.copy ?? objects?.next);
