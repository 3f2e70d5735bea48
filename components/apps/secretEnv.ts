import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { AppPlan } from "../../stacks/plan.ts";
import { generatePassword } from "../secrets.ts";

/** Arguments of secretEnv. */
export interface SecretEnvArgs {
  /** The app. */
  plan: AppPlan;
  /** Its namespace. */
  namespace: string;
  /** Labels of the Secret. */
  labels: Record<string, string>;
  /** Gives a secret of the config by its key. */
  secret: (key: string) => pulumi.Output<string>;
}

type EnvVar = k8s.types.input.core.v1.EnvVar;

/**
 * The app's secret environment variables: values from config and generated ones in a Secret of the app, others by
 * reference to a Secret that is there already.
 */
export function secretEnv(
  name: string,
  { plan, namespace, labels, secret }: SecretEnvArgs,
  opts: pulumi.CustomResourceOptions,
): EnvVar[] {
  const own = `${plan.name}-env`;
  const values: Record<string, pulumi.Output<string>> = {};
  const env = Object.entries(plan.secretEnv).map(([variable, source]): EnvVar => {
    if ("secret" in source) return reference(variable, source.secret, source.key);
    values[variable] =
      "config" in source
        ? secret(source.config)
        : generatePassword(`${name}-${variable}`, { ...opts, generation: source.generate });
    return reference(variable, own, variable);
  });
  if (Object.keys(values).length > 0) {
    new k8s.core.v1.Secret(
      name,
      { metadata: { name: own, namespace, labels }, type: "Opaque", stringData: values },
      opts,
    );
  }
  return env;
}

const reference = (variable: string, secretName: string, key: string): EnvVar => ({
  name: variable,
  valueFrom: { secretKeyRef: { name: secretName, key } },
});
