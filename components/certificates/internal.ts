import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { CertificatePlan } from "../../stacks/plan.ts";
import { cronJob } from "../cronJob.ts";
import { shortHash } from "../hash.ts";
import { jobAnnotations } from "../job.ts";
import { labels, selector } from "../labels.ts";
import { allowFlows } from "../networkPolicy.ts";
import {
  containerResources,
  memoryVolume,
  restrictedContainer,
  restrictedPod,
  smallResources,
  withInit,
} from "../pod.ts";
import type { CertificatesArgs } from "./certificates.ts";
import { issuerAccount } from "./issuerAccount.ts";
import { renewalSchedule } from "./renewalSchedule.ts";

/** User of the tools image. */
const TOOLS_UID = 10005;
/** Secret of the site's authority; only the issuing pods read it. */
export const AUTHORITY_SECRET = "site-ca";
/** Exit code of the script when the authority ends soon: it stays so, however often it is tried. */
const AUTHORITY_ENDS = 3;

/**
 * Certificates of an authority that the site makes for itself: a Job issues what is missing at once, a CronJob renews.
 * Keys are made inside the cluster and are in no state and no render.
 */
export class InternalCertificates extends pulumi.ComponentResource {
  constructor(name: string, args: CertificatesArgs<"internal">, opts?: pulumi.ComponentResourceOptions) {
    super("archipel:certificates:InternalCertificates", name, {}, opts);
    const child = { parent: this };
    const { platform, certificates } = args;
    const namespace = platform.namespaces.system;

    const account = issuerAccount(
      name,
      { account: "certificates", namespace, labels: own, authoritySecret: AUTHORITY_SECRET, certificates },
      child,
    );
    const policy = allowFlows(
      `${name}-policy`,
      { policy: "certificates", namespace, podLabels: pods, ingress: [], egress: [], apiServer: true },
      child,
    );
    const requests = requestsMap(name, args, child);
    const after = { ...child, dependsOn: [...account, policy, requests.map] };
    issueNow(name, args, requests.name, after);
    renewLater(name, args, requests.name, after);
    this.registerOutputs({});
  }
}

const own = labels("issuer", "certificates");
const pods = selector("issuer", "certificates");

/** What the script reads: the authority and every certificate; named by its content, so that a Job never sees another list. */
function requestsMap(
  name: string,
  { config, certificates, platform }: CertificatesArgs<"internal">,
  opts: pulumi.CustomResourceOptions,
): { name: string; map: k8s.core.v1.ConfigMap } {
  const namespace = platform.namespaces.system;
  const content = JSON.stringify(
    {
      ca: { namespace, secret: AUTHORITY_SECRET, commonName: `${namespace} authority` },
      lifetimeSeconds: config.lifetimeHours * 3600,
      certificates: certificates.map(request),
    },
    null,
    2,
  );
  const mapName = `certificates-${shortHash(content)}`;
  const map = new k8s.core.v1.ConfigMap(
    `${name}-requests`,
    { metadata: { name: mapName, namespace, labels: own }, immutable: true, data: { "requests.json": `${content}\n` } },
    opts,
  );
  return { name: mapName, map };
}

/** One request, with only what a certificate depends on: anything else would issue it anew. */
function request({ secret, namespace, commonName, dnsNames, ipAddresses, usages }: CertificatePlan): object {
  return { namespace, secret, commonName, dnsNames, ipAddresses, usages };
}

function issuerPod(
  { platform }: CertificatesArgs<"internal">,
  requests: string,
  args: string[],
): k8s.types.input.core.v1.PodSpec {
  return {
    ...restrictedPod(platform, "data", TOOLS_UID),
    automountServiceAccountToken: true,
    serviceAccountName: "certificates",
    restartPolicy: "Never",
    containers: [
      {
        ...restrictedContainer,
        name: "issue",
        image: platform.images("tools"),
        command: withInit("/usr/local/bin/issue-certificates", ...args),
        // kubectl wants to keep what it learned about the API.
        env: [{ name: "HOME", value: "/work" }],
        resources: containerResources(smallResources),
        volumeMounts: [
          { name: "requests", mountPath: "/etc/certificates", readOnly: true },
          { name: "work", mountPath: "/work" },
        ],
      },
    ],
    volumes: [
      { name: "requests", configMap: { name: requests } },
      // Keys pass through here: memory, never a disk.
      memoryVolume("work", "32Mi"),
    ],
  };
}

function issueNow(
  name: string,
  args: CertificatesArgs<"internal">,
  requests: string,
  opts: pulumi.CustomResourceOptions,
): k8s.batch.v1.Job {
  const spec = issuerPod(args, requests, []);
  return new k8s.batch.v1.Job(
    `${name}-issue`,
    {
      metadata: {
        name: `certificates-${shortHash(spec)}`,
        namespace: args.platform.namespaces.system,
        labels: own,
        annotations: jobAnnotations,
      },
      spec: { backoffLimit: 20, activeDeadlineSeconds: 1800, template: { metadata: { labels: own }, spec } },
    },
    opts,
  );
}

function renewLater(
  name: string,
  args: CertificatesArgs<"internal">,
  requests: string,
  opts: pulumi.CustomResourceOptions,
): k8s.batch.v1.CronJob {
  return cronJob(
    `${name}-renew`,
    {
      name: "certificates-renew",
      namespace: args.platform.namespaces.system,
      labels: own,
      schedule: renewalSchedule(args.config.lifetimeHours),
      startingDeadlineSeconds: 240,
      job: {
        backoffLimit: 3,
        activeDeadlineSeconds: 240,
        // A failed Job that nobody retries is what alerts see: the authority must be replaced by somebody.
        podFailurePolicy: {
          rules: [
            {
              action: "FailJob",
              onExitCodes: { containerName: "issue", operator: "In", values: [AUTHORITY_ENDS] },
            },
          ],
        },
        template: { metadata: { labels: own }, spec: issuerPod(args, requests, ["--alarm"]) },
      },
    },
    opts,
  );
}
