/** A sandbox's site of one node, in the config of a stack that a test or a measurement makes. */
export const ONE_NODE = {
  name: "site1",
  sandbox: true,
  capabilities: { nodes: 1, storageClasses: { block: "sandbox-local" } },
};
