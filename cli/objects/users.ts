import { userSecretName } from "../../components/objects/names.ts";
import type { StorePlan } from "../../stacks/objectsPlan.ts";
import type { UserConfig } from "../../stacks/schema/objectsContent.ts";
import type { Kubectl } from "../kubectl.ts";
import { secretValue } from "../site/secrets.ts";
import { UserError } from "../userError.ts";

/** Keys of a user of a store. */
export interface StoreKeys {
  /** Access key id. */
  accessKeyId: string;
  /** Secret access key. */
  secretAccessKey: string;
}

/** A store, and where the Secrets of its users are. */
export interface StorePlace {
  /** kubectl for the site's cluster. */
  kubectl: Kubectl;
  /** Namespace of the Secrets. */
  namespace: string;
  /** The store. */
  objects: StorePlan;
}

/** A user's keys, from the Secret beside the store. @throws UserError where they are not there. */
export async function userKeys({ kubectl, namespace, objects }: StorePlace, user: string): Promise<StoreKeys> {
  const value = (key: keyof StoreKeys) => secretValue(kubectl, namespace, userSecretName(objects, user), key);
  return { accessKeyId: await value("accessKeyId"), secretAccessKey: await value("secretAccessKey") };
}

/** A user who may write into a bucket. @throws UserError where there is none, with the buckets that there are. */
export function writerOf({ users, buckets }: StorePlan, bucket: string): UserConfig {
  const writer = users.find(({ access }) => access.some((one) => one.bucket === bucket && one.mode === "readwrite"));
  if (writer) return writer;
  const known = buckets.map(({ name }) => name).join(", ");
  throw new UserError(`nobody may write to bucket ${bucket}\n  allowed: a bucket with a user or an app (of ${known})`);
}
