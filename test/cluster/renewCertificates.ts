import type { Kubectl } from "../../cli/kubectl.ts";
import type { CertificatePlan } from "../../stacks/plan.ts";

/** Arguments of renewCertificates. */
export interface RenewArgs {
  /** kubectl for the site's cluster. */
  kubectl: Kubectl;
  /** Namespace in which the site's renewal runs. */
  system: string;
  /** What is asked for instead of the site's own requests. */
  requests?: {
    /** The certificates. */
    certificates: CertificatePlan[];
    /** Seconds that they are valid: where that is not what they have, each is made anew. */
    lifetimeSeconds: number;
  };
}

const NAME = "certificates-test";

/** Runs the renewal of a site's certificates now, and gives what it said. */
export async function renewCertificates({ kubectl, system, requests }: RenewArgs): Promise<string> {
  const namespaced = (...args: string[]) => kubectl.run(["--namespace", system, ...args]);
  const job = JSON.parse(
    await namespaced("create", "job", NAME, "--from=cronjob/certificates-renew", "--dry-run=client", "--output=json"),
  );
  if (requests) {
    const content = {
      ca: { namespace: system, secret: "site-ca", commonName: "not used: it exists" },
      lifetimeSeconds: requests.lifetimeSeconds,
      certificates: requests.certificates.map(({ namespace, secret, commonName, dnsNames, ipAddresses, usages }) => ({
        namespace,
        secret,
        commonName,
        dnsNames,
        ipAddresses,
        usages,
      })),
    };
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: NAME, namespace: system } };
    const data = { "requests.json": JSON.stringify(content) };
    await kubectl.run(["apply", "--filename", "-"], JSON.stringify({ ...map, data }));
    for (const volume of job.spec.template.spec.volumes) if (volume.configMap) volume.configMap.name = NAME;
  }
  delete job.metadata.ownerReferences;
  await kubectl.run(["create", "--namespace", system, "--filename", "-"], JSON.stringify(job));
  try {
    await namespaced("wait", "--for=condition=complete", "--timeout=180s", `job/${NAME}`);
    return await namespaced("logs", `job/${NAME}`);
  } finally {
    await namespaced("delete", "job", NAME);
    if (requests) await namespaced("delete", "configmap", NAME);
  }
}
