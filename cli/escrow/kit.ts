import { passphraseSecretName } from "../../components/database/repositories.ts";
import { PROJECT, referencedSecrets } from "../../stacks/config.ts";
import type { Plan } from "../../stacks/plan.ts";
import { readSecret } from "../engine/secret.ts";
import { projectRoot } from "../projectRoot.ts";
import { readStackFile } from "../render/stackFile.ts";
import { withSite } from "../site/access.ts";
import { secretValue } from "../site/secrets.ts";

/** What a rebuild needs that is neither in git nor in the backups. */
export interface Kit {
  /** Version of this format. */
  version: 1;
  /** The stack. */
  stack: string;
  /** When it was sealed. */
  sealed: string;
  /** The stack's config, by full key, as it is in git: without its secrets. */
  config: Record<string, unknown>;
  /** The secrets that it refers to, by their key, such as the keys of the off-site repository. */
  secrets: Record<string, string>;
  /** Passphrases of the repositories of backups, by site and repository. */
  passphrases: Record<string, Record<string, string>>;
}

/**
 * Collects a stack's kit: its config, and what opens its backups.
 *
 * @throws UserError where a secret cannot be read.
 */
export async function collectKit(plan: Plan): Promise<Kit> {
  const { values, secrets: encrypted } = readStackFile(projectRoot, plan.stack);
  const own = Object.entries(values).filter(([key]) => key.startsWith(`${PROJECT}:`));
  const parsed = Object.fromEntries(own.map(([key, value]) => [key, parse(value)]));
  const secrets: Record<string, string> = {};
  for (const name of new Set(referencedSecrets(parsed))) {
    const key = `${PROJECT}:${name}`;
    secrets[name] = encrypted.includes(key) ? await readSecret(plan.stack, name) : values[key]!;
    delete parsed[key];
  }
  const passphrases: Kit["passphrases"] = {};
  for (const site of plan.sites) {
    const { database, namespaces } = site;
    if (!database?.backup) continue;
    const { repositories } = database.backup;
    passphrases[site.name] = await withSite(plan, site, async ({ kubectl }) => {
      const values = repositories.map(async (one): Promise<[string, string]> => {
        const secret = passphraseSecretName(database, one);
        return [one.name, await secretValue(kubectl, namespaces.data.name, secret, "passphrase")];
      });
      return Object.fromEntries(await Promise.all(values));
    });
  }
  return { version: 1, stack: plan.stack, sealed: new Date().toISOString(), config: parsed, secrets, passphrases };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
