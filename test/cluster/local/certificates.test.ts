import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { CertificatePlan } from "../../../stacks/plan.ts";
import { renewCertificates, type RenewArgs } from "../renewCertificates.ts";
import { localStack, needsSandbox, type LocalStack } from "../support.ts";

const USAGES = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;
/** Seconds until kubelet hands a changed Secret on to pods, and some. */
const HANDED_ON = 180;

describe("certificates of kind internal", function () {
  this.timeout(1_800_000);
  let stack: LocalStack;
  let system: string;
  let certificates: CertificatePlan[];

  before(async function () {
    needsSandbox(this);
    stack = await localStack();
    system = stack.site.namespaces.system.name;
    certificates = stack.site.certificates;
  });

  const read = async ({ namespace, secret }: CertificatePlan, key: string): Promise<string> =>
    stack.secret(namespace, secret, key);
  const certificate = async (plan: CertificatePlan): Promise<X509Certificate> =>
    new X509Certificate(await read(plan, "tls.crt"));

  const renew = (requests?: RenewArgs["requests"]): Promise<string> =>
    renewCertificates({ kubectl: stack.kubectl, system, requests });

  it("exist for every name and use that was asked for, verified by the site's authority", async () => {
    const authority = new X509Certificate(await stack.secret(system, "site-ca", "tls.crt"));
    assert.ok(authority.ca);
    for (const plan of certificates) {
      const issued = await certificate(plan);
      assert.ok(issued.verify(authority.publicKey) && issued.checkIssued(authority), plan.secret);
      assert.ok(issued.checkPrivateKey(createPrivateKey(await read(plan, "tls.key"))), plan.secret);
      for (const name of plan.dnsNames) assert.ok(issued.checkHost(name), `${plan.secret}: ${name}`);
      for (const address of plan.ipAddresses) assert.ok(issued.checkIP(address), `${plan.secret}: ${address}`);
      assert.deepEqual([...issued.keyUsage].sort(), plan.usages.map((one) => USAGES[one]).sort(), plan.secret);
      assert.equal(issued.ca, false);
      assert.equal(await read(plan, "ca.crt"), authority.toString());
    }
  });

  it("leave the authority's key in its own Secret", async () => {
    const key = Buffer.from(await stack.secret(system, "site-ca", "tls.key")).toString("base64");
    const secrets = (await stack.kubectl.list(["secrets", "--all-namespaces"])) as unknown as {
      metadata: { name: string; namespace: string };
      data?: Record<string, string>;
    }[];
    const holders = secrets.filter((one) => Object.values(one.data ?? {}).includes(key));
    assert.deepEqual(
      holders.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
      [`${system}/site-ca`],
    );
  });

  it("are issued by an account that cannot read other Secrets or replace the authority", async () => {
    const can = async (verb: string, secret: string, namespace: string): Promise<string> =>
      stack.kubectl
        .run([
          "auth",
          "can-i",
          verb,
          `secrets/${secret}`,
          "--namespace",
          namespace,
          `--as=system:serviceaccount:${system}:certificates`,
        ])
        .catch(() => "no");
    const data = stack.site.namespaces.data.name;
    assert.equal(await can("get", "etcd-0-tls", data), "yes");
    assert.equal(await can("get", "etcd-root", data), "no");
    assert.equal(await can("list", "", data), "no");
    assert.equal(await can("update", "site-ca", system), "no");
    assert.equal(await can("delete", "etcd-0-tls", data), "no");
  });

  it("stay as they are when nothing is to be done", async () => {
    const before = await Promise.all(certificates.map((plan) => read(plan, "tls.crt")));
    assert.match(await renew(), new RegExp(`${certificates.length} certificates stand`));
    assert.deepEqual(await Promise.all(certificates.map((plan) => read(plan, "tls.crt"))), before);
  });

  it("are issued again when somebody deletes or breaks one", async () => {
    const [deleted, broken] = certificates.filter((one) => one.secret.startsWith("etcd-")) as [
      CertificatePlan,
      CertificatePlan,
    ];
    const patch = JSON.stringify({ data: { "tls.key": Buffer.from("broken").toString("base64") } });
    await stack.kubectl.run(["delete", "secret", deleted.secret, "--namespace", deleted.namespace]);
    await stack.kubectl.run(["patch", "secret", broken.secret, "--namespace", broken.namespace, "--patch", patch]);
    const log = await renew();
    assert.match(log, new RegExp(`issued ${deleted.namespace}/${deleted.secret} \\(missing\\)`));
    assert.match(log, new RegExp(`issued ${broken.namespace}/${broken.secret} \\(broken\\)`));
    assert.ok((await certificate(broken)).checkPrivateKey(createPrivateKey(await read(broken, "tls.key"))));
  });

  it("are taken over by a running server without a restart", async () => {
    const plan = certificates.find((one) => one.secret === "etcd-1-tls")!;
    const pod = `${plan.commonName}-0`;
    const served = async (): Promise<string> => {
      const script = `echo | openssl s_client -connect ${plan.commonName}:2379 2>/dev/null | openssl x509 -noout -serial`;
      const out = await stack.kubectl.run([
        "exec",
        "--namespace",
        plan.namespace,
        "etcd-0-0",
        "--",
        "bash",
        "-c",
        script,
      ]);
      return out.replace("serial=", "");
    };
    const restarts = async (): Promise<unknown> =>
      (
        (await stack.kubectl.list(["pod", pod, "--namespace", plan.namespace])) as unknown as {
          metadata: { uid: string };
          status: { containerStatuses: { restartCount: number }[] };
        }[]
      ).map((one) => [one.metadata.uid, one.status.containerStatuses[0]!.restartCount]);
    const before = await restarts();
    const former = await served();
    await renew({ certificates: [plan], lifetimeSeconds: 900 });
    assert.ok(Date.parse((await certificate(plan)).validTo) - Date.now() <= 900_000);
    const end = Date.now() + HANDED_ON * 1000;
    // The site's own renewal may run meanwhile and issue one more.
    for (let now = former; now === former || now !== (await certificate(plan)).serialNumber; now = await served()) {
      assert.ok(Date.now() < end, `${pod} serves a former certificate after ${HANDED_ON} s`);
      await sleep(2000);
    }
    assert.deepEqual(await restarts(), before);
    await renew();
    assert.ok(Date.parse((await certificate(plan)).validTo) - Date.now() > 900_000);
  });
});
