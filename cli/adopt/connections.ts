import { connection, sourceConnection } from "../../components/database/adoption.ts";
import type { AdoptedDatabase, AdoptionPlan } from "../../stacks/plan.ts";
import { onMember, type Target } from "../database/target.ts";
import { KubectlError } from "../kubectl.ts";
import { UserError } from "../userError.ts";
import { serverWords } from "./serverWords.ts";
import { PsqlSession } from "./session.ts";

/** A database of the platform that others come into, and the server that they come from. */
export interface Adoption extends Target {
  /** What comes, and from where. */
  adopt: AdoptionPlan;
  /** The member that takes writes: it reaches both sides. */
  primary: string;
}

/** The side that a database comes from, or the one that it comes to. */
export type Side = "source" | "here";

/** The two sides as messages call them. */
export const SIDES: Record<Side, string> = { source: "the source", here: "the database here" };

/**
 * Settings with which both sides print a value in the same way, and none of which an administrator's own limits change:
 * comparing a large table takes its time.
 */
const SETTINGS = {
  search_path: "pg_catalog",
  statement_timeout: "0",
  lock_timeout: "0",
  default_transaction_read_only: "off",
  synchronous_commit: "on",
  DateStyle: "ISO",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  extra_float_digits: "1",
  bytea_output: "hex",
  lc_monetary: "C",
};

/** How a member connects to one side of a database. */
function sideConnection({ adopt }: Adoption, database: string, side: Side): string {
  const common = {
    client_encoding: "UTF8",
    options: Object.entries(SETTINGS)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(" "),
  };
  return side === "source"
    ? `${sourceConnection(adopt, database)} ${connection(common)}`
    : connection({ dbname: database, ...common });
}

const psql = (adoption: Adoption, database: string, side: Side): string[] => [
  "psql",
  "--no-psqlrc",
  "--quiet",
  "--no-align",
  "--tuples-only",
  "--set=ON_ERROR_STOP=1",
  `--dbname=${sideConnection(adoption, database, side)}`,
];

/** The arguments of kubectl that run a program where the primary is, with the standard input that it gets. */
const listening = ({ namespace, primary }: Adoption): string[] => [
  ...["exec", "--stdin", `${primary}-0`, "--namespace", namespace],
  ...["--container", "patroni", "--"],
];

/**
 * Runs one query on one side of a database.
 *
 * @returns what psql printed.
 * @throws UserError with what the server said.
 */
export async function query(
  adoption: Adoption,
  { name }: Pick<AdoptedDatabase, "name">,
  side: Side,
  text: string,
): Promise<string> {
  const answer = await saying(name, side, () =>
    onMember(adoption, adoption.primary, ...psql(adoption, name, side), "--command", text),
  );
  return answer.trim();
}

/** The same, of a query whose answer is JSON. */
export const queryJson = async <T>(...args: Parameters<typeof query>): Promise<T> =>
  JSON.parse(await query(...args)) as T;

/** Opens a connection to one side of a database that stays: what is asked in it costs no start of a program. */
export function openSession(adoption: Adoption, { name }: AdoptedDatabase, side: Side): PsqlSession {
  const { kubectl } = adoption;
  const command = [...kubectl.base, ...listening(adoption), ...psql(adoption, name, side)];
  return new PsqlSession(kubectl.program, command, `database ${name}: ${SIDES[side]}`);
}

/** The definitions in a database of the source: what pg_dump says of it, without rows, owners, rights and extensions. */
export const readSchema = (adoption: Adoption, { name }: AdoptedDatabase): Promise<string> =>
  saying(name, "source", () =>
    onMember(
      adoption,
      adoption.primary,
      "pg_dump",
      "--schema-only",
      "--no-owner",
      "--no-privileges",
      "--no-publications",
      "--no-subscriptions",
      "--no-tablespaces",
      "--no-security-labels",
      "--exclude-extension=*",
      "--encoding=UTF8",
      `--dbname=${sourceConnection(adoption.adopt, name)}`,
    ),
  );

/** What the source says where it does not let replication in, which it may refuse where it lets queries in. */
export async function replicationRefusal(adoption: Adoption, { name }: AdoptedDatabase): Promise<string | undefined> {
  const dbname = `${sourceConnection(adoption.adopt, name)} replication=database`;
  const command = ["psql", "--no-psqlrc", `--dbname=${dbname}`, "--command", "IDENTIFY_SYSTEM"];
  try {
    await onMember(adoption, adoption.primary, ...command);
    return undefined;
  } catch (error) {
    if (error instanceof KubectlError) return serverWords(error.message);
    throw error;
  }
}

async function saying<T>(name: string, side: Side, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    throw new UserError(`database ${name}: ${SIDES[side]} says: ${serverWords(error.message)}`);
  }
}
