import { OWNER_CONFIG_MAP } from "../../components/cluster/owner.ts";
import type { KubernetesObject } from "../render/manifests.ts";

/** What the owner record says on a site that this command applies without an engine. */
export const OWNER = "archipel up";

/**
 * Puts this way of applying into the site's owner record.
 *
 * @returns the objects with the record changed.
 */
export function claimOwnership(objects: KubernetesObject[]): KubernetesObject[] {
  return objects.map((one) =>
    one.kind === "ConfigMap" && one.metadata.name === OWNER_CONFIG_MAP ? { ...one, data: { owner: OWNER } } : one,
  );
}
