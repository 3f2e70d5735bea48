/**
 * Annotations of every Job. One that has failed for good stays failed, and the same config would only wait for it: with
 * this, Pulumi makes it again at the next `up`, when what stood in its way may be gone.
 */
export const jobAnnotations = { "pulumi.com/replaceUnready": "true" };
