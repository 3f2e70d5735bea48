import assert from "node:assert/strict";
import { findMistakes } from "../../stacks/check/check.ts";
import { refuseParameter } from "../../stacks/postgresParameters.ts";
import { fullConfig, validConfig } from "./support.ts";

describe("parameters of PostgreSQL", () => {
  const fine = (name: string, ...values: (string | number | boolean)[]): void => {
    for (const value of values) assert.equal(refuseParameter(name, value, 17), undefined, `${name} = ${value}`);
  };
  const refused = (name: string, ...values: (string | number | boolean)[]): void => {
    for (const value of values) assert.ok(refuseParameter(name, value, 17), `${name} = ${value}`);
  };

  it("are those of the version that config says", () => {
    assert.equal(refuseParameter("io_method", "worker", 18), undefined);
    assert.match(refuseParameter("io_method", "worker", 17)!.allowed, /a parameter of PostgreSQL 17,/);
    assert.match(refuseParameter("composite_type_mismatch", "warn", 18)!.allowed, /a parameter of PostgreSQL 18,/);
  });

  it("are taken with values that PostgreSQL takes", () => {
    fine("work_mem", 4096, "4096", "7MB", "1 GB", "0.5GB");
    fine("autovacuum_naptime", "1min", "30s", 60, "1d");
    fine("jit", true, "off", "yes", 1);
    fine("wal_compression", "lz4", "on");
    fine("random_page_cost", 1.1, "4");
    fine("search_path", "anything, here");
    fine("datestyle", "ISO, DMY");
    fine("auto_explain.log_min_duration", "1s");
    fine("pg_prewarm.autoprewarm", false);
  });

  it("are refused with others", () => {
    refused("work_mem", "7mb", "1s", 1, "much", "7 MB 3", 1.5);
    refused("max_connections", "10MB", 0, 1e9);
    refused("jit", "perhaps", 2);
    refused("wal_compression", "lz5");
    refused("random_page_cost", "cheap", -1);
  });

  it("of a library are refused where the image has no such library, or the library no such parameter", () => {
    const hint = (name: string): string | undefined => refuseParameter(name, "all", 17)?.hint;
    assert.equal(hint("pg_stat_statments.track"), "did you mean pg_stat_statements.track?");
    assert.equal(hint("pg_stat_statements.trak"), "did you mean pg_stat_statements.track?");
    refused("timescaledb.max_background_workers", 8);
    refused("pg_stat_statements.track", "some");
    assert.equal(refuseParameter("isn.weak", "on", 18), undefined);
    refused("isn.weak", "on");
  });

  it("are refused by a name that PostgreSQL does not know, with the nearest that it does", () => {
    const database = { ...fullConfig["archipel:database"], parameters: { shared_bufers: "1GB", wal_level: "logcal" } };
    const config = validConfig({ ...fullConfig, "archipel:database": database });
    const mistakes = findMistakes(config, {
      stack: "geo",
      images: ["notes"],
      secrets: ["offsiteId", "offsiteKey"],
      wrong: [],
    });
    assert.deepEqual(
      mistakes.map(({ path, hint }) => [path, hint]),
      [
        ["archipel:database.parameters.shared_bufers", "did you mean shared_buffers?"],
        ["archipel:database.parameters.wal_level", "did you mean logical?"],
      ],
    );
  });
});
