import assert from "node:assert/strict";
import type { Resource } from "../../cli/render/evaluate.ts";
import { jobOf, objectNamed } from "../../cli/upgrade/objects.ts";
import { evaluateRaw, objectsOf, podTemplates, rawConfig } from "./support.ts";

describe("a database of another version of PostgreSQL", () => {
  let resources: Resource[];
  before(async () => {
    const raw = rawConfig("local");
    const database = { ...(raw["archipel:database"] as object), version: 18 };
    resources = await evaluateRaw("local", { ...raw, "archipel:database": database });
  });

  it("has the image and the folder of that version wherever its data is, and no others change", () => {
    const images = new Map<string, Set<string>>();
    for (const { owner, spec } of podTemplates(resources)) {
      if (!owner.metadata.name.startsWith("pg-")) continue;
      const used = [...spec.containers, ...(spec.initContainers ?? [])].map(
        ({ image }) => /\/(patroni[-0-9]*):/.exec(image)?.[1] ?? image,
      );
      images.set(owner.metadata.name.replace(/-[0-9a-f]{8}$/, ""), new Set(used));
    }
    const found = Object.fromEntries([...images].map(([name, used]) => [name, [...used].join()]));
    const members = ["pg-0", "pg-1", "pg-2", "pg-backup-diff", "pg-backup-first", "pg-backup-full", "pg-restore-proof"];
    const others = ["pg-converge", "pg-pooler", "pg-settings"];
    assert.deepEqual(
      found,
      Object.fromEntries([
        ...members.map((name) => [name, "patroni-18"]),
        ...others.map((name) => [name, "patroni"]),
      ] as [string, string][]),
    );
    const text = JSON.stringify(objectsOf(resources, "ConfigMap", "StatefulSet", "CronJob"));
    assert.doesNotMatch(text, /postgresql\/17/);
    assert.match(text, /\/usr\/lib\/postgresql\/18\/bin/);
  });

  it("gives a rehearsal the place of a proof", () => {
    const proof = objectNamed(objectsOf(resources), "CronJob", "pg-restore-proof");
    const [container] = jobOf(proof).template.spec.containers;
    assert.equal(container!.command.at(-1), "pg-restore-proof");
    assert.ok(container!.env!.some(({ name, value }) => name === "PGDATA" && value === "/var/lib/postgresql/18/data"));
  });
});
