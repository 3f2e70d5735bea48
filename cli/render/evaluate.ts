import { randomUUID } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { describeMistakes } from "../../stacks/mistakes.ts";
import { checkStack } from "../../stacks/checkStack.ts";
import { projectRoot } from "../projectRoot.ts";
import { UserError } from "../userError.ts";
import { readStackFile, type StackConfig } from "./stackFile.ts";

/** One resource of a program: what it asks for and how Pulumi must treat it. */
export interface Resource {
  /** Unique name; resources are sorted by it. */
  urn: string;
  /** Type token. */
  type: string;
  /** Logical name. */
  name: string;
  /** Inputs, secrets as placeholders or plain values inside `secretPaths`. */
  inputs: Record<string, unknown>;
  /** URN of the provider; empty for a default provider. */
  provider: string;
  /** Options that change how it lives. */
  options: { parent?: string; protect?: boolean; retainOnDelete?: boolean; dependsOn: string[] };
}

/** What stands in a render where the engine would generate a value; a rotated value has another. */
export const generatedPlaceholder = (name: string, generation: string): string =>
  generation === "1" ? `generated(${name})` : `generated(${name}, ${generation})`;

/** Marks a secret in values that the SDK hands over; see the SDK's serialization of properties. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";

/**
 * Evaluates a stack of this project: see evaluateConfig.
 *
 * @throws UserError with every mistake of the config.
 */
export const evaluate = (stack: string): Promise<Resource[]> =>
  evaluateConfig(stack, readStackFile(projectRoot, stack));

/**
 * Evaluates index.ts on the SDK's mock monitor: no engine, no credentials, no cluster, no network. One at a time in a
 * process, since the SDK's settings are global.
 *
 * @param stack name of the stack.
 * @param config its config.
 * @throws UserError with every mistake of the config.
 */
export async function evaluateConfig(stack: string, { values, secrets }: StackConfig): Promise<Resource[]> {
  const { mistakes } = checkStack(stack, values);
  if (mistakes.length > 0) throw new UserError(describeMistakes(stack, mistakes));
  const resources = new Map<string, Resource>();
  const options = new Map<string, Resource["options"]>();
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, provider, custom }) => {
        const urn = `urn:pulumi:${stack}::archipel::${type}::${name}`;
        if (resources.has(urn)) throw new Error(`two resources have the URN ${urn}`);
        const plain = unwrap(inputs) as Record<string, unknown>;
        resources.set(urn, { urn, type, name, inputs: plain, provider: provider ?? "", options: { dependsOn: [] } });
        return {
          id: custom === false ? undefined : `${name}-id`,
          state: { ...plain, ...generated(type, name, plain) },
        };
      },
      call: ({ token }) => {
        throw new Error(`${token} asks a provider, which an offline evaluation does not have`);
      },
    },
    "archipel",
    stack,
    false,
  );
  pulumi.runtime.setAllConfig(values, secrets);
  // The SDK keeps a stack trace of every resource; finding the TypeScript lines of each would cost a fifth of the time.
  const { sourceMapsEnabled } = process;
  process.setSourceMapsEnabled(false);
  try {
    await pulumi.runtime.runInPulumiStack(async () => {
      pulumi.runtime.registerStackTransformation((args) => captureOptions(args, options));
      // Each evaluation needs the program as a module of its own. A counter would not do: a loader may load this file twice.
      const program: unknown = await import(`../../index.ts?evaluation=${randomUUID()}`);
      return program as pulumi.Inputs;
    });
    await pulumi.runtime.disconnect();
  } finally {
    process.setSourceMapsEnabled(sourceMapsEnabled);
  }
  return [...resources.values()]
    .filter(({ type }) => type !== "pulumi:pulumi:Stack")
    .map((one) => ({ ...one, options: options.get(`${one.type}::${one.name}`) ?? one.options }))
    .toSorted((a, b) => (a.urn < b.urn ? -1 : 1));
}

/** Outputs that only a provider makes. */
function generated(type: string, name: string, inputs: Record<string, unknown>): Record<string, unknown> {
  if (!type.startsWith("random:")) return {};
  const { generation = "1" } = (inputs["keepers"] ?? {}) as { generation?: string };
  return { result: generatedPlaceholder(name, generation) };
}

function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null) return value;
  if (SIGNATURE in value && "value" in value) return unwrap(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner)]));
}

function captureOptions(
  { type, name, opts }: pulumi.ResourceTransformationArgs,
  options: Map<string, Resource["options"]>,
): undefined {
  const { protect, retainOnDelete, parent, dependsOn = [] } = opts as pulumi.CustomResourceOptions;
  options.set(`${type}::${name}`, {
    parent: parent && nameOf(parent),
    protect,
    retainOnDelete,
    dependsOn: [dependsOn]
      .flat()
      .map((one) => nameOf(one as pulumi.Resource))
      .toSorted(),
  });
}

const nameOf = (resource: pulumi.Resource): string => (resource as unknown as { __name: string }).__name;
