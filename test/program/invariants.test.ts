import assert from "node:assert/strict";
import type { Resource } from "../../cli/render/evaluate.ts";
import { isKubernetes, renderFiles } from "../../cli/render/manifests.ts";
import { externalConfig, externalObjectsConfig } from "../unit/support.ts";
import { filesConfig } from "./filesStack.ts";
import {
  evaluateRaw,
  fixtureConfig,
  objectsOf,
  podTemplates,
  rawConfig,
  type Container,
  type PodTemplate,
} from "./support.ts";

const local = rawConfig("local");
const [site] = local["archipel:sites"] as [object];
const real = {
  ...local,
  "archipel:sites": [{ ...site, sandbox: false, cluster: { kind: "existing", context: "production" } }],
  "archipel:objects": { ...(local["archipel:objects"] as object), acceptUnmaintained: true },
};

/** Workloads that run for as long as the site does. */
const longRunning = (template: PodTemplate): boolean => ["Deployment", "StatefulSet"].includes(template.owner.kind);

const urnOf = ({ urn }: Resource): string => urn;
const containersOf = ({ spec }: PodTemplate): Container[] => [...spec.containers, ...(spec.initContainers ?? [])];

const title = ({ owner }: PodTemplate): string => `${owner.kind} ${owner.metadata.name}`;

const [notes] = local["archipel:apps"] as [object];
const external = {
  ...local,
  "archipel:apps": [{ ...notes, bindings: { database: "notes", bucket: "notes" } }],
  "archipel:database": externalConfig["archipel:database"],
  "archipel:databaseCa": "config(databaseCa)",
  "archipel:databasePassword": "config(databasePassword)",
  "archipel:edge": {},
};

const externalStore = {
  ...local,
  "archipel:objects": {
    ...externalObjectsConfig["archipel:objects"],
    buckets: (local["archipel:objects"] as { buckets: object[] }).buckets,
    users: [],
  },
  "archipel:objectsCa": "config(objectsCa)",
  "archipel:objectsId": "config(objectsId)",
  "archipel:objectsKey": "config(objectsKey)",
  "archipel:offsiteId": "config(offsiteId)",
  "archipel:offsiteKey": "config(offsiteKey)",
};

