import type * as pulumi from "@pulumi/pulumi";
import type { ObjectsPlan } from "../../stacks/objectsPlan.ts";
import type { Flow } from "../networkPolicy.ts";
import type { Platform } from "../platform.ts";
import { CephObjectStore } from "./ceph.ts";
import { ExternalObjectStore } from "./external.ts";
import { MinioObjectStore } from "./minio.ts";

/** Arguments of every kind of object store. */
export interface ObjectStoreArgs<Plan extends ObjectsPlan = ObjectsPlan> {
  /** What the store is made of. */
  plan: Plan;
  /** Where it stands. */
  platform: Platform;
  /** Namespaces whose pods may connect when they carry the label clientLabel("objects"). */
  clientNamespaces: string[];
  /** Gives a secret of the config by its key. */
  secret: (key: string) => pulumi.Output<string>;
  /** Namespace of the edge, where the edge serves the store too; default: it does not. */
  edgeNamespace?: string;
}

/** Access key of one user. */
export interface AccessKey {
  /** Access key id. */
  accessKeyId: pulumi.Input<string>;
  /** Secret access key. */
  secretAccessKey: pulumi.Output<string>;
}

/** An S3 object store: buckets in path style, over TLS. */
export interface ObjectStore extends pulumi.Resource {
  /** Absolute host name. */
  readonly host: string;
  /** Port of S3 over TLS. */
  readonly port: number;
  /** Region that requests are signed for. */
  readonly region: string;
  /** CA of its certificate, PEM; undefined: the site's own, or a public one. */
  readonly ca?: pulumi.Output<string>;
  /** The connections that clients open, for their NetworkPolicies; undefined: they lead out of the cluster. */
  readonly clientFlow?: Flow;
  /** Keys by name of the user. */
  readonly keys: Record<string, AccessKey>;
}

/** One class for each kind; a new kind is a file and a line here. */
const kinds = {
  minio: MinioObjectStore,
  ceph: CephObjectStore,
  external: ExternalObjectStore,
} satisfies {
  [Kind in ObjectsPlan["kind"]]: new (
    name: string,
    args: ObjectStoreArgs<Extract<ObjectsPlan, { kind: Kind }>>,
    opts?: pulumi.ComponentResourceOptions,
  ) => ObjectStore;
};

/** Makes an object store of the plan's kind. */
export function objectStore(name: string, args: ObjectStoreArgs, opts?: pulumi.ComponentResourceOptions): ObjectStore {
  const { plan, ...rest } = args;
  switch (plan.kind) {
    case "minio":
      return new kinds.minio(name, { plan, ...rest }, opts);
    case "ceph":
      return new kinds.ceph(name, { plan, ...rest }, opts);
    case "external":
      return new kinds.external(name, { plan, ...rest }, opts);
  }
}
