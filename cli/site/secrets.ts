import type { Kubectl } from "../kubectl.ts";
import { UserError } from "../userError.ts";

/**
 * One value of a Secret.
 *
 * @throws UserError where there is no such value.
 */
export async function secretValue(kubectl: Kubectl, namespace: string, secret: string, key: string): Promise<string> {
  const value = (await secretValues(kubectl, namespace, secret))[key];
  if (value === undefined) throw new UserError(`Secret ${namespace}/${secret} has no ${key}`);
  return value;
}

/** All values of a Secret; none where it does not exist. */
export async function secretValues(kubectl: Kubectl, namespace: string, name: string): Promise<Record<string, string>> {
  const [secret] = await kubectl.list(["secret", name, "--namespace", namespace]);
  const data = (secret?.["data"] ?? {}) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]),
  );
}
