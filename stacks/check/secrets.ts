import { PROJECT, referencedSecrets, type Config } from "../config.ts";
import type { Mistake } from "../mistakes.ts";
import type { CheckContext } from "./common.ts";

/** Every secret that config refers to is set. */
export function checkSecrets(config: Partial<Config>, { secrets }: CheckContext): Mistake[] {
  const missing = [...new Set(referencedSecrets(config))].filter((name) => !secrets.includes(name));
  return missing.map((name) => ({
    path: `${PROJECT}:${name}`,
    allowed: "a secret: the config refers to it",
    hint: `pulumi config set --secret ${name}`,
  }));
}
