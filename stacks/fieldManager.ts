import * as pulumi from "@pulumi/pulumi";

/** Owner of the fields that Pulumi applies, as the cluster records it. */
export const PULUMI_FIELD_MANAGER = "archipel-pulumi";

/**
 * Lets Pulumi apply every object under one name. It would otherwise invent a name for each object, and forget those of a
 * run that was killed: the cluster would then defend the object's fields against the next run.
 */
export function nameFieldManager(): void {
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
    if (!type.startsWith("kubernetes:")) return undefined;
    const { metadata } = props as { metadata?: { annotations?: Record<string, pulumi.Input<string>> } };
    const annotations = { ...metadata?.annotations, "pulumi.com/patchFieldManager": PULUMI_FIELD_MANAGER };
    return { props: { ...(props as object), metadata: { ...metadata, annotations } }, opts };
  });
}
