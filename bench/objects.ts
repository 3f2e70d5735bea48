import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import type { Kubectl } from "../cli/kubectl.ts";
import { planOf } from "../cli/render/plan.ts";
import { sandboxKubectl } from "../cli/site/sandboxSite.ts";
import { clientLabel } from "../components/labels.ts";
import { builtLock } from "../images/built.ts";
import { readLock } from "../images/lock.ts";
import { ONE_NODE } from "../sandbox/oneNode.ts";
import { minioOf, type MinioPlan } from "../stacks/objectsPlan.ts";
import type { SitePlan } from "../stacks/plan.ts";
import type { ClientResult, ClientRun } from "./objectsClient.ts";
import { inOwnStack } from "./ownStack.ts";
import { writeResults } from "./results.ts";

/** Rounds: each way once in every round, since the machine's speed drifts. */
const ROUNDS = 5;
/** Seconds of writing and of reading in one run. */
const SECONDS = 6;
/** Sizes of objects in bytes, and requests at the same time for each. */
const SIZES = { "64 KiB": { bytes: 64 * 2 ** 10, clients: 8 }, "16 MiB": { bytes: 16 * 2 ** 20, clients: 4 } };

const STACK = "objectsbench";
const HOST = "s3.example.org";
/** The client's pod and what belongs to it. */
const NAME = "bench-client";

const CONFIG = {
  "archipel:sites": [ONE_NODE],
  "archipel:objects": { servers: 3, drivesPerServer: 2, driveSize: "2Gi", buckets: [{ name: "bench" }] },
  "archipel:edge": { objects: { host: HOST } },
};

/** A pod beside the store that may connect to it and to the edge, with the client's program and the site's CA. */
async function startClient(kubectl: Kubectl, site: SitePlan, store: MinioPlan): Promise<void> {
  const { data, edge } = site.namespaces;
  const source = readFileSync(join(import.meta.dirname, "objectsClient.ts"), "utf8");
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  const program = ts.transpileModule(source, { compilerOptions }).outputText;
  const [service] = await kubectl.list(["service", "edge", "--namespace", edge.name]);
  const { clusterIP } = service!["spec"] as { clusterIP: string };
  const { images } = await readLock(builtLock());
  const metadata = {
    name: NAME,
    namespace: data.name,
    labels: { [clientLabel("objects")]: "true", "archipel.io/bench": "true" },
  };
  const key = (name: string, of: string) => ({ name, valueFrom: { secretKeyRef: { name: "minio-root", key: of } } });
  const pod = {
    automountServiceAccountToken: false,
    restartPolicy: "Never",
    securityContext: { runAsNonRoot: true, runAsUser: 10008, seccompProfile: { type: "RuntimeDefault" } },
    hostAliases: [{ ip: clusterIP, hostnames: [HOST] }],
    containers: [
      {
        name: "client",
        image: `registry.example.org/archipel/objects@${images["objects"]!.digest}`,
        command: ["sleep", "3600"],
        env: [key("AWS_ACCESS_KEY_ID", "rootUser"), key("AWS_SECRET_ACCESS_KEY", "rootPassword")],
        resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        volumeMounts: [
          // Beside the libraries of the image.
          { name: "program", mountPath: "/app/bench.cjs", subPath: "bench.cjs" },
          { name: "ca", mountPath: "/ca" },
        ],
      },
    ],
    volumes: [
      { name: "program", configMap: { name: NAME } },
      { name: "ca", secret: { secretName: store.caSecret, items: [{ key: "ca.crt", path: "ca.crt" }] } },
    ],
  };
  const items = [
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "bench.cjs": program } },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata,
      spec: { podSelector: { matchLabels: { "archipel.io/bench": "true" } }, policyTypes: ["Egress"], egress: [{}] },
    },
    { apiVersion: "v1", kind: "Pod", metadata, spec: pod },
  ];
  await kubectl.run(["apply", "--filename=-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await kubectl.run(["wait", `pod/${NAME}`, "--namespace", data.name, "--for=condition=Ready", "--timeout=120s"]);
}

/** MiB per second by way for objects of one size, and each way's share of the first one in the same round: medians. */
async function measure(
  kubectl: Kubectl,
  namespace: string,
  ways: Record<string, string>,
  run: Omit<ClientRun, "endpoint">,
) {
  const rounds: Record<string, ClientResult>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const seen: Record<string, ClientResult> = {};
    for (const [way, endpoint] of Object.entries(ways)) {
      const told = JSON.stringify({ ...run, endpoint } satisfies ClientRun);
      const text = await kubectl.run(["exec", NAME, "--namespace", namespace, "--", "node", "/app/bench.cjs", told]);
      seen[way] = JSON.parse(text) as ClientResult;
      console.error(`${run.bytes} bytes, ${way}: ${text.trim()}`);
    }
    rounds.push(seen);
  }
  const [first] = Object.keys(ways) as [string];
  const median = (value: (round: Record<string, ClientResult>) => number): number =>
    rounds.map(value).toSorted((a, b) => a - b)[ROUNDS >> 1]!;
  return Object.fromEntries(
    Object.keys(ways).map((way) => [
      way,
      {
        writeMiB: median((round) => round[way]!.write),
        readMiB: median((round) => round[way]!.read),
        writeShare: median((round) => round[way]!.write / round[first]!.write),
        readShare: median((round) => round[way]!.read / round[first]!.read),
      },
    ]),
  );
}

async function measureWays(): Promise<object> {
  const site = planOf(STACK).sites[0]!;
  const store = minioOf(site.objects)!;
  const kubectl = sandboxKubectl(site);
  const namespace = site.namespaces.data.name;
  await startClient(kubectl, site, store);
  const ways = {
    server: `https://${store.servers[0]!.host}:${store.port}`,
    service: `https://${store.host}:${store.port}`,
    edge: `https://${HOST}`,
  };
  const results: Record<string, object> = {};
  for (const [size, { bytes, clients }] of Object.entries(SIZES)) {
    results[size] = await measure(kubectl, namespace, ways, { bucket: "bench", bytes, clients, seconds: SECONDS });
  }
  return results;
}

const results = await inOwnStack(STACK, CONFIG, measureWays);
writeResults("objects.json", { rounds: ROUNDS, seconds: SECONDS, ...results });
