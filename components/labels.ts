/** Label of every pod that may open connections to a service: the service's NetworkPolicy admits it. */
export const clientLabel = (service: "dcs" | "database" | "database-members" | "objects"): string =>
  `archipel.io/client-of-${service}`;

/** The recommended labels of a component's objects. */
export function labels(name: string, component: string, instance = name): Record<string, string> {
  return {
    "app.kubernetes.io/name": component,
    "app.kubernetes.io/instance": instance,
    "app.kubernetes.io/component": name,
    "app.kubernetes.io/part-of": "archipel",
  };
}

/** The labels that select the pods made with the same arguments; never changed, since selectors are immutable. */
export function selector(name: string, component: string, instance = name): Record<string, string> {
  return {
    "app.kubernetes.io/name": component,
    "app.kubernetes.io/instance": instance,
    "app.kubernetes.io/component": name,
  };
}
