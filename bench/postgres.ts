import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { createJob, cronJobSpec } from "../cli/site/jobs.ts";
import { primaries, untilComplete, type Target } from "../cli/database/target.ts";
import { sandboxTarget } from "../cli/drill/choose.ts";
import { secretValue } from "../cli/site/secrets.ts";
import { roleSecret } from "../components/database/names.ts";
import { writeResults } from "./results.ts";

/** Clients of every run. */
const CLIENTS = 32;
/** Seconds of one run. */
const SECONDS = 20;
/** Rounds: each way once in every round, since the machine's speed drifts. */
const ROUNDS = 5;
/** pgbench's scale of the runs: more branches than clients, so that no row is waited for all the time. */
const SCALE = 50;

/** Cores that the primary may take where it is what is short: the pooler and all others have the rest. */
const FEW_CORES = "400m";

/** The ways to the primary that are compared. */
const WAYS = {
  pooler: { host: "pooler", options: "" },
  direct: { host: "primary", options: "" },
  "direct, asynchronous commit": { host: "primary", options: "-c synchronous_commit=local" },
} as const;

type Way = keyof typeof WAYS;

/** Runs pgbench inside the cluster, as the first database's owner. */
class Clients {
  readonly #target: Target;
  readonly #password: string;

  private constructor(target: Target, password: string) {
    this.#target = target;
    this.#password = password;
  }

  static readonly #job = "pgbench";

  static async start(target: Target): Promise<Clients> {
    const { kubectl, namespace, database } = target;
    const spec = await cronJobSpec(target, `${database.name}-backup-diff`);
    spec.template.spec.containers[0]!.command = ["/usr/bin/tini", "--", "sleep", "7200"];
    await createJob(target, Clients.#job, spec);
    const owner = database.databases[0]!.owner;
    const pod = ["pod", "--selector", `job-name=${Clients.#job}`, "--namespace", namespace];
    while ((await kubectl.list(pod)).length === 0) await sleep(500);
    await kubectl.run(["wait", "--for=condition=Ready", "--timeout=120s", ...pod]);
    return new Clients(target, await secretValue(kubectl, namespace, roleSecret(database, owner), "password"));
  }

  /** @returns what pgbench printed. */
  async run(way: Way, args: string[]): Promise<string> {
    const { kubectl, namespace, database } = this.#target;
    const { host, options } = WAYS[way];
    const [primary] = await primaries(this.#target);
    const member = database.members.find(({ name }) => name === primary)!;
    const env = [
      `PGHOST=${host === "pooler" ? database.pooler.host : member.host}`,
      `PGUSER=${database.databases[0]!.owner}`,
      `PGDATABASE=${database.databases[0]!.name}`,
      "PGSSLMODE=require",
      ...(options ? [`PGOPTIONS=${options}`] : []),
    ];
    // The password comes by standard input: arguments can be seen.
    const script = 'read -r PGPASSWORD; export PGPASSWORD; exec "$@"';
    const command = ["env", ...env, "bash", "-c", script, "pgbench", "/usr/lib/postgresql/17/bin/pgbench", ...args];
    const place = ["exec", "--stdin", `job/${Clients.#job}`, "--namespace", namespace, "--"];
    return kubectl.run([...place, ...command], `${this.#password}\n`);
  }

  async stop(): Promise<void> {
    await this.run("direct", ["--initialize", "--init-steps=d"]);
    await this.#target.kubectl.run(["delete", "job", Clients.#job, "--namespace", this.#target.namespace]);
  }
}

const transactions = (text: string): number => Number(/tps = ([\d.]+)/.exec(text)![1]);

/** Transactions per second by way, the median of the rounds. */
async function measureThroughput(clients: Clients, args: string[], ways: Way[]): Promise<Record<string, number>> {
  const seen = new Map<Way, number[]>(ways.map((way) => [way, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const way of ways) {
      const text = await clients.run(way, [...args, `--client=${CLIENTS}`, "--jobs=2", `--time=${SECONDS}`]);
      seen.get(way)!.push(transactions(text));
      console.error(`${args.join(" ") || "TPC-B"} ${way}: ${transactions(text).toFixed(0)} per second`);
    }
  }
  return Object.fromEntries([...seen].map(([way, list]) => [way, list.toSorted((a, b) => a - b)[ROUNDS >> 1]!]));
}

/** Bounds what the primary computes, while it runs. */
async function boundPrimary(target: Target, cpu: string): Promise<void> {
  const [primary] = await primaries(target);
  const patch = { spec: { containers: [{ name: "patroni", resources: { limits: { cpu } } }] } };
  const pod = ["pod", `${primary}-0`, "--namespace", target.namespace];
  await target.kubectl.run(["patch", ...pod, "--subresource=resize", "--patch", JSON.stringify(patch)]);
  await sleep(2000);
}

const target = sandboxTarget("local");
await untilComplete(target);
const clients = await Clients.start(target);
try {
  await clients.run("direct", ["--initialize", "--quiet", `--scale=${SCALE}`]);
  const ways = Object.keys(WAYS) as Way[];
  const transactionsPerSecond = {
    "TPC-B": await measureThroughput(clients, [], ways),
    "select only": await measureThroughput(clients, ["--select-only"], ["pooler", "direct"]),
  };
  await boundPrimary(target, FEW_CORES);
  const bounded = await measureThroughput(clients, [], ["pooler", "direct"]);
  await boundPrimary(target, String(availableParallelism()));
  writeResults("postgres.json", {
    clients: CLIENTS,
    transactionsPerSecond: { ...transactionsPerSecond, [`TPC-B, primary with ${FEW_CORES} of a core`]: bounded },
  });
} finally {
  await clients.stop();
}
