import assert from "node:assert/strict";
import { describeTroubles, type DatabaseFacts } from "../../cli/status/database.ts";
import { plan } from "../../stacks/topology.ts";
import { fullConfig, validConfig } from "./support.ts";

const [site] = plan("geo", validConfig(fullConfig)).sites;
const place = { database: site!.database!, namespace: "geo-site1-data", primary: "pg-0" };
const fine: DatabaseFacts = { streaming: 2, archiveFails: false, waiting: 1, proofHours: { 1: 20, 2: 30 } };

describe("a database's status", () => {
  it("has nothing to say where replicas follow, WAL is archived and restores are proven", () => {
    assert.deepEqual(describeTroubles(fine, place), []);
  });

  it("names what is wrong, each with what to look at", () => {
    const troubles = describeTroubles(
      { streaming: 1, archiveFails: true, waiting: 9, proofHours: { 1: 20, 2: 49.5 } },
      place,
    );
    assert.equal(troubles.length, 3);
    assert.match(troubles[0]!, /^1 of 2 replicas follow; .*patronictl list$/);
    assert.match(troubles[1]!, /^WAL is not archived, 9 segments wait/);
    assert.match(troubles[2]!, /^no restore from repository offsite was proven for 49 hours \(limit: 48\)/);
    for (const trouble of troubles) assert.match(trouble, /kubectl --namespace geo-site1-data /);
  });
});
