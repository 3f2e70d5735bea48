import type * as k8s from "@pulumi/kubernetes";
import type { Platform } from "../platform.ts";
import { containerResources, memoryVolume, platformPod, restrictedContainer, withInit } from "../pod.ts";

type Volume = k8s.types.input.core.v1.Volume;
type Projection = k8s.types.input.core.v1.VolumeProjection;

/** User of the image `objects`. */
const OBJECTS_UID = 10008;

/** Where its program finds its configuration. */
const CONFIG_FOLDER = "/etc/objects";

/** Where it finds keys, each in a folder of its own. */
const KEYS_FOLDER = "/secrets";

/** Where it finds CAs beside the public ones, each in a folder of its own. */
const CA_FOLDER = "/ca";

/** A Secret's access key as two files in a folder. */
export const keyFile = (secret: string, folder: string): Projection => ({
  secret: {
    name: secret,
    items: ["accessKeyId", "secretAccessKey"].map((key) => ({ key, path: `${folder}/${key}` })),
  },
});

/** The CAs (key ca.crt) of Secrets, by the folder's name; an undefined one is public and needs no file. */
function caVolume(secrets: Record<string, string | undefined>): Volume {
  const sources = Object.entries(secrets).flatMap(([folder, name]): Projection[] =>
    name ? [{ secret: { name, items: [{ key: "ca.crt", path: `${folder}/ca.crt` }] } }] : [],
  );
  return sources.length > 0 ? { name: "ca", projected: { sources } } : { name: "ca", emptyDir: {} };
}

/** Arguments of objectsPod. */
export interface ObjectsPodArgs {
  /** Where it stands. */
  platform: Platform;
  /** Which of the program's commands runs; the container is called so. */
  command: "converge" | "copy" | "metrics" | "repository";
  /** ConfigMap with what the command is told. */
  configMap: string;
  /** Keys, each in a folder of its own: see keyFile. */
  keys: Projection[];
  /** Secrets with CAs (key ca.crt) by the store's name; an undefined one is public. */
  cas: Record<string, string | undefined>;
  /** CPU and memory. */
  resources: Parameters<typeof containerResources>[0];
  /** How important it is. */
  priorityClass: "data" | "apps";
  /** Port on which it answers for ever, and Secret with its certificate for that; undefined: the command ends. */
  server?: { port: number; certificate: string };
}

/** Where a command that answers finds its certificate. */
const TLS_FOLDER = "/tls/server";

/** A pod that runs one command of the image `objects` with its configuration, keys and CAs as files. */
export function objectsPod(args: ObjectsPodArgs): k8s.types.input.core.v1.PodSpec {
  const { platform, command, configMap, keys, cas, resources, priorityClass, server } = args;
  return {
    ...platformPod(platform, priorityClass, OBJECTS_UID),
    restartPolicy: server ? "Always" : "Never",
    containers: [
      {
        ...restrictedContainer,
        name: command,
        image: platform.images("objects"),
        command: withInit("objects", command),
        ...(server && answering(server.port)),
        resources: containerResources(resources),
        volumeMounts: [
          ...(server ? [{ name: "tls", mountPath: TLS_FOLDER, readOnly: true }] : []),
          { name: "tmp", mountPath: "/tmp" },
          { name: "config", mountPath: CONFIG_FOLDER, readOnly: true },
          { name: "keys", mountPath: KEYS_FOLDER, readOnly: true },
          { name: "ca", mountPath: CA_FOLDER, readOnly: true },
        ],
      },
    ],
    volumes: [
      memoryVolume("tmp", "16Mi"),
      { name: "config", configMap: { name: configMap } },
      { name: "keys", projected: { defaultMode: 0o440, sources: keys } },
      caVolume(cas),
      ...(server ? [{ name: "tls", secret: { secretName: server.certificate, defaultMode: 0o440 } }] : []),
    ],
  };
}

/** The port of a command that answers, and how Kubernetes sees that it does. */
function answering(port: number): Partial<k8s.types.input.core.v1.Container> {
  const probe = { tcpSocket: { port: "metrics" }, timeoutSeconds: 3 };
  return {
    ports: [{ name: "metrics", containerPort: port }],
    startupProbe: { ...probe, periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 6 },
    readinessProbe: { ...probe, periodSeconds: 5, failureThreshold: 3 },
  };
}
