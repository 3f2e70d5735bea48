import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, rename } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import type { Report } from "../report.ts";
import { kubernetesVersion, type Tool } from "./tools.ts";

const architectures: Partial<Record<NodeJS.Architecture, string>> = { x64: "amd64", arm64: "arm64" };

/**
 * Downloads the tools that Kubernetes publishes for this machine into `folder`, each compared with its published
 * SHA-256. Ends quietly at the first that cannot be had: what is then missing is built.
 */
export async function downloadKubernetes(wanted: Tool[], folder: string, report: Report): Promise<void> {
  const architecture = architectures[process.arch];
  if (!architecture) return;
  const release = `https://dl.k8s.io/release/${kubernetesVersion}/bin/linux/${architecture}`;
  try {
    for (const each of wanted.filter((one) => one.published)) {
      await download(`${release}/${each.name}`, join(folder, each.name));
      report(`Downloaded ${each.name} ${kubernetesVersion}`);
    }
  } catch (error) {
    report(`Kubernetes' executables cannot be downloaded (${reason(error)})`);
  }
}

async function download(url: string, path: string): Promise<void> {
  // The checksum comes first: it is small, and a machine without internet access is refused here, at once.
  const checksum = (await (await get(`${url}.sha256`, 10_000)).text()).trim();
  const answer = await get(url, 600_000);
  const part = `${path}.part`;
  await pipeline(Readable.fromWeb(answer.body as ReadableStream), createWriteStream(part));
  const hash = createHash("sha256");
  await pipeline(createReadStream(part), hash);
  if (hash.digest("hex") !== checksum) throw new Error(`${url} does not have its published checksum`);
  await chmod(part, 0o755);
  await rename(part, path);
}

/** Fetches `url` within `timeout` milliseconds. */
async function get(url: string, timeout: number): Promise<Response> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(timeout) });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  return answer;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
