import * as pulumi from "@pulumi/pulumi";
import type { ImageLock } from "../components/images.ts";
import { checkStack } from "./checkStack.ts";
import { PROJECT, type Config } from "./config.ts";
import { describeMistakes } from "./mistakes.ts";

/** A stack's config, checked, with what it refers to. */
export interface Stack {
  /** Name of the stack. */
  name: string;
  /** The config without mistakes. */
  config: Config;
  /** Digests of the platform's images. */
  lock: ImageLock;
  /** Gives a secret of the config by its key. */
  secret: (key: string) => pulumi.Output<string>;
}

/**
 * Reads the current stack's config and checks all of it.
 *
 * @throws pulumi.RunError with every mistake; Pulumi shows its message without a stack trace.
 */
export function loadStack(): Stack {
  const name = pulumi.getStack();
  const { config, lock, mistakes } = checkStack(name, pulumi.runtime.allConfig());
  if (mistakes.length > 0) throw new pulumi.RunError(describeMistakes(name, mistakes));
  const reader = new pulumi.Config(PROJECT);
  return { name, config, lock, secret: (key) => reader.requireSecret(key) };
}
