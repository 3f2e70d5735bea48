import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { cronJobSpec, runJob } from "../../../cli/site/jobs.ts";
import { minioOf, type MinioPlan } from "../../../stacks/objectsPlan.ts";
import { localStack, needsSandbox, type LocalStack } from "../support.ts";

/** Seconds for something to come back, on a machine that is busy with other things. */
const PATIENCE = 240;

/** Pod with MinIO's client, as one user of the store. */
const CLIENT = "objects-test";

/**
 * Writes and reads back small objects until told to stop, $1 seconds at most; prints how many were right, how many not, and
 * the last errors. What breaks off is tried three times, as every S3 library does; a wrong answer is not.
 */
const WRITE_AND_READ = `
ok=0 bad=0 end=$((SECONDS + $1)) errors=/tmp/errors
rm -f /tmp/stop
: >$errors
attempt() {
  for _ in 1 2 3; do
    "$@" 2>/tmp/error && return 0
    grep -q "does not exist" /tmp/error && break
    sleep 1
  done
  cat /tmp/error >>$errors
  return 1
}
while ((SECONDS < end)) && [[ ! -e /tmp/stop ]]; do
  name=test/$RANDOM-$RANDOM
  echo "$name" >/tmp/written
  if attempt mc --quiet cp /tmp/written "store/$BUCKET/$name" >/dev/null && read=$(attempt mc cat "store/$BUCKET/$name") && [[ $read == "$name" ]]
  then ok=$((ok + 1)); else bad=$((bad + 1)); fi
  # The servers need the processor too, and each object must be looked at again by what follows.
  sleep 0.2
done
echo "$ok $bad"
tail -n 5 $errors`;

