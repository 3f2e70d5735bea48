import { builtLock } from "../../images/built.ts";
import { readLock } from "../../images/lock.ts";
import { caVolume } from "../../components/apps/bindingCas.ts";
import { bindingSecretName } from "../../components/apps/binding.ts";
import type { Kubectl } from "../../cli/kubectl.ts";
import type { KubernetesObject } from "../../cli/render/manifests.ts";
import type { AppPlan } from "../../stacks/plan.ts";

/** Where an app stands, and how to reach its cluster. */
export interface LibpqClientArgs {
  /** The app whose binding the client has. */
  app: AppPlan;
  /** Its namespace. */
  namespace: string;
  /** kubectl for the cluster. */
  kubectl: Kubectl;
}

/** A pod that has what an app gets from the platform, and psql: a client made with libpq. */
export interface LibpqClient {
  /** Runs a script of bash with the app's environment, and gives what it printed. */
  run: (script: string) => Promise<string>;
  /** Takes the pod away. */
  close: () => Promise<void>;
}

/** Starts such a client, in the place of one of the app's own pods. */
export async function libpqClient({ app, namespace, kubectl }: LibpqClientArgs): Promise<LibpqClient> {
  const { images } = await readLock(builtLock());
  const name = "libpq-client";
  const ca = caVolume(app);
  const restricted = { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: "RuntimeDefault" } };
  const pod: KubernetesObject = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { ...restricted, fsGroup: 10001 },
      containers: [
        {
          name: "client",
          image: `registry.example.org/archipel/patroni@${images["patroni"]!.digest}`,
          command: ["sleep", "infinity"],
          envFrom: [{ secretRef: { name: bindingSecretName(app) } }],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
          volumeMounts: [ca.mount, { name: "tmp", mountPath: "/tmp" }],
        },
      ],
      volumes: [ca.volume, { name: "tmp", emptyDir: {} }],
    },
  };
  const close = async (): Promise<void> => {
    await kubectl.run(["delete", "pod", name, "--namespace", namespace, "--ignore-not-found"]);
  };
  await close();
  await kubectl.run(["apply", "--filename", "-"], JSON.stringify(pod));
  await kubectl.run(["wait", `pod/${name}`, "--namespace", namespace, "--for=condition=Ready", "--timeout=120s"]);
  return {
    run: (script) => kubectl.run(["exec", name, "--namespace", namespace, "--", "bash", "-c", script]),
    close,
  };
}