for (const [which, config] of Object.entries({
  "the local stack": local,
  "a stack with an external database": external,
  "a stack with an external object store": externalStore,
  "a stack with Ceph": fixtureConfig("ceph"),
  "a stack with shares of files": { ...local, ...filesConfig },
})) {
  describe(`every resource of ${which}`, () => {
    let resources: Resource[];
    let templates: PodTemplate[];
    /** Secrets that config hands over instead of having them generated. */
    const given = Object.values(config).filter((value) => typeof value === "string");

    before(async () => {
      resources = await evaluateRaw("local", config);
      templates = podTemplates(resources);
      assert.ok(templates.length > 10, "the stack has workloads");
    });

    it("uses its site's provider, never a default one", () => {
      const strays = resources.filter(
        (one) => isKubernetes(one) && !one.provider.includes("::site1-cluster-provider::"),
      );
      assert.deepEqual(strays.map(urnOf), []);
    });

    it("gives no variable an empty value, which Kubernetes does not keep", () => {
      const variables = templates.flatMap(containersOf).flatMap(({ env = [] }) => env);
      assert.ok(variables.length > 10);
      assert.deepEqual(
        variables.filter(({ value }) => value === ""),
        [],
      );
    });

    it("has a parent", () => {
      const orphans = resources.filter((one) => one.options.parent === undefined);
      assert.deepEqual(orphans.filter((one) => isKubernetes(one)).map(urnOf), []);
    });

    it("waits for the namespaces", () => {
      const early = resources.filter(
        (one) =>
          isKubernetes(one) &&
          !one.urn.includes("site1-cluster") &&
          !one.options.dependsOn.includes("site1-cluster-data"),
      );
      assert.deepEqual(early.map(urnOf), []);
    });

    it("has an explicit name that is unique for its kind and namespace", () => {
      const names = objectsOf(resources).map(
        (one) => `${one.apiVersion} ${one.kind} ${one.metadata.namespace ?? ""}/${one.metadata.name}`,
      );
      assert.ok(names.every((name) => !name.endsWith("undefined")));
      assert.deepEqual(
        names.filter((name, index) => names.indexOf(name) !== index),
        [],
      );
    });

    it("carries the stack and site in cluster-scoped names", () => {
      const scoped = objectsOf(resources).filter((one) => one.metadata.namespace === undefined);
      for (const { metadata } of scoped) assert.match(metadata.name, /^local-site1-/);
    });

    it("makes a Job that failed again at the next `up`", () => {
      const jobs = objectsOf(resources).filter(({ kind }) => kind === "Job");
      assert.ok(jobs.length > 0, "the stack has Jobs");
      for (const { metadata } of jobs) {
        assert.equal(metadata.annotations?.["pulumi.com/replaceUnready"], "true", metadata.name);
      }
    });

    it("lets no Job that hands passwords on begin before they are written: it would hand on those before", () => {
      const made = resources.filter(({ type }) => type === "kubernetes:core/v1:Secret");
      const jobs = resources.filter(({ type }) => type === "kubernetes:batch/v1:Job");
      for (const job of jobs.filter(({ name }) => /-(auth|converge|settings)$/.test(name))) {
        const { spec } = (job.inputs as { spec: { template: { spec: object } } }).spec.template;
        const text = JSON.stringify({ ...spec, imagePullSecrets: [] });
        for (const secret of made) {
          const { name } = (secret.inputs as { metadata: { name: string } }).metadata;
          // As secretKeyRef, secretRef or a projected source; or as a volume.
          const reads = new RegExp(`"(name|secretName)":"${name}"`).test(text);
          if (reads) assert.ok(job.options.dependsOn.includes(secret.name), `${job.name} waits for ${name}`);
        }
      }
    });

    it("pins every image by digest under the configured prefix", () => {
      for (const template of templates) {
        for (const { image } of containersOf(template)) {
          assert.match(
            image,
            /^registry\.archipel\.example\/archipel\/[a-z]+:[^@]+@sha256:[0-9a-f]{64}$/,
            title(template),
          );
        }
      }
    });

    it("runs restricted: not root, read-only, no privileges, no token but of an account of its own", () => {
      for (const template of templates) {
        const { spec } = template;
        assert.equal(spec.securityContext?.runAsNonRoot, true, title(template));
        assert.ok(spec.securityContext.runAsUser! >= 1000, title(template));
        assert.equal(spec.securityContext.seccompProfile?.type, "RuntimeDefault", title(template));
        const token = spec.automountServiceAccountToken !== false;
        assert.ok(!token || (spec.serviceAccountName && spec.serviceAccountName !== "default"), title(template));
        for (const { name, securityContext } of containersOf(template)) {
          const where = `${title(template)} ${name}`;
          assert.equal(securityContext?.allowPrivilegeEscalation, false, where);
          assert.equal(securityContext.readOnlyRootFilesystem, true, where);
          assert.deepEqual(securityContext.capabilities?.drop, ["ALL"], where);
        }
      }
    });

    it("asks for CPU and memory, and bounds memory", () => {
      for (const template of templates) {
        for (const { name, resources: asked } of containersOf(template)) {
          const where = `${title(template)} ${name}`;
          assert.ok(asked?.requests?.["cpu"] && asked.requests["memory"], where);
          assert.ok(asked.limits?.["memory"], where);
        }
      }
    });

    it("has a priority, a time to stop and three probes where it runs for long", () => {
      for (const template of templates.filter(longRunning)) {
        assert.ok(template.spec.priorityClassName, title(template));
        assert.ok(template.spec.terminationGracePeriodSeconds! > 0, title(template));
        for (const container of template.spec.containers) {
          const where = `${title(template)} ${container.name}`;
          assert.ok(container.startupProbe && container.livenessProbe && container.readinessProbe, where);
        }
      }
    });

    it("keeps replicas apart", () => {
      for (const template of templates.filter(longRunning)) {
        assert.ok(template.spec.affinity?.podAntiAffinity, title(template));
      }
    });

    it("has a disruption budget for whatever is replicated", () => {
      const budgets = objectsOf(resources, "PodDisruptionBudget").map((one) => ({
        namespace: one.metadata.namespace,
        labels: (one["spec"] as { selector: { matchLabels: Record<string, string> } }).selector.matchLabels,
      }));
      for (const template of templates.filter(longRunning)) {
        const covering = budgets.filter(
          ({ namespace, labels }) =>
            namespace === template.owner.metadata.namespace &&
            Object.entries(labels).every(([key, value]) => template.labels[key] === value),
        );
        const { replicas } = template.owner["spec"] as { replicas?: number };
        const alone = template.owner.kind === "Deployment" && replicas === 1;
        assert.ok(covering.length === 1 || (alone && covering.length === 0), title(template));
      }
    });

    it("is admitted by exactly the policies that name it: every pod has one", () => {
      const policies = objectsOf(resources, "NetworkPolicy").map((one) => ({
        namespace: one.metadata.namespace,
        labels: (one["spec"] as { podSelector: { matchLabels?: Record<string, string> } }).podSelector.matchLabels,
      }));
      for (const template of templates) {
        const own = policies.filter(
          ({ namespace, labels }) =>
            namespace === template.owner.metadata.namespace &&
            labels !== undefined &&
            Object.entries(labels).every(([key, value]) => template.labels[key] === value),
        );
        assert.ok(own.length >= 1, title(template));
      }
    });

    it("holds no secret in plain sight: generated values stand in Secrets only", () => {
      const elsewhere = resources.filter(
        (one) =>
          (one.inputs as { kind?: string }).kind !== "Secret" && JSON.stringify(one.inputs).includes("generated("),
      );
      assert.deepEqual(elsewhere.map(urnOf), []);
      for (const secret of objectsOf(resources, "Secret")) {
        const values = Object.entries((secret["stringData"] ?? {}) as Record<string, string>);
        const suspicious = values.filter(
          ([key, value]) =>
            /pass|secret|key|token/i.test(key) && !value.includes("generated(") && !given.includes(value),
        );
        assert.deepEqual(
          suspicious.filter(([key]) => !["S3_ACCESS_KEY_ID", "accessKeyId"].includes(key)),
          [],
          secret.metadata.name,
        );
      }
    });

    it("puts every generated value whole into some Secret, where it can be read back", () => {
      const values = objectsOf(resources, "Secret").flatMap((one) =>
        Object.values((one["stringData"] ?? {}) as Record<string, string>),
      );
      const all = new Set(values.flatMap((value) => value.match(/generated\([^)]+\)/g) ?? []));
      for (const placeholder of all) assert.ok(values.includes(placeholder), placeholder);
      assert.ok(all.size > 3);
    });

    it("renders to the same bytes twice", async () => {
      const again = await evaluateRaw("local", config);
      assert.deepEqual(renderFiles(again), renderFiles(resources));
    });
  });
}

