import { armor, Decrypter, Encrypter } from "age-encryption";
import { UserError } from "../userError.ts";
import type { Kit } from "./kit.ts";

/**
 * Encrypts a kit for those who may open it (age, https://age-encryption.org): the program `age` opens it too.
 *
 * @param recipients public keys, such as `age1...`.
 * @throws UserError naming a recipient that is none.
 */
export async function sealKit(kit: Kit, recipients: string[]): Promise<string> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      throw new UserError(
        `${recipient.slice(0, 6)}... is no recipient\n  allowed: a public key of age, such as age1..., never a secret one`,
      );
    }
  }
  return armor.encode(await encrypter.encrypt(JSON.stringify(kit)));
}

/**
 * Opens a kit.
 *
 * @param identity text of a file with a secret key, as `age-keygen` writes it.
 * @throws UserError where the key does not open it, or it is no kit.
 */
export async function openKit(sealed: string, identity: string): Promise<Kit> {
  const keys = identity.split("\n").filter((line) => line.startsWith("AGE-SECRET-KEY-"));
  if (keys.length === 0) throw new UserError("the identity has no line AGE-SECRET-KEY-...: it is no secret key of age");
  const decrypter = new Decrypter();
  for (const key of keys) decrypter.addIdentity(key.trim());
  let kit: Kit;
  try {
    kit = JSON.parse(await decrypter.decrypt(armor.decode(sealed), "text")) as Kit;
  } catch {
    throw new UserError("this key does not open this kit, or the file is damaged or no kit");
  }
  if ((kit.version as number) !== 1) throw new UserError(`the kit has version ${String(kit.version)}\n  allowed: 1`);
  return kit;
}
