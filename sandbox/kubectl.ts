import { execa } from "execa";
import { kubeconfigFile } from "./pki.ts";
import { tool } from "./toolchain/build.ts";

/**
 * Runs kubectl against a site, as its administrator.
 *
 * @param input what it reads from its standard input
 * @returns what it wrote
 */
export async function kubectl(site: string, args: string[], input = ""): Promise<string> {
  const kubeconfig = ["--kubeconfig", kubeconfigFile(site, "outside")];
  return (await execa(tool("kubectl"), [...kubeconfig, ...args], { input })).stdout;
}

/** Applies YAML to a site. */
export async function apply(site: string, yaml: string): Promise<void> {
  await kubectl(site, ["apply", "--server-side", "--force-conflicts", "--field-manager=sandbox", "-f", "-"], yaml);
}

/** Runs kubectl and says only whether it succeeded. */
export async function succeeds(site: string, args: string[]): Promise<boolean> {
  return kubectl(site, args).then(
    () => true,
    () => false,
  );
}
