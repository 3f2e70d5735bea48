import { builtLock, buildImages } from "../../images/build.ts";
import { pushImages } from "../../images/push.ts";
import { LOCK_VARIABLE } from "../../stacks/checkStack.ts";
import type { Step } from "../step.ts";

/** Builds the images of this checkout, brings them to the sandbox's registry, and lets config name these from now on. */
export async function sandboxImages(step: Step): Promise<void> {
  await step("Images", async (report) => {
    await buildImages({ report });
    await pushImages({ report });
  });
  process.env[LOCK_VARIABLE] = builtLock();
}
