import { homedir } from "node:os";
import { join } from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { version as sdkVersion } from "@pulumi/pulumi/version.js";

/** The Pulumi CLI. */
export interface Pulumi {
  /** Its path, or its name where it is on the PATH. */
  program: string;
  /** Its version, such as `3.248.0`. */
  version: string;
}

/** There is no Pulumi CLI. */
export interface NoPulumi {
  /** Why, in one line. */
  missing: string;
}

/** Where Pulumi's installer, its npm launcher and its Automation API keep the CLI of the SDK's version. */
const HOME = join(homedir(), ".pulumi", "versions", sdkVersion);

/** Milliseconds that the download's host gets to answer, so that a machine without internet is not kept waiting. */
const PROBE_TIMEOUT = 5_000;

/**
 * Finds the Pulumi CLI: on the PATH, else in the user's home from an earlier download, else by downloading it there in the
 * SDK's version.
 */
export async function findPulumi(): Promise<Pulumi | NoPulumi> {
  const onPath = await attempt(() => PulumiCommand.get());
  if ("program" in onPath || !onPath.missing.includes("ENOENT")) return onPath;
  const downloaded = await attempt(() => PulumiCommand.get({ root: HOME }));
  if ("program" in downloaded) return downloaded;
  const installed = await attempt(download);
  if ("program" in installed) return installed;
  return { missing: `pulumi is not on the PATH, and ${sdkVersion} cannot be downloaded: ${installed.missing}` };
}

async function download(): Promise<PulumiCommand> {
  await fetch("https://get.pulumi.com/latest-version", { signal: AbortSignal.timeout(PROBE_TIMEOUT) });
  return PulumiCommand.install({ root: HOME });
}

async function attempt(get: () => Promise<PulumiCommand>): Promise<Pulumi | NoPulumi> {
  try {
    const { command, version } = await get();
    return { program: command, version: String(version) };
  } catch (error) {
    return { missing: lastLine(error as Error) };
  }
}

/** The SDK's errors hold a whole report of the command; what went wrong is named first or as the cause. */
function lastLine({ message, cause }: Error): string {
  const lines = message.split("\n").map((line) => line.trim());
  const line = lines.find((one) => one.startsWith("stderr:") && one !== "stderr:") ?? lines[0]!;
  return cause instanceof Error ? `${line} (${cause.message})` : line.replace(/^stderr: /, "");
}
