import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/**
 * Generates a password or key: 32 letters and digits, so that it needs no quoting in URLs, YAML or SQL.
 *
 * @param name unique name of the generated value.
 * @param generation raise it to make a new value.
 * @returns the value, secret from birth and encrypted in state.
 */
export function generatePassword(
  name: string,
  opts: pulumi.CustomResourceOptions & { generation?: number },
): pulumi.Output<string> {
  const { generation = 1, ...rest } = opts;
  const password = new random.RandomPassword(
    name,
    { length: 32, special: false, keepers: { generation: String(generation) } },
    { ...rest, additionalSecretOutputs: ["result"] },
  );
  return pulumi.secret(password.result);
}
