import { toBytes } from "../../stacks/bytes.ts";
import type { KubernetesObject } from "../render/manifests.ts";

/** The parts of a claim that say how large its volume is, and is to be. */
export interface Claim extends KubernetesObject {
  spec: { resources: { requests: { storage: string } } };
  status?: { capacity?: { storage?: string }; conditions?: { type: string; message?: string }[] };
}

/**
 * Volumes that are smaller than config says, and what their driver says of it: growing is the driver's work, and nothing waits
 * for it.
 *
 * @param claims of a site's namespaces. One that has no volume yet is left out: the pod that waits for it says so.
 */
export function describeVolumes(claims: Claim[]): string[] {
  return claims.flatMap(({ metadata: { name, namespace }, spec, status }) => {
    const wanted = spec.resources.requests.storage;
    const has = status?.capacity?.storage;
    if (!has || toBytes(has) >= toBytes(wanted)) return [];
    const said = (status.conditions ?? []).flatMap(({ type, message }) => (message ? [`${type}: ${message}`] : []));
    const see = `see: kubectl --namespace ${namespace} describe persistentvolumeclaim ${name}`;
    return [[`${name} has ${has}, and its driver has yet to make it ${wanted}`, ...said, see].join("; ")];
  });
}
