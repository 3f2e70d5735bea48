/**
 * Annotations of every Job. One that has failed for good stays failed, and the same config would only wait for it: with
 * this, Pulumi makes it again at the next `up`, when what stood in its way may be gone.
 */
export const jobAnnotations = { "pulumi.com/replaceUnready": "true" };

/** Exit code of a program that only another config, or a change of what it talks to, can help: EX_CONFIG of sysexits.h. */
export const HOPELESS = 78;

/**
 * What ends a Job at once that says that trying again does not help. Kubernetes looks at the exit codes of pods alone that it
 * does not start again themselves: they need `restartPolicy: Never`.
 */
export const endsWhenHopeless = {
  podFailurePolicy: { rules: [{ action: "FailJob", onExitCodes: { operator: "In", values: [HOPELESS] } }] },
};

/** Marks what is applied before the rest of a site. */
export const BEFORE_THE_REST = "archipel.io/before-the-rest";

/**
 * Annotations of a Job that proves what everything else of a site rests on, and of what that Job needs: they are applied before the rest,
 * and where the Job fails nothing else is. Under Pulumi the rest depends on the Job.
 */
export const beforeTheRest = { [BEFORE_THE_REST]: "true" };
