import assert from "node:assert/strict";
import { createCertificates } from "../../components/certificates/certificates.ts";
import { objectsOf, platform, type RequestedObject } from "../unit/objectsOf.ts";
import { useDefinitions } from "./definitions.ts";

describe("certificates of kind cert-manager", function () {
  this.timeout(1_800_000);
  const { stack, dryRun } = useDefinitions("github.com/cert-manager/cert-manager@v1.21.2", "deploy/crds");

  const objects = async (): Promise<RequestedObject[]> => {
    const { certificates } = stack().site;
    return objectsOf(() =>
      createCertificates("a-certificates", {
        config: { kind: "cert-manager", edgeIssuer: "institution", lifetimeHours: 48, namespace: "default" },
        certificates,
        // The dry run wants namespaces that exist.
        platform: { ...platform, namespaces: stack().namespaces },
      }),
    );
  };

  it("are accepted by an API server that has cert-manager's definitions", async () => {
    const wanted = await objects();
    assert.equal(wanted.length, stack().site.certificates.length + 3);
    assert.equal((await dryRun(wanted)).split("\n").length, wanted.length);
  });

  it("would be refused with a field or a value that the definitions do not know", async () => {
    const [wrong] = (await objects()).filter((one) => one.metadata.name === "edge-tls");
    await assert.rejects(dryRun([{ ...wrong, spec: { ...wrong!.spec, usages: ["made up"] } }]), /usages/);
    await assert.rejects(dryRun([{ ...wrong, spec: { ...wrong!.spec, madeUp: true } }]), /madeUp/);
  });
});
