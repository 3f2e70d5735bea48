import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { localStack, needsSandbox, type LocalStack } from "../support.ts";

/** Seconds for a voter to be back, on a machine that is busy with other things. */
const PATIENCE = 90;

interface Pod {
  metadata: { name: string; uid: string; deletionTimestamp?: string };
  status: { conditions?: { type: string; status: string }[] };
}

describe("the DCS", function () {
  this.timeout(1_800_000);
  let stack: LocalStack;
  let namespace: string;
  let voters: string[];

  before(async function () {
    needsSandbox(this);
    stack = await localStack();
    namespace = stack.site.namespaces.data.name;
    voters = stack.site.dcs!.members.map((one) => one.name);
  });

  const kubectl = (...args: string[]): Promise<string> => stack.kubectl.run(["--namespace", namespace, ...args]);

  /** Runs etcdctl in a voter's pod, as root unless `user` is another one ("": nobody). */
  const etcdctl = (voter: string, args: string[], user = "root"): Promise<string> =>
    kubectl(
      ...["exec", `${voter}-0`, "--", "bash", "-c"],
      `if [ -n "$1" ]; then export ETCDCTL_USER=$1 ETCDCTL_PASSWORD=$(cat /etc/etcd/root/password); fi; shift
       ETCD_CLIENT_DEBUG=error ETCDCTL_CACERT=/etc/etcd/tls/ca.crt ETCDCTL_ENDPOINTS=https://localhost:2379 exec etcdctl "$@"`,
      ...["etcdctl", user, ...args],
    );

  async function readyVoters(): Promise<string[]> {
    const pods = (await stack.kubectl.list([
      ...["pods", "--namespace", namespace, "--selector", "app.kubernetes.io/name=etcd"],
    ])) as unknown as Pod[];
    return pods
      .filter(({ metadata, status }) => {
        const ready = status.conditions?.some((one) => one.type === "Ready" && one.status === "True");
        return ready && !metadata.deletionTimestamp;
      })
      .map(({ metadata }) => metadata.name.replace(/-0$/, ""))
      .sort();
  }

  async function allReady(): Promise<void> {
    const end = Date.now() + PATIENCE * 1000;
    while ((await readyVoters()).length < voters.length) {
      assert.ok(Date.now() < end, `only ${(await readyVoters()).join(", ")} ready after ${PATIENCE} s`);
      await sleep(500);
    }
  }

  /** Ids of the members by name. */
  async function seats(): Promise<Record<string, string>> {
    const lines = (await etcdctl(voters[0]!, ["member", "list"])).split("\n");
    return Object.fromEntries(lines.map((line) => line.split(", ")).map(([id, , name]) => [name!, id!]));
  }

  /** Runs a CronJob now and gives what it printed. */
  async function runNow(cronJob: string): Promise<string> {
    const job = `${cronJob}-test`;
    await kubectl("create", "job", job, `--from=cronjob/${cronJob}`);
    try {
      await kubectl("wait", "--for=condition=complete", `--timeout=${PATIENCE}s`, `job/${job}`);
      return await kubectl("logs", `job/${job}`);
    } finally {
      await kubectl("delete", "job", job);
    }
  }

  it("has every voter", async () => {
    await allReady();
    assert.deepEqual(Object.keys(await seats()).sort(), voters);
  });

  it("lets nobody in without a password, and Patroni to its own keys only", async () => {
    await assert.rejects(etcdctl(voters[0]!, ["get", "/"], ""), /user name is empty/);
    const password = await stack.secret(namespace, "etcd-patroni", "password");
    const asPatroni = (key: string): Promise<string> =>
      stack.kubectl.run(
        [
          ...["exec", "--stdin", "--namespace", namespace, `${voters[0]!}-0`, "--", "bash", "-c"],
          `read -r ETCDCTL_PASSWORD; export ETCDCTL_PASSWORD ETCDCTL_USER=patroni-1 ETCDCTL_CACERT=/etc/etcd/tls/ca.crt
           exec etcdctl --endpoints=https://localhost:2379 put "$0" value`,
          key,
        ],
        `${password}\n`,
      );
    assert.equal(await asPatroni("/service/test"), "OK");
    await assert.rejects(asPatroni("/other"), /permission denied/);
    await etcdctl(voters[0]!, ["del", "/service/test"]);
  });

  it("gets a voter back whose process was killed", async () => {
    await kubectl("exec", `${voters[1]!}-0`, "--", "bash", "-c", "kill -9 $(pidof etcd)");
    await sleep(2000);
    await allReady();
  });

  it("gets a voter back whose volume is lost, with a new seat and the data", async () => {
    const lost = voters[2]!;
    await etcdctl(voters[0]!, ["put", "/test/kept", "yes"]);
    const before = await seats();
    const [claim] = (await stack.kubectl.list(["pvc", lost, "--namespace", namespace])) as unknown as [
      { metadata: { labels: object }; spec: { volumeName?: string } },
    ];
    const { volumeName: _, ...spec } = claim.spec;
    const fresh = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: lost, labels: claim.metadata.labels },
      spec,
    };
    await kubectl("delete", "pvc", lost, "--wait=false");
    await kubectl("delete", "pod", `${lost}-0`, "--force", "--grace-period=0");
    await kubectl("wait", "--for=delete", `pvc/${lost}`, `--timeout=${PATIENCE}s`);
    await stack.kubectl.run(["create", "--namespace", namespace, "--filename", "-"], JSON.stringify(fresh));
    await allReady();
    const after = await seats();
    assert.notEqual(after[lost], before[lost]);
    assert.equal(after[voters[0]!], before[voters[0]!]);
    assert.equal(await etcdctl(lost, ["get", "/test/kept", "--print-value-only"]), "yes");
    await etcdctl(lost, ["del", "/test/kept"]);
  });

  // A write that was under way when its voter stopped may be cut: Patroni tries again for ten seconds, this client once.
  it("accepts every write while all voters change at once", async () => {
    const job = JSON.parse(
      await kubectl(
        "create",
        "job",
        "writer-test",
        "--from=cronjob/etcd-defragment",
        "--dry-run=client",
        "--output=json",
      ),
    ) as { metadata: object; spec: { template: { spec: { containers: { command: string[] }[] } } } };
    job.metadata = { name: "writer-test" };
    job.spec.template.spec.containers[0]!.command = [
      ...["bash", "-c"],
      `. /usr/local/bin/etcd-common && log_in
       write() { etcdctl put /test/turn $SECONDS >/dev/null; }
       while ((SECONDS < 400)); do write || write && echo ok || echo failed; sleep 0.2; done`,
    ];
    await stack.kubectl.run(["create", "--namespace", namespace, "--filename", "-"], JSON.stringify(job));
    try {
      await kubectl(
        "wait",
        "--for=condition=Ready",
        "pod",
        "--selector=job-name=writer-test",
        `--timeout=${PATIENCE}s`,
      );
      await kubectl("rollout", "restart", ...voters.map((one) => `statefulset/${one}`));
      await Promise.all(voters.map((one) => kubectl("rollout", "status", `statefulset/${one}`, "--timeout=300s")));
      const log = await kubectl("logs", "job/writer-test");
      const writes = log.split("\n");
      assert.equal(writes.filter((one) => one === "failed").length, 0, log);
      assert.ok(writes.filter((one) => one === "ok").length > 20);
    } finally {
      await kubectl("delete", "job", "writer-test");
    }
    await etcdctl(voters[0]!, ["del", "/test/turn"]);
  });

  /** Name of the voter that leads. */
  async function leader(): Promise<string> {
    const answers = await Promise.all(
      voters.map(async (voter) => {
        const status = await etcdctl(voter, ["endpoint", "status", "--write-out=fields"]);
        const field = (name: string): string => new RegExp(`"${name}" : (\\d+)`).exec(status)![1]!;
        return field("MemberID") === field("Leader") ? [voter] : [];
      }),
    );
    return answers.flat()[0]!;
  }

  // All members and voters are on one node here, so that the voter is told by hand that it may hand over.
  it("is led elsewhere than on the node of a database's primary", async () => {
    const before = await leader();
    const look = (node: string): Promise<string> =>
      kubectl(
        ...["exec", `${before}-0`, "--", "bash", "-c"],
        `DCS_NODE=${node} YIELD_SECONDS=1 timeout 8 etcd-yield || true`,
      );
    await look("another-node");
    assert.equal(await leader(), before, "a primary elsewhere is no reason");
    const [pod] = (await stack.kubectl.list(["pod", `${before}-0`, "--namespace", namespace])) as unknown as [
      { spec: { nodeName: string } },
    ];
    assert.match(await look(pod.spec.nodeName), /handed the leadership over/);
    assert.notEqual(await leader(), before);
  });

  it("saves its content, checked", async () => {
    assert.match(await runNow("etcd-snapshot"), /etcd-snapshot: saved .*: \d+ keys, \d+ bytes, revision \d+/);
  });

  it("is defragmented one voter after the other", async () => {
    const lines = (await runNow("etcd-defragment"))
      .split("\n")
      .filter((line) => line.startsWith("etcd-defragment: https"));
    assert.equal(lines.length, voters.length);
  });
});
