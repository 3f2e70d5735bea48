import { PutBucketPolicyCommand, type S3Client } from "@aws-sdk/client-s3";
import { AwsClient } from "aws4fetch";
import { refuse } from "./failure.ts";
import { readKey, type Job, type Key, type User } from "./job.ts";

/** A user as the gateway describes it. */
interface GatewayUser {
  user_id: string;
  display_name: string;
  keys: { access_key: string; secret_key: string }[];
}

/**
 * Users of a Ceph object gateway, made by its Admin Ops API, each with a bucket policy that lets it do what config says.
 * The account needs the capabilities `users=*;buckets=*`.
 */
export class GatewayUsers {
  readonly #signed: AwsClient;

  /** @param key key of the account that owns the buckets. */
  constructor(
    private readonly job: Job,
    private readonly key: Key,
  ) {
    this.#signed = new AwsClient({ ...key, service: "s3", region: job.region, retries: 0 });
  }

  /** Users that are there already and were not made here, in words. */
  async obstacles(): Promise<string[]> {
    const reasons: string[] = [];
    for (const { login } of this.job.users) {
      const found = await this.#find({ uid: login });
      if (found && found.display_name !== this.job.owner)
        reasons.push(`user ${login} exists ("${found.display_name}") and was not made here: take another name`);
    }
    return reasons;
  }

  /** Makes the users and their keys, the buckets' policies and quotas; deletes none. */
  async converge(client: S3Client, say: (line: string) => void): Promise<void> {
    for (const user of this.job.users) await this.#makeUser(user, say);
    const account = (await this.#find({ "access-key": this.key.accessKeyId }))!.user_id;
    for (const { name } of this.job.buckets) {
      const Statement = [
        ownerStatement(account, name),
        ...this.job.users.flatMap((user) => policyStatements(user, name)),
      ];
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
      await client.send(new PutBucketPolicyCommand({ Bucket: name, Policy }));
    }
    for (const { name: bucket, quotaBytes } of this.job.buckets) {
      if (quotaBytes === undefined) continue;
      const limits = { enabled: "true", "max-size": String(quotaBytes), "max-objects": "-1" };
      await this.#ask("PUT", "bucket", { quota: "", uid: account, bucket, ...limits });
    }
  }

  async #makeUser({ name, login }: User, say: (line: string) => void): Promise<void> {
    const { accessKeyId, secretAccessKey } = await readKey("users", name);
    const found = await this.#find({ uid: login });
    const key = { "access-key": accessKeyId, "secret-key": secretAccessKey };
    if (!found) {
      // Less than no bucket: a user makes none of its own.
      await this.#ask("PUT", "user", { uid: login, "display-name": this.job.owner, "max-buckets": "-1", ...key });
      say(`user ${login}: made`);
    } else if (!found.keys.some((one) => one.access_key === accessKeyId && one.secret_key === secretAccessKey)) {
      await this.#ask("PUT", "user", { key: "", uid: login, "generate-key": "false", ...key });
      say(`user ${login}: has another key`);
    }
  }

  /** A user by its id or key; undefined where there is none. */
  async #find(query: { uid: string } | { "access-key": string }): Promise<GatewayUser | undefined> {
    return (await this.#ask("GET", "user", query)) as GatewayUser | undefined;
  }

  async #ask(method: string, what: string, query: Record<string, string>): Promise<unknown> {
    const url = new URL(`/admin/${what}`, this.job.endpoint);
    url.search = new URLSearchParams({ ...query, format: "json" }).toString();
    const answer = await this.#signed.fetch(url, { method });
    const text = await answer.text();
    if (answer.status === 404 && method === "GET") return undefined;
    // Where the platform makes the account, it gets what it may do a moment later.
    if (answer.status === 403 && this.job.from?.account) {
      const { path } = this.job.from.account;
      refuse([`${path}: the gateway lets it manage no users; give it the capabilities users=*;buckets=*`]);
    }
    if (!answer.ok) throw new Error(`${method} /admin/${what} of the gateway: ${answer.status} ${text.slice(0, 200)}`);
    return text === "" ? undefined : JSON.parse(text);
  }
}

/** Objects belong to whoever wrote them: without this the bucket's owner could not read or remove them. */
const ownerStatement = (account: string, bucket: string): object => ({
  Effect: "Allow",
  Action: ["s3:*"],
  Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
  Principal: { AWS: [principal(account)] },
});

const principal = (user: string): string => `arn:aws:iam:::user/${user}`;

/** What a user may do with a bucket, as statements of that bucket's policy. */
function policyStatements({ login, rules }: User, bucket: string): object[] {
  const arn = `arn:aws:s3:::${bucket}`;
  return rules.Statement.filter(({ Resource }) => Resource.some((one) => one === arn || one.startsWith(`${arn}/`))).map(
    (statement) => ({ ...statement, Principal: { AWS: [principal(login)] } }),
  );
}