describe("what holds data", () => {
  const dataKinds = ["PersistentVolumeClaim", "PersistentVolume", "Namespace"];
  // Without its passphrase a backup is lost: both its value and the Secret that hands it on count as data.
  const holdsData = (one: Resource): boolean =>
    dataKinds.includes((one.inputs as { kind?: string }).kind ?? "") ||
    /-repositories-site(-passphrase)?$/.test(one.name);

  it("is protected and kept on a real site", async () => {
    const data = (await evaluateRaw("local", { ...real, ...filesConfig })).filter(holdsData);
    assert.ok(data.length > 5);
    assert.equal(data.filter(({ name }) => name.startsWith("site1-files-")).length, 7);
    assert.equal(data.filter(({ name }) => name.includes("passphrase") || name.endsWith("-site")).length, 2);
    for (const { urn, options } of data) {
      assert.equal(options.protect, true, urn);
      assert.equal(options.retainOnDelete, true, urn);
    }
  });

  it("goes with a sandbox, and volumes not before their namespace", async () => {
    const data = (await evaluateRaw("local", { ...local, ...filesConfig })).filter(holdsData);
    const isVolume = (one: Resource): boolean => /^PersistentVolume/.test((one.inputs as { kind?: string }).kind ?? "");
    assert.ok(data.filter(isVolume).length > 10);
    for (const one of data) {
      assert.ok(!one.options.protect, one.urn);
      assert.equal(one.options.retainOnDelete ?? false, isVolume(one), one.urn);
    }
  });
});
