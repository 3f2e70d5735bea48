import { cacheDir } from "./cache.ts";
import { instance } from "./instance.ts";
import { machineDir, type Service } from "./machine.ts";
import { loopbackPort, registryPort } from "./plan.ts";
import { writeTemplate } from "./template.ts";

/**
 * Where images are pushed from this computer: plain HTTP on loopback. Nodes find there whatever they pull, under the name
 * that is left of it without its registry.
 */
export function registryUrl(): string {
  return `${instance().loopback}:${loopbackPort(registryPort, 0)}`;
}

/** The hub's service, the registry; what is pushed to it stays in the cache when the sandbox goes. */
export async function registryServices(hub: string): Promise<Service[]> {
  const config = await writeTemplate(machineDir(hub, "etc/registry.yaml"), "registry.yaml", {
    STORAGE: cacheDir("registry"),
    PORT: String(registryPort),
  });
  return [{ name: "registry", env: { OTEL_TRACES_EXPORTER: "none" }, command: ["registry", "serve", config] }];
}
