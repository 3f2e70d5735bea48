import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtLock } from "../../images/built.ts";
import { readLock } from "../../images/lock.ts";
import { waitReady } from "../../cli/apply/ready.ts";
import type { Kubectl } from "../../cli/kubectl.ts";
import type { KubernetesObject } from "../../cli/render/manifests.ts";
import { selfSigned } from "./selfSigned.ts";

const NAMESPACE = "elsewhere";
const NAME = "db";

/** Where the server is, and who administers it: no superuser, as at most places that give somebody a PostgreSQL. */
export const SERVER = {
  host: `${NAME}.${NAMESPACE}.svc.cluster.local`,
  administrator: "keeper",
  password: "secret-of-the-keeper",
};

/** An extension that the server does not have, unlike the platform's own. */
export const LACKING = "q3c";

const EXTENSIONS = "/usr/share/postgresql/17/extension";

/** Starts a server that has nothing to do with the platform: its own authority, data and rules. */
const START = `
set -euo pipefail
install --mode=0600 /tls/tls.key /tls/tls.crt /data/
# The folder outlives a container that ends: the next one begins anew.
rm --recursive --force /data/pg
initdb --pgdata=/data/pg --username=postgres --auth-local=trust --auth-host=scram-sha-256 >/dev/null
cat >>/data/pg/postgresql.conf <<EOF
listen_addresses = '*'
unix_socket_directories = '/tmp'
ssl = on
ssl_cert_file = '/data/tls.crt'
ssl_key_file = '/data/tls.key'
archive_mode = on
archive_command = '/bin/false'
wal_level = $WAL_LEVEL
EOF
echo 'hostssl all all all scram-sha-256' >>/data/pg/pg_hba.conf
exec postgres -D /data/pg`;

/** A PostgreSQL that somebody else runs. */
export class OutsidePostgres {
  readonly #folder = mkdtempSync(join(tmpdir(), "archipel-outside-"));

  /** @param walLevel what its WAL can be used for. */
  constructor(
    private readonly kubectl: Kubectl,
    private readonly walLevel: "replica" | "logical" = "replica",
  ) {}

  /** CA of its certificate, PEM. */
  get ca(): string {
    return readFileSync(join(this.#folder, "tls.crt"), "utf8");
  }

  /** Starts it, and gives its administrator an account. */
  async start(): Promise<void> {
    await selfSigned({
      folder: this.#folder,
      key: "tls.key",
      certificate: "tls.crt",
      name: SERVER.host,
      alternatives: `DNS:${SERVER.host}`,
    });
    const items = await this.#objects();
    await this.kubectl.run(["apply", "--filename", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    await waitReady(this.kubectl, { objects: items, timeoutSeconds: 240, report: () => undefined });
    await this.query(`
      CREATE ROLE ${SERVER.administrator} LOGIN CREATEDB CREATEROLE PASSWORD '${SERVER.password}';
      GRANT pg_monitor TO ${SERVER.administrator} WITH ADMIN OPTION`);
  }

  /** A query as its superuser. */
  async query(text: string, database = "postgres"): Promise<string> {
    const psql = ["psql", "--host=/tmp", "--username=postgres", "--no-align", "--tuples-only", "--command", text];
    return (
      await this.kubectl.run(["exec", `deployment/${NAME}`, "--namespace", NAMESPACE, "--", ...psql, database])
    ).trim();
  }

  /** Its address inside the cluster. */
  async address(): Promise<string> {
    const [service] = await this.kubectl.list(["service", NAME, "--namespace", NAMESPACE]);
    return (service!["spec"] as { clusterIP: string }).clusterIP;
  }

  /** Takes its files away; the pod goes with its cluster. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #objects(): Promise<KubernetesObject[]> {
    const { images } = await readLock(builtLock());
    const labels = { app: NAME };
    const metadata = { name: NAME, namespace: NAMESPACE, labels };
    const files = Object.fromEntries(
      ["tls.crt", "tls.key"].map((name) => [name, readFileSync(join(this.#folder, name), "utf8")]),
    );
    const image = `registry.example.org/archipel/patroni@${images["patroni"]!.digest}`;
    const fewer = `cp ${EXTENSIONS}/* /extensions/ && rm /extensions/${LACKING}*`;
    const pod = {
      securityContext: { runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001 },
      initContainers: [
        {
          name: "extensions",
          image,
          command: ["bash", "-c", fewer],
          volumeMounts: [{ name: "extensions", mountPath: "/extensions" }],
        },
      ],
      containers: [
        {
          name: "postgres",
          image,
          command: ["bash", "-c", START],
          env: [{ name: "WAL_LEVEL", value: this.walLevel }],
          readinessProbe: { exec: { command: ["pg_isready", "--host=/tmp"] }, periodSeconds: 1 },
          volumeMounts: [
            { name: "data", mountPath: "/data" },
            { name: "tls", mountPath: "/tls" },
            { name: "extensions", mountPath: EXTENSIONS },
          ],
        },
      ],
      volumes: [
        { name: "data", emptyDir: {} },
        { name: "extensions", emptyDir: {} },
        { name: "tls", secret: { secretName: NAME } },
      ],
    };
    return [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } },
      { apiVersion: "v1", kind: "Secret", metadata, stringData: files },
      { apiVersion: "v1", kind: "Service", metadata, spec: { selector: labels, ports: [{ port: 5432 }] } },
      // A pod of its own would be refused as long as its namespace has no account yet.
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata,
        spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
      },
    ];
  }
}
