import { randomInt } from "node:crypto";
import type { KubernetesObject } from "../render/manifests.ts";

/** A Secret as it is rendered or read from a cluster. */
interface Secret extends KubernetesObject {
  stringData?: Record<string, string>;
  data?: Record<string, string>;
}

/** Annotation on an applied Secret: placeholder by key, so that a value is known again and a rotated one is made anew. */
const ANNOTATION = "archipel.io/generated";
const PLACEHOLDER = /generated\([^)]+\)/g;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** As long as the values that the engine generates. */
const LENGTH = 32;

/**
 * Gives every generated value: the one that is live in the cluster where its placeholder is still the same, else a new one.
 *
 * @param rendered objects with placeholders.
 * @param live Secrets of the cluster.
 */
export function generatedValues(rendered: KubernetesObject[], live: KubernetesObject[]): Map<string, string> {
  const known = new Map(secrets(live).flatMap(valuesByPlaceholder));
  const wanted = secrets(rendered).flatMap((secret) =>
    Object.values(secret.stringData ?? {}).flatMap((text) => text.match(PLACEHOLDER) ?? []),
  );
  return new Map([...new Set(wanted)].map((placeholder) => [placeholder, known.get(placeholder) ?? randomText()]));
}

/** Objects as the cluster takes them: placeholders replaced, Secrets in base64. */
export function fillIn(objects: KubernetesObject[], values: Map<string, string>): KubernetesObject[] {
  return objects.map((object) => (object.kind === "Secret" ? fillSecret(object as Secret, values) : object));
}

function fillSecret({ stringData = {}, data = {}, metadata, ...rest }: Secret, values: Map<string, string>): Secret {
  const entries = Object.entries(stringData);
  const filled = entries.map(([key, text]) => [
    key,
    Buffer.from(text.replace(PLACEHOLDER, (placeholder) => values.get(placeholder) ?? placeholder)).toString("base64"),
  ]);
  const whole = entries.filter(([, text]) => text.replace(PLACEHOLDER, "") === "" && text !== "");
  return {
    ...rest,
    metadata:
      whole.length > 0
        ? {
            ...metadata,
            annotations: { ...metadata.annotations, [ANNOTATION]: JSON.stringify(Object.fromEntries(whole)) },
          }
        : metadata,
    data: { ...data, ...(Object.fromEntries(filled) as Record<string, string>) },
  };
}

function valuesByPlaceholder({ metadata, data = {} }: Secret): [string, string][] {
  const placeholders = JSON.parse(metadata.annotations?.[ANNOTATION] ?? "{}") as Record<string, string>;
  return Object.entries(placeholders)
    .filter(([key]) => key in data)
    .map(([key, placeholder]) => [placeholder, Buffer.from(data[key]!, "base64").toString("utf8")]);
}

const secrets = (objects: KubernetesObject[]): Secret[] => objects.filter((one) => one.kind === "Secret");

const randomText = (): string => Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join("");
