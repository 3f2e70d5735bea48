import assert from "node:assert/strict";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import type { Kit } from "../../cli/escrow/kit.ts";
import { openKit, sealKit } from "../../cli/escrow/seal.ts";
import { UserError } from "../../cli/userError.ts";

const kit: Kit = {
  version: 1,
  stack: "geo",
  sealed: "2026-11-23T10:42:00Z",
  config: { "archipel:sites": [] },
  secrets: { offsiteKey: "a key" },
  passphrases: { site1: { offsite: "a passphrase" } },
};

describe("an escrow kit", () => {
  it("opens with any of its recipients' keys, and with no other", async () => {
    const identities = await Promise.all([1, 2, 3].map(() => generateX25519Identity()));
    const recipients = await Promise.all(identities.slice(0, 2).map(identityToRecipient));
    const sealed = await sealKit(kit, recipients);
    assert.match(sealed, /^-----BEGIN AGE ENCRYPTED FILE-----/);
    assert.ok(!sealed.includes("a passphrase"));
    for (const identity of identities.slice(0, 2)) {
      assert.deepEqual(await openKit(sealed, `# comment\n${identity}\n`), kit);
    }
    await assert.rejects(openKit(sealed, identities[2]!), /does not open this kit/);
  });

  it("refuses a secret key as recipient, and what is no key", async () => {
    await assert.rejects(sealKit(kit, [await generateX25519Identity()]), UserError);
    await assert.rejects(sealKit(kit, ["somebody"]), UserError);
    await assert.rejects(openKit("", "ssh-ed25519 AAAA"), /no secret key of age/);
  });
});
