import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";
import { createCertificates } from "../../components/certificates/certificates.ts";
import { localStack, needsSandbox, type LocalStack } from "../cluster/support.ts";
import { objectsOf, platform, type RequestedObject } from "../unit/objectsOf.ts";

/** Its module holds the CustomResourceDefinitions; its controllers are not needed to check objects against them. */
const MODULE = "github.com/cert-manager/cert-manager@v1.21.2";

/** Folder with cert-manager's CustomResourceDefinitions, or why it cannot be had. */
async function definitions(): Promise<{ folder: string } | { reason: string }> {
  const { stdout, failed, shortMessage } = await execa("go", ["mod", "download", "-json", MODULE], { reject: false });
  if (failed && !stdout) return { reason: String(shortMessage) };
  const { Dir, Error: reason } = JSON.parse(stdout) as { Dir?: string; Error?: string };
  return Dir ? { folder: join(Dir, "deploy/crds") } : { reason: reason ?? "no folder" };
}

describe("certificates of kind cert-manager", function () {
  this.timeout(1_800_000);
  let stack: LocalStack;
  let folder: string;

  before(async function () {
    needsSandbox(this);
    const found = await definitions();
    if ("reason" in found) {
      console.log(`    skipped: ${MODULE} cannot be downloaded: ${found.reason}`);
      this.skip();
    }
    folder = found.folder;
    stack = await localStack();
    await stack.kubectl.run(["apply", "--server-side", "--filename", folder]);
    await stack.kubectl.run(["wait", "--for=condition=Established", "--timeout=60s", "--filename", folder]);
  });

  after(async () => {
    if (folder && stack) await stack.kubectl.run(["delete", "--ignore-not-found", "--filename", folder]);
  });

  const objects = async (): Promise<RequestedObject[]> => {
    // The dry run wants namespaces that exist.
    const namespaces = Object.fromEntries(Object.entries(stack.site.namespaces).map(([role, one]) => [role, one.name]));
    return objectsOf(() =>
      createCertificates("a-certificates", {
        config: { kind: "cert-manager", edgeIssuer: "institution", lifetimeHours: 48, namespace: "default" },
        certificates: stack.site.certificates,
        platform: { ...platform, namespaces: namespaces as typeof platform.namespaces },
      }),
    );
  };
  const dryRun = (items: unknown[]): Promise<string> =>
    stack.kubectl.run(
      ["apply", "--server-side", "--dry-run=server", "--validate=strict", "--filename", "-"],
      JSON.stringify({ apiVersion: "v1", kind: "List", items }),
    );

  it("are accepted by an API server that has cert-manager's definitions", async () => {
    const wanted = await objects();
    assert.equal(wanted.length, stack.site.certificates.length + 3);
    assert.equal((await dryRun(wanted)).split("\n").length, wanted.length);
  });

  it("would be refused with a field or a value that the definitions do not know", async () => {
    const [wrong] = (await objects()).filter((one) => one.metadata.name === "edge-tls");
    await assert.rejects(dryRun([{ ...wrong, spec: { ...wrong!.spec, usages: ["made up"] } }]), /usages/);
    await assert.rejects(dryRun([{ ...wrong, spec: { ...wrong!.spec, madeUp: true } }]), /madeUp/);
  });
});
