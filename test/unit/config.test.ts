import assert from "node:assert/strict";
import { jsonSchema, readConfig, referencedSecrets } from "../../stacks/config.ts";
import { describeMistakes } from "../../stacks/mistakes.ts";

const site = { name: "site1", capabilities: { nodes: 3, storageClasses: { block: "ssd" } } };

describe("config", () => {
  it("reads a minimal stack and fills in defaults", () => {
    const { config, mistakes } = readConfig({ "archipel:sites": [site] });
    assert.deepEqual(mistakes, []);
    assert.equal(config.sites?.[0]?.sandbox, false);
    assert.equal(config.sites?.[0]?.capabilities.certificates.kind, "internal");
    assert.deepEqual(config.apps, []);
    assert.equal(config.database, undefined);
  });

  it("takes a cluster by its kubeconfig alone, as the README shows it", () => {
    const cluster = { kubeconfig: { path: "~/.kube/grenoble" }, context: "admin" };
    const { config, mistakes } = readConfig({ "archipel:sites": [{ ...site, cluster }] });
    assert.deepEqual(mistakes, []);
    assert.deepEqual(config.sites?.[0]?.cluster, { kind: "existing", ...cluster });
  });

  it("names every mistake at once, with path, found value, what is allowed and a near miss", () => {
    const { mistakes } = readConfig({
      "archipel:sites": [
        { ...site, sandbx: true, cluster: { kind: "exist" }, capabilities: { ...site.capabilities, nodes: 0 } },
      ],
      "archipel:edge": { replicas: "two", tcp: [{ name: "a", port: 1, to: "database-primry" }] },
      "archipel:databse": {},
    });
    assert.deepEqual(
      mistakes.map((one) => [one.path, one.found, one.hint]),
      [
        ["archipel:sites[0].cluster.kind", '"exist"', undefined],
        ["archipel:sites[0].capabilities.nodes", "0", undefined],
        ["archipel:sites[0].sandbx", '"sandbx"', "did you mean sandbox?"],
        ["archipel:edge.replicas", '"two"', undefined],
        ["archipel:edge.tcp[0].to", '"database-primry"', "did you mean database-primary?"],
        ["archipel:databse", '"databse"', "did you mean database?"],
      ],
    );
    assert.ok(mistakes.every((one) => one.allowed.length > 0));
  });

  it("refuses an extension that the image does not have", () => {
    const databases = [{ name: "stars", extensions: ["pgsphere"] }];
    const { mistakes } = readConfig({ "archipel:sites": [site], "archipel:database": { backup: "none", databases } });
    assert.deepEqual(
      mistakes.map((one) => [one.path, one.hint]),
      [["archipel:database.databases[0].extensions[0]", "did you mean pg_sphere?"]],
    );
    assert.ok(mistakes[0]!.allowed.includes("pg_trgm"));
  });

  it("keeps the parts whose shape is right", () => {
    const { config } = readConfig({ "archipel:sites": [site], "archipel:edge": { replicas: 1 } });
    assert.ok(config.sites);
    assert.ok(!("edge" in config));
  });

  it("says that nothing was changed, and how many mistakes there are", () => {
    const { mistakes } = readConfig({});
    assert.match(describeMistakes("local", mistakes), /^Pulumi\.local\.yaml has 1 mistake; nothing was changed\./);
  });

  it("finds references to secrets, wherever they stand", () => {
    const raw = { a: [{ kubeconfig: { contentFrom: "one" } }], b: { secretEnv: { X: { config: "two" } } } };
    assert.deepEqual(referencedSecrets(raw), ["one", "two"]);
  });

  it("takes a referenced secret's key for known", () => {
    const cluster = { kind: "existing", kubeconfig: { contentFrom: "site1Kubeconfig" } };
    const { mistakes } = readConfig({ "archipel:sites": [{ ...site, cluster }], "archipel:site1Kubeconfig": "x" });
    assert.deepEqual(mistakes, []);
  });

  it("gives editors a JSON Schema of every key", () => {
    const schema = jsonSchema() as { properties: { config: { properties: Record<string, unknown> } } };
    assert.deepEqual(Object.keys(schema.properties.config.properties), [
      "archipel:sites",
      "archipel:images",
      "archipel:dcs",
      "archipel:database",
      "archipel:objects",
      "archipel:files",
      "archipel:edge",
      "archipel:monitoring",
      "archipel:apps",
    ]);
  });
});
