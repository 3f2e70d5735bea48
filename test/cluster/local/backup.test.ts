import assert from "node:assert/strict";
import { sandboxTarget } from "../../../cli/drill/choose.ts";
import { cronJobSpec, runJob, type JobEnd } from "../../../cli/site/jobs.ts";
import { onMember as onMemberOf, queryMember, untilComplete, type Target } from "../../../cli/database/target.ts";
import { dataFolder } from "../../../components/database/layout.ts";
import { eventually } from "../eventually.ts";
import { leaveBehind, slotOf } from "../leaveBehind.ts";
import { archipel, localStack, needsSandbox, type LocalStack } from "../support.ts";

describe("backups of the database", function () {
  this.timeout(1_200_000);
  let stack: LocalStack;
  let target: Target;
  let primary: string;

  before(async function () {
    needsSandbox(this);
    stack = await localStack();
    target = sandboxTarget("local");
    primary = await untilComplete(target);
  });

  const kubectl = (...args: string[]): Promise<string> =>
    stack.kubectl.run(["--namespace", stack.site.namespaces.data.name, ...args]);

  const onMember = (...command: string[]): Promise<string> =>
    kubectl("exec", `${primary}-0`, "--container", "patroni", "--", ...command);

  /** Runs a CronJob now, with more environment, until it is over. */
  async function runNow(cronJob: string, env: Record<string, string> = {}): Promise<JobEnd> {
    const spec = await cronJobSpec(target, cronJob);
    const [container] = spec.template.spec.containers;
    container!.env!.push(...Object.entries(env).map(([name, value]) => ({ name, value })));
    return runJob(target, `${cronJob}-test`, spec, 300);
  }

  /** What is wrong with the database. */
  async function databaseStatus(): Promise<string[]> {
    const { stdout } = await archipel(["status", "local", "--json"], { reject: false });
    const { fine, sites } = JSON.parse(stdout) as { fine: boolean; sites: { database: string[] }[] };
    assert.ok(!fine || sites[0]!.database.length === 0);
    return sites[0]!.database;
  }

  /** Runs a proof that must fail, and gives its log. */
  async function refusedProof(env: Record<string, string> = {}): Promise<string> {
    const before = await queryMember(target, primary, proofs);
    const { succeeded, log } = await runNow("pg-restore-proof", env);
    assert.ok(!succeeded, log);
    assert.match(log, /not proven: 1/);
    assert.equal(await queryMember(target, primary, proofs), before);
    return log;
  }

  it("exist as soon as the stack stands, with the WAL that they need, encrypted", async () => {
    const [stanza] = JSON.parse(await onMember("pgbackrest", "--stanza=main", "--output=json", "info")) as {
      backup: { type: string; error: boolean }[];
      archive: { max: string }[];
      cipher: string;
      status: { code: number };
    }[];
    assert.equal(stanza!.status.code, 0);
    assert.equal(stanza!.cipher, "aes-256-cbc");
    assert.ok(stanza!.backup.some(({ type, error }) => type === "full" && !error));
    assert.ok(stanza!.archive[0]!.max);
  });

  it("are made again by the clock, from a replica, and once where a Job has to try again", async () => {
    const tryOfJob = { JOB: `of-a-test-${Date.now()}` };
    const { succeeded, log } = await runNow("pg-backup-diff", tryOfJob);
    assert.ok(succeeded, log);
    assert.match(log, /wait for replay on the standby/, log);
    assert.match(log, /pg-backup: done/);
    const again = await runNow("pg-backup-diff", tryOfJob);
    assert.ok(again.succeeded, again.log);
    assert.match(again.log, /repository 1 has this Job's backup/);
    assert.doesNotMatch(again.log, /wait for replay/);
  });

  it("are not proven by a restore that fails", async () => {
    const log = await refusedProof({ PGBACKREST_REPO1_CIPHER_PASS: "another" });
    assert.match(log, /repository 1 is not proven: its newest backup cannot be restored/);
    const newest = "SELECT data_age_seconds IS NULL FROM archipel.restore_proof ORDER BY begun DESC LIMIT 1";
    assert.equal(await queryMember(target, primary, newest), "t");
  });

  it("are not proven where the archive lacks the newest WAL, and the status says so", async () => {
    const archiving = (what: string) =>
      onMember("psql", "--command", `ALTER SYSTEM ${what}`, "--command", "SELECT pg_reload_conf()");
    await archiving("SET archive_command = 'false'");
    try {
      const log = await refusedProof({ ARCHIVE_MINUTES: "0" });
      assert.match(
        log,
        /it lacks what was committed at .*: its newest commit was \d+ seconds old, allowed are 0 minutes/,
      );
      assert.match(
        (await databaseStatus()).join(),
        /the newest restore from repository site was not proven: it lacks what was committed at/,
      );
    } finally {
      await archiving("RESET archive_command");
    }
  });

  it("are not proven where the restore lacks the rows of a table", async () => {
    // Its rows are in no WAL, and nothing but the rows says so.
    await queryMember(target, primary, "CREATE UNLOGGED TABLE never_logged AS SELECT 1 AS n");
    await queryMember(target, primary, "UPDATE pg_class SET relpersistence = 'p' WHERE relname = 'never_logged'");
    try {
      assert.match(await refusedProof(), /it lacks rows, or all, of postgres: public\.never_logged/);
    } finally {
      await queryMember(target, primary, "DROP TABLE never_logged");
    }
  });

  it("are not proven where an index is broken", async () => {
    // The order of numbers turns around after the index was built, as that of text can with another C library.
    const order = (sign: string) => `CREATE OR REPLACE FUNCTION turning.compare(int, int) RETURNS int
      LANGUAGE sql IMMUTABLE AS 'SELECT ${sign} pg_catalog.btint4cmp($1, $2)'`;
    const text = `CREATE SCHEMA turning;
      ${order("+")};
      CREATE OPERATOR CLASS turning.numbers FOR TYPE int USING btree AS
        OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 turning.compare(int, int);
      CREATE TABLE turning.around AS SELECT generate_series(1, 1000) AS n;
      CREATE INDEX around_n ON turning.around (n turning.numbers);
      ${order("-")};`;
    await queryMember(target, primary, text);
    try {
      const log = await refusedProof();
      assert.match(log, /item order invariant violated for index "around_n"/);
      assert.match(log, /repository 1 is not proven: a table or an index of it is broken/);
    } finally {
      await queryMember(target, primary, "DROP SCHEMA turning CASCADE");
    }
  });

  it("can be restored with everything that was written since, checked table by table", async () => {
    const text = "CREATE TABLE restore_test AS SELECT generate_series(1, 1000) AS n";
    await queryMember(target, primary, text);
    try {
      const before = Number(await queryMember(target, primary, proofs));
      const { succeeded, log } = await runNow("pg-restore-proof");
      assert.ok(succeeded, log);
      assert.match(log, /newest commit \d+ s old, all of \d+ tables/);
      assert.equal(Number(await queryMember(target, primary, proofs)), before + 1);
      assert.deepEqual(await databaseStatus(), []);
    } finally {
      await queryMember(target, primary, "DROP TABLE restore_test");
    }
  });

  it("have the WAL that a replica lacks and the primary has removed: it is not copied anew", async () => {
    const { away } = await leaveBehind(target);
    const mark = `${dataFolder(target.database.version)}/test-mark`;
    await onMemberOf(target, away, "touch", mark);
    // Beside the one that runs there always, one that has less patience with a replica that stands still.
    const hasty = onMemberOf(target, away, "bash", "-c", "HEAL_SECONDS=60 timeout 40 patroni-heal || true");
    primary = await untilComplete(target);
    assert.equal(await queryMember(target, primary, slotOf(away)), "reserved");
    await onMemberOf(target, away, "rm", mark);
    assert.match(await hasty, /it takes WAL from the archive/);
  });

  it("fail where a page that they copy is damaged, and are fine again once it is gone", async () => {
    primary = await untilComplete(target);
    const ask = (text: string) => queryMember(target, primary, text);
    // Whoever reads a row first writes on its page, which would come to the replicas and mend it there.
    await ask("CREATE TABLE damaged WITH (autovacuum_enabled = off) AS SELECT generate_series(1, 1000)");
    await ask("SELECT count(*) FROM damaged");
    await ask("CHECKPOINT");
    const path = await ask("SELECT pg_relation_filepath('damaged')");
    const written = `SELECT redo_lsn >= '${await ask("SELECT redo_lsn FROM pg_control_checkpoint()")}' FROM pg_control_checkpoint()`;
    for (const { name } of target.database.members.filter((one) => one.name !== primary)) {
      await eventually(60, async () => {
        await queryMember(target, name, "CHECKPOINT");
        assert.equal(await queryMember(target, name, written), "t");
      });
      const script = 'printf damaged | dd of="$PGDATA/$1" bs=1 seek=4000 conv=notrunc status=none';
      await onMemberOf(target, name, "bash", "-c", script, "bash", path);
    }
    const job = `${target.database.name}-backup-diff`;
    const damaged = await runJob(target, `${job}-damaged`, await cronJobSpec(target, job), 300);
    await ask("DROP TABLE damaged");
    assert.equal(damaged.succeeded, false, damaged.log);
    assert.match(damaged.log, /repository \d: the backup has damaged pages/);
    const sound = await runJob(target, `${job}-sound`, await cronJobSpec(target, job), 300);
    assert.ok(sound.succeeded, sound.log);
  });

  it("go on where the archive has the end of a former timeline as another member knew it, and only there", async () => {
    await onMember("patronictl", "--config-file", "/etc/patroni", "switchover", "--leader", primary, "--force", "pg");
    primary = await untilComplete(target);
    await queryMember(target, primary, "CHECKPOINT");
    const archived = await queryMember(target, primary, "SELECT pg_walfile_name(pg_switch_wal())");
    const last = "SELECT last_archived_wal FROM pg_stat_archiver";
    await eventually(60, async () => assert.equal(await queryMember(target, primary, last), archived));
    // The end of the former timeline, whose segment the new one began with; and a segment of the new one.
    const script = `
      cd "$PGDATA/pg_wal" && mkdir -p ../archive-test/archive_status && export PGBACKREST_ARCHIVE_ASYNC=n
      read -r timeline end _ < <(grep . "\${1:0:8}.history" | tail -n 1)
      segment=$(printf '%08X%08X' "$((16#\${end%/*}))" "$((16#\${end#*/} / 2 ** 24))")
      former=$PGDATA/archive-test/$(printf '%08X' "$timeline")$segment
      current=$PGDATA/archive-test/$1
      cp "\${1:0:8}$segment" "$former" && cp "$1" "$current"
      push() { "$@" >/dev/null 2>&1; echo "$?"; }
      echo "first $(push pgbackrest-archive main "$former")"
      for file in "$former" "$current"; do printf other | dd of="$file" bs=1M seek=8 conv=notrunc status=none; done
      echo "refused $(push pgbackrest --stanza=main archive-push "$former")"
      echo "former $(push pgbackrest-archive main "$former")"
      # The same where the former timeline ended with its segment.
      whole=$PGDATA/archive-whole && mkdir -p "$whole"/{global,pg_wal} && cp ../PG_VERSION "$whole"
      cp ../global/pg_control "$whole/global"
      printf '%d\\t%X/%X\\tended\\n' "$timeline" "$((16#\${end%/*}))" "$(((16#\${end#*/} / 2 ** 24 + 1) * 2 ** 24))" >"$whole/pg_wal/\${1:0:8}.history"
      echo "whole $(PGDATA=$whole push pgbackrest-archive main "$former")"
      echo "current $(push pgbackrest-archive main "$current")"
      rm -r ../archive-test "$whole"`;
    const said = await onMember("bash", "-c", script, "bash", archived);
    assert.deepEqual(said.trim().split("\n"), ["first 0", "refused 45", "former 0", "whole 0", "current 45"]);
  });

  it("are not fine when no restore was proven for too long", async () => {
    assert.deepEqual(await databaseStatus(), []);
    await queryMember(target, primary, "UPDATE archipel.restore_proof SET proven = proven - interval '3 days'");
    try {
      assert.match(
        (await databaseStatus()).join(),
        /no restore from repository site was proven for 72 hours \(limit: 48\)/,
      );
    } finally {
      await queryMember(target, primary, "UPDATE archipel.restore_proof SET proven = proven + interval '3 days'");
    }
  });

  it("say what to do with a repository that another passphrase opens", async () => {
    const spec = await cronJobSpec(target, "pg-backup-diff");
    const [container] = spec.template.spec.containers;
    container!.command = [...container!.command.slice(0, -1), "first"];
    container!.env!.push({ name: "PGBACKREST_REPO1_CIPHER_PASS", value: "another" });
    const { succeeded, log } = await runJob(target, "pg-backup-another-test", spec, 300);
    assert.ok(!succeeded, log);
    assert.match(log, /archipel:database.bootstrap begins from them/);
  });
});

/** How many proofs succeeded. */
const proofs = "SELECT count(*) FROM archipel.restore_proof WHERE proven IS NOT NULL";
