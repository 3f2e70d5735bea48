import * as pulumi from "@pulumi/pulumi";

/** Types that Pulumi waits for until they work. */
const AWAITED = [
  "kubernetes:apps/v1:Deployment",
  "kubernetes:batch/v1:Job",
  // It serves with a certificate, and Jobs that store something in it wait for it.
  "kubernetes:ceph.rook.io/v1:CephObjectStore",
];
/** Types that work only with others of their kind, or with what is made after them: what uses them is waited for instead. */
const STATEFUL_SET = "kubernetes:apps/v1:StatefulSet";
const SERVICE = "kubernetes:core/v1:Service";
/** Deleted, it waits for the pods that use it: what runs them must go first. */
const CLAIM = "kubernetes:core/v1:PersistentVolumeClaim";

/** Components that are made together, and what Pulumi waits for in them. */
export interface Stage {
  /** Options of the components. */
  options: pulumi.ComponentResourceOptions;
  /** Resources that are waited for, known once the components are made. */
  awaited: pulumi.Resource[];
}

/**
 * Lets Pulumi wait for a resource only after everything is there that the resource needs to work. Pulumi has four places for
 * each core: without an order, those that wait would take all places from those that they wait for.
 *
 * @param provider provider of the components.
 * @param ready what must exist before anything of the stage does. A component's own dependsOn does not reach its children.
 * @param after stages that must work before what is waited for here can.
 */
export function stage(provider: pulumi.ProviderResource, ready: pulumi.Resource[], after: Stage[] = []): Stage {
  const awaited: pulumi.Resource[] = [];
  const claims: pulumi.Resource[] = [];
  const order: pulumi.ResourceTransformation = ({ type, resource, props, opts }) => {
    if (type === STATEFUL_SET) return { props: notAwaited(props), opts: dependOn(opts, [...ready, ...claims]) };
    if (type === SERVICE) return { props: notAwaited(props), opts: dependOn(opts, ready) };
    if (type === CLAIM) claims.push(resource);
    if (!AWAITED.includes(type)) return { props, opts: dependOn(opts, ready) };
    const before = [...ready, ...after.flatMap((one) => one.awaited), ...awaited];
    awaited.push(resource);
    return { props, opts: dependOn(opts, before) };
  };
  return { options: { provider, transformations: [order] }, awaited };
}

const dependOn = (opts: pulumi.ResourceOptions, resources: pulumi.Resource[]): pulumi.ResourceOptions =>
  pulumi.mergeOptions(opts, { dependsOn: resources });

/** The properties of an object, of which only the metadata matter here. */
interface Properties {
  metadata?: { annotations?: Record<string, pulumi.Input<string>> };
}

function notAwaited(props: Properties): Properties {
  const annotations = { ...props.metadata?.annotations, "pulumi.com/skipAwait": "true" };
  return { ...props, metadata: { ...props.metadata, annotations } };
}
