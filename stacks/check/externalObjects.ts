import { PROJECT, type Config } from "../config.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import { planStoreContent } from "../objectsPlan.ts";
import type { ExternalObjectsConfig } from "../schema/externalObjects.ts";
import { repeated, unknownName } from "./common.ts";

/** Every user of a service that somebody else runs has a key, and nothing is asked of it that is not made there. */
export function checkExternalObjects({ objects, apps = [], database }: Partial<Config>): Mistake[] {
  if (objects?.kind !== "external") return [];
  const users = planStoreContent({ objects, apps, database }).users.map(({ name }) => name);
  return [
    ...repeated(
      objects.keys.map(({ user }) => user),
      (index) => `objects.keys[${index}].user`,
    ),
    ...objects.keys.flatMap(({ user }, index) =>
      unknownName(`objects.keys[${index}].user`, user, users, "a user of the store"),
    ),
    ...(objects.manage === "rgw" ? [] : withoutKey(objects, users)),
    ...(objects.manage === "nothing" || objects.account ? [] : [accountMissing(objects.manage)]),
    ...(objects.manage === "rgw" ? [] : quotas(objects)),
  ];
}

const withoutKey = ({ keys, manage }: ExternalObjectsConfig, users: string[]): Mistake[] =>
  users
    .filter((name) => !keys.some(({ user }) => user === name))
    .map((name) => ({
      path: `${PROJECT}:objects.keys`,
      found: `no key of user ${name}`,
      allowed: `a key of each user of the store: with manage: ${manage} no users are made there`,
      hint: `add {user: ${name}, accessKeyIdFrom: ..., secretAccessKeyFrom: ...}, or say manage: rgw where it is a Ceph gateway`,
    }));

const accountMissing = (manage: string): Mistake => ({
  path: `${PROJECT}:objects.account`,
  allowed: `{accessKeyIdFrom, secretAccessKeyFrom}: manage: ${manage} makes buckets with it`,
  hint: "give the key of an account that may make buckets, or say manage: nothing",
});

const quotas = ({ buckets, manage }: ExternalObjectsConfig): Mistake[] =>
  buckets.flatMap(({ quota }, index) =>
    quota === undefined
      ? []
      : [
          {
            path: `${PROJECT}:objects.buckets[${index}].quota`,
            found: excerpt(quota),
            allowed: `no quota: S3 itself knows none, and with manage: ${manage} nobody else is asked`,
            hint: "ask whoever runs the store for one",
          },
        ],
  );
