import type * as k8s from "@pulumi/kubernetes";

type Volume = k8s.types.input.core.v1.Volume;
type Projection = k8s.types.input.core.v1.VolumeProjection;

/** User of the image `objects`. */
export const OBJECTS_UID = 10008;

/** Where its program finds its configuration. */
export const CONFIG_FOLDER = "/etc/objects";

/** Where it finds keys, each in a folder of its own. */
export const KEYS_FOLDER = "/secrets";

/** Where it finds CAs beside the public ones, each in a folder of its own. */
export const CA_FOLDER = "/ca";

/** A Secret's access key as two files in a folder. */
export const keyFile = (secret: string, folder: string): Projection => ({
  secret: {
    name: secret,
    items: ["accessKeyId", "secretAccessKey"].map((key) => ({ key, path: `${folder}/${key}` })),
  },
});

/** The CAs (key ca.crt) of Secrets, by the folder's name; an undefined one is public and needs no file. */
export function caVolume(secrets: Record<string, string | undefined>): Volume {
  const sources = Object.entries(secrets).flatMap(([folder, name]): Projection[] =>
    name ? [{ secret: { name, items: [{ key: "ca.crt", path: `${folder}/ca.crt` }] } }] : [],
  );
  return sources.length > 0 ? { name: "ca", projected: { sources } } : { name: "ca", emptyDir: {} };
}
