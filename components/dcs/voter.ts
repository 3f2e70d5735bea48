import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { DcsPlan, MemberPlan } from "../../stacks/plan.ts";
import { dataVolume } from "../data.ts";
import { labels, selector } from "../labels.ts";
import { makeMember, MEMBER_LABEL } from "../member.ts";
import type { Platform } from "../platform.ts";
import { containerResources, restrictedContainer, spreadPods, withInit } from "../pod.ts";
import { basePod, baseVolumes, MOUNTS, PORTS, votersEnv } from "./pods.ts";
import { etcdSettings } from "./settings.ts";

/** Labels that select the voters. */
export const voterSelector = selector("dcs", "etcd");
/** Seconds for a voter to wait for its turn (see etcd-stop) and to stop. */
const GRACE_SECONDS = 75;
const REPAIR_ANNOTATION = "archipel.io/repair";

/** Arguments of voter. */
export interface VoterArgs {
  /** The DCS. */
  plan: DcsPlan;
  /** The voter. */
  member: MemberPlan;
  /** Where it stands. */
  platform: Platform;
}

/** One voter: its volume, a Service that gives it a name and an address of its own, and its pod. */
export function voter(name: string, args: VoterArgs, opts: pulumi.CustomResourceOptions): void {
  const { plan, member, platform } = args;
  const own = labels("dcs", "etcd");
  const claim = dataVolume(
    `${name}-data`,
    { claim: member.name, labels: { ...own, [MEMBER_LABEL]: member.name }, size: plan.storage, platform },
    opts,
  );
  makeMember(
    name,
    {
      member: member.name,
      platform,
      labels: own,
      selector: voterSelector,
      ports: PORTS,
      pod: voterPod(args),
      // No voter is ready before a second one runs: an engine that waits for one thing at a time would never make it. The
      // Job that sets passwords is waited for, and it needs a quorum.
      annotations: { "pulumi.com/skipAwait": "true" },
    },
    // Taken away before its claim, which would otherwise wait for it.
    { ...opts, dependsOn: [claim] },
  );
}

function voterPod({ plan, member, platform }: VoterArgs): k8s.types.input.core.v1.PodSpec {
  return {
    ...basePod(platform),
    ...spreadPods(plan.spread, voterSelector),
    terminationGracePeriodSeconds: GRACE_SECONDS,
    containers: [voterContainer({ plan, member, platform })],
    volumes: [
      ...baseVolumes(member.certificate),
      { name: "data", persistentVolumeClaim: { claimName: member.name } },
      {
        name: "pod",
        downwardAPI: {
          items: [{ path: "repair", fieldRef: { fieldPath: `metadata.annotations['${REPAIR_ANNOTATION}']` } }],
        },
      },
    ],
  };
}

function voterContainer({ plan, member, platform }: VoterArgs): k8s.types.input.core.v1.Container {
  const alive = { httpGet: { path: "/livez", port: "health" }, timeoutSeconds: 5 };
  const serves = { httpGet: { path: "/readyz", port: "client", scheme: "HTTPS" }, timeoutSeconds: 5 };
  return {
    ...restrictedContainer,
    name: "etcd",
    image: platform.images("etcd"),
    command: withInit("etcd-start"),
    ports: Object.entries(PORTS).map(([port, containerPort]) => ({ name: port, containerPort })),
    env: [
      ...votersEnv(plan),
      { name: "DCS_NAME", value: member.name },
      // Every voter's certificate has this name. An app of the name `etcd` has the short one only.
      { name: "DCS_PEERS", value: `${plan.name}.${platform.namespaces.data}.svc.cluster.local` },
      // Only where each voter has a node of its own is a leader elsewhere any better.
      ...(plan.spread === "required"
        ? [{ name: "DCS_NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }]
        : []),
      ...Object.entries(etcdSettings(plan)).map(([setting, value]) => ({ name: setting, value })),
    ],
    resources: containerResources(plan.resources),
    // A voter with an empty volume may wait long for the others; what is lost by a restart is a line of its log.
    startupProbe: { ...alive, periodSeconds: 1, failureThreshold: 900 },
    // Answers without a quorum: no restart brings back the others.
    livenessProbe: { ...alive, periodSeconds: 10, failureThreshold: 6 },
    // Asked where clients connect: a voter that returns answers for its health at once, but listens to clients only when the
    // cluster knows its addresses. Its message about them may get lost, and it repeats it after 8 s.
    readinessProbe: { ...serves, periodSeconds: 2, failureThreshold: 2 },
    lifecycle: { preStop: { exec: { command: ["etcd-stop"] } } },
    volumeMounts: [
      ...MOUNTS,
      { name: "data", mountPath: "/var/lib/etcd" },
      { name: "pod", mountPath: "/etc/etcd/pod", readOnly: true },
    ],
  };
}