describe("the object store", function () {
  this.timeout(1_200_000);
  let stack: LocalStack;
  let plan: MinioPlan;
  let namespace: string;
  let bucket: string;

  before(async function () {
    needsSandbox(this);
    stack = await localStack();
    plan = minioOf(stack.site.objects)!;
    namespace = stack.site.namespaces.data.name;
    bucket = plan.users[0]!.access[0]!.bucket;
    await stack.kubectl.run(["apply", "--filename=-"], JSON.stringify(await clientPod()));
    await kubectl("wait", `pod/${CLIENT}`, "--for=condition=Ready", `--timeout=${PATIENCE}s`);
  });

  after(async () => {
    if (plan) await kubectl("delete", "pod", CLIENT, "--ignore-not-found", "--grace-period=0", "--force");
  });

  const kubectl = (...args: string[]): Promise<string> => stack.kubectl.run(["--namespace", namespace, ...args]);

  /** Runs a script in the client's pod. */
  const client = (script: string, ...args: string[]): Promise<string> =>
    kubectl("exec", CLIENT, "--", "bash", "-c", script, "bash", ...args);

  /** A pod that is a client like an app's: its user's keys, and the CA. */
  async function clientPod(): Promise<object> {
    const image = await kubectl(
      "get",
      "statefulset",
      plan.servers[0]!.name,
      "--output=jsonpath={.spec.template.spec.containers[0].image}",
    );
    const user = plan.users[0]!.name;
    const fromSecret = (name: string, key: string) => ({
      name,
      valueFrom: { secretKeyRef: { name: `minio-user-${user}`, key } },
    });
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: CLIENT, namespace, labels: { "archipel.io/client-of-objects": "true" } },
      spec: {
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 10003, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            name: "client",
            image,
            command: ["/usr/bin/tini", "--", "bash", "-c"],
            args: ["mkdir -p /tmp/.mc/certs && ln -s /ca /tmp/.mc/certs/CAs && exec sleep 7200"],
            env: [
              fromSecret("ID", "accessKeyId"),
              fromSecret("KEY", "secretAccessKey"),
              { name: "BUCKET", value: bucket },
              { name: "MC_HOST_store", value: `https://$(ID):$(KEY)@${plan.host}:${plan.port}` },
            ],
            // Of what comes by a pipe mc makes room for a part of 512 MiB.
            resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "1536Mi" } },
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            volumeMounts: [{ name: "ca", mountPath: "/ca" }],
          },
        ],
        volumes: [{ name: "ca", secret: { secretName: plan.certificate, items: [{ key: "ca.crt", path: "ca.crt" }] } }],
      },
    };
  }

  /** Writes and reads while something happens, and a little longer; gives how often something was wrong, and the last errors. */
  async function during(happening: () => Promise<unknown>): Promise<{ ok: number; bad: number; errors: string[] }> {
    const writer = client(WRITE_AND_READ, String(2 * PATIENCE));
    await sleep(3000);
    try {
      await happening();
      await sleep(3000);
    } finally {
      await client("touch /tmp/stop");
    }
    const [counts, ...errors] = (await writer).trim().split("\n");
    const [ok, bad] = counts!.split(" ").map(Number) as [number, number];
    console.log(`      ${ok} objects written and read back, ${bad} not`);
    assert.ok(ok > 5, `only ${ok} objects`);
    return { ok, bad, errors };
  }

  const servers = () => plan.servers.map((one) => `statefulset/${one.name}`);

  /** Waits until every server is ready and sees all drives. */
  async function complete(): Promise<void> {
    for (const server of servers()) await kubectl("rollout", "status", server, `--timeout=${PATIENCE}s`);
    const pods = plan.servers.map((one) => `pod/${one.name}-0`);
    await kubectl("wait", ...pods, "--for=condition=Ready", `--timeout=${PATIENCE}s`);
  }

  /** Copies of the bucket's objects on each drive of a server. */
  const copies = async (server: string): Promise<number[]> => {
    const count = `for drive in /data-*; do find "$drive/${bucket}" -name xl.meta 2>/dev/null | wc -l; done`;
    return (await kubectl("exec", `${server}-0`, "--", "bash", "-c", count)).trim().split("\n").map(Number);
  };

  it("gives a user its bucket and nothing else", async () => {
    assert.equal(
      (
        await client('echo hello | mc --quiet pipe "store/$BUCKET/hello" >/dev/null && mc cat "store/$BUCKET/hello"')
      ).trim(),
      "hello",
    );
    await assert.rejects(client("mc mb store/another-bucket"), /Access Denied/);
    await assert.rejects(client("mc admin info store"), /Access Denied/i);
  });

  it("refuses a wrong key", async () => {
    await assert.rejects(
      client('MC_HOST_store=${MC_HOST_store/:$KEY@/:wrong-wrong@} mc ls "store/$BUCKET"'),
      /signature/i,
    );
  });

  it("lets no second pod of a server touch its drives while the first still runs", async () => {
    const pod = `${plan.servers[0]!.name}-0`;
    const second = await kubectl("exec", pod, "--", "bash", "-c", "timeout 12 minio-start || echo ended with $?");
    assert.match(second, /waiting for the pod that still has \/data-0[^]*ended with 124/);
  });

  it("takes reads and writes while one server is gone", async function () {
    if (plan.servers.length === 1) this.skip();
    const server = plan.servers.at(-1)!.name;
    const { bad, errors } = await during(async () => {
      await kubectl("scale", `statefulset/${server}`, "--replicas=0");
      await kubectl("delete", "pod", `${server}-0`, "--grace-period=0", "--force");
      await sleep(20_000);
      await kubectl("scale", `statefulset/${server}`, "--replicas=1");
    });
    assert.equal(bad, 0, errors.join("\n"));
    await complete();
  });

  it("fills an empty drive by itself", async function () {
    if (plan.servers.length === 1) this.skip();
    const server = plan.servers.at(-1)!.name;
    const claim = `${server}-data-0`;
    const old = JSON.parse(await kubectl("get", "persistentvolumeclaim", claim, "--output=json")) as {
      metadata: { labels: object };
      spec: { storageClassName: string; accessModes: string[]; resources: object };
    };
    const { storageClassName, accessModes, resources } = old.spec;
    const metadata = { name: claim, namespace, labels: old.metadata.labels };
    const empty = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata,
      spec: { storageClassName, accessModes, resources },
    };
    await kubectl("scale", `statefulset/${server}`, "--replicas=0");
    await kubectl("delete", "pod", `${server}-0`, "--grace-period=0", "--force");
    await kubectl("delete", "persistentvolumeclaim", claim, `--timeout=${PATIENCE}s`);
    await stack.kubectl.run(["apply", "--filename=-"], JSON.stringify(empty));
    await kubectl("scale", `statefulset/${server}`, "--replicas=1");
    await complete();
    const started = performance.now();
    const wanted = Math.max(...(await copies(plan.servers[0]!.name)));
    for (let found = 0; found < wanted;) {
      assert.ok(
        performance.now() - started < PATIENCE * 1000,
        `${found} of ${wanted} objects after ${PATIENCE} seconds`,
      );
      await sleep(2000);
      found = (await copies(server))[0]!;
    }
    console.log(
      `      ${wanted} objects are back on the drive after ${Math.round((performance.now() - started) / 1000)} s`,
    );
  });

  it("is completed by the nightly Job where a drive lacks what was written", async function () {
    if (plan.parity === 0) this.skip();
    const server = plan.servers[0]!.name;
    const wanted = await copies(server);
    assert.ok(wanted[0]! > 0);
    // Like a drive that took no writes for a while, and is well again.
    const lose = `find /data-0/${bucket}/test -mindepth 1 -maxdepth 1 | head -n 20 | xargs rm -r`;
    await kubectl("exec", `${server}-0`, "--", "bash", "-c", lose);
    assert.notDeepEqual(await copies(server), wanted);
    const place = { kubectl: stack.kubectl, namespace };
    const { succeeded, log } = await runJob(place, "heal-test", await cronJobSpec(place, "minio-heal"), 300);
    assert.ok(succeeded, log);
    assert.deepEqual(await copies(server), wanted);
  });
});
