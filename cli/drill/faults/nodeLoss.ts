import { killMachine } from "../../../sandbox/machine.ts";
import { cutNetwork, healNetwork } from "../../../sandbox/network.ts";
import { nodeMachines, up } from "../../../sandbox/sandbox.ts";
import type { Target } from "../../database/target.ts";
import type { Drill, Fault } from "../drill.ts";
import type { StoreTarget } from "../../objects/target.ts";
import { podOf } from "../processes.ts";
import { repairable } from "../repair.ts";

/** The node of a pod is gone at once: processes and network. */
const loseNode: Fault<Target | StoreTarget> = {
  inject: async (target, victim) => {
    const { node } = await podOf(target, victim);
    return repairable(
      async () => {
        await healNetwork(node);
        await up({ yes: true });
      },
      async () => {
        await cutNetwork(node);
        await killMachine(node);
      },
    );
  },
  lastsSeconds: 60,
};

const withoutOtherNodes = ({ site }: Target | StoreTarget): string | undefined =>
  nodeMachines(site.name).length < 3 ? "its site has fewer than three nodes: nothing would be left" : undefined;

/** The primary's node is lost. */
export const nodeLoss: Drill = {
  summary: "kills the primary's node and cuts its network, and starts it again after 60 s",
  faults: { "node-lost": loseNode },
  unsuitable: withoutOtherNodes,
};

/** The node of one of the object store's servers is lost. */
export const objectNodeLoss: Drill<StoreTarget> = {
  summary: "kills the node of one of the object store's servers and cuts its network, and starts it again after 60 s",
  faults: { "node-lost": loseNode },
  unsuitable: withoutOtherNodes,
};
