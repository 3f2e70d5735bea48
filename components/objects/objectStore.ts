import type * as pulumi from "@pulumi/pulumi";
import type { ObjectsPlan } from "../../stacks/objectsPlan.ts";
import type { Flow } from "../networkPolicy.ts";
import type { Platform } from "../platform.ts";
import { MinioObjectStore } from "./minio.ts";

/** Arguments of every kind of object store. */
export interface ObjectStoreArgs<Plan extends ObjectsPlan = ObjectsPlan> {
  /** What the store is made of. */
  plan: Plan;
  /** Where it stands. */
  platform: Platform;
  /** Namespaces whose pods may connect when they carry the label clientLabel("objects"). */
  clientNamespaces: string[];
  /** Namespace of the edge, where the edge serves the store too; default: it does not. */
  edgeNamespace?: string;
}

/** Access key of one user. */
export interface AccessKey {
  /** Access key id: the user's name. */
  accessKeyId: string;
  /** Secret access key: generated, letters and digits. */
  secretAccessKey: pulumi.Output<string>;
}

/** An S3 object store: buckets in path style, TLS with a certificate of the site's CA. */
export interface ObjectStore extends pulumi.Resource {
  /** Absolute host name. */
  readonly host: string;
  /** Port of S3 over TLS. */
  readonly port: number;
  /** Region that requests are signed for. */
  readonly region: string;
  /** The connections that clients open, for their NetworkPolicies. */
  readonly clientFlow: Flow;
  /** Keys by name of the user. */
  readonly keys: Record<string, AccessKey>;
}

/** One class for each kind; a new kind is a file and a line here. */
const kinds = {
  minio: MinioObjectStore,
} satisfies {
  [Kind in ObjectsPlan["kind"]]: new (
    name: string,
    args: ObjectStoreArgs<Extract<ObjectsPlan, { kind: Kind }>>,
    opts?: pulumi.ComponentResourceOptions,
  ) => ObjectStore;
};

/** Makes an object store of the plan's kind. */
export function objectStore(name: string, args: ObjectStoreArgs, opts?: pulumi.ComponentResourceOptions): ObjectStore {
  return new kinds[args.plan.kind](name, args, opts);
}
