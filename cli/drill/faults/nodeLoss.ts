import { killMachine } from "../../../sandbox/machine.ts";
import { cutNetwork, healNetwork } from "../../../sandbox/network.ts";
import { nodeMachines, up } from "../../../sandbox/sandbox.ts";
import type { Drill } from "../drill.ts";
import { podOf } from "../processes.ts";

/** The primary's node is gone at once: processes and network. */
export const nodeLoss: Drill = {
  summary: "kills the primary's node and cuts its network, and starts it again after 60 s",
  faults: {
    "node-lost": {
      inject: async (target, primary) => {
        const { node } = await podOf(target, primary);
        await cutNetwork(node);
        await killMachine(node);
        return async () => {
          await healNetwork(node);
          await up({ yes: true });
        };
      },
      lastsSeconds: 60,
    },
  },
  unsuitable: ({ site }) =>
    nodeMachines(site.name).length < 3 ? "its site has fewer than three nodes: nothing would be left" : undefined,
};
