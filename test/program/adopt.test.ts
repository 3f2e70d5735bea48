import assert from "node:assert/strict";
import { evaluateRaw, objectsOf, podTemplates, rawConfig } from "./support.ts";

const local = rawConfig("local");

const evaluated = () =>
  evaluateRaw("local", {
    ...local,
    "archipel:apps": [],
    "archipel:database": {
      ...(local["archipel:database"] as object),
      adopt: {
        host: "db.example.org",
        port: 6543,
        user: "mover",
        caFrom: "sourceCa",
        passwordFrom: "sourcePassword",
        databases: ["notes"],
      },
    },
    "archipel:sourceCa": "the CA",
    "archipel:sourcePassword": "the password",
  });

describe("databases that come from elsewhere", () => {
  it("have their password in one Secret, which only the members mount", async () => {
    const resources = await evaluated();
    const holding = objectsOf(resources).filter((one) => JSON.stringify(one).includes("the password"));
    assert.deepEqual(
      holding.map(({ kind, metadata }) => `${kind}/${metadata.name}`),
      ["Secret/pg-adoption"],
    );
    const mounting = podTemplates(resources).filter(({ spec }) => JSON.stringify(spec).includes("pg-adoption"));
    assert.deepEqual(
      mounting.map(({ owner }) => owner.metadata.name),
      ["pg-0", "pg-1", "pg-2"],
    );
  });

  it("open the source's port to the members, and to nobody else", async () => {
    const open = objectsOf(await evaluated(), "NetworkPolicy").filter((one) => JSON.stringify(one).includes("6543"));
    assert.deepEqual(
      open.map(({ metadata }) => metadata.name),
      ["pg-member"],
    );
  });
});
