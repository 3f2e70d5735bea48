import { join } from "node:path";
import { execa } from "execa";

/** Arguments of selfSigned. */
export interface SelfSignedArgs {
  /** Folder of the two files. */
  folder: string;
  /** Name of the file with the key. */
  key: string;
  /** Name of the file with the certificate, which is its own CA. */
  certificate: string;
  /** Name or address that clients use. */
  name: string;
  /** Names in the certificate as OpenSSL writes them. */
  alternatives: string;
}

/** Makes a certificate for a server outside the platform. */
export async function selfSigned({ folder, key, certificate, name, alternatives }: SelfSignedArgs): Promise<void> {
  const fresh = ["-newkey", "rsa:2048", "-nodes", "-keyout", join(folder, key)];
  const names = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=${alternatives}`];
  await execa("openssl", ["req", "-x509", "-days", "2", ...fresh, ...names, "-out", join(folder, certificate)]);
}
