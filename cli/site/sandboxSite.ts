import { instance } from "../../sandbox/instance.ts";
import { loopbackPort } from "../../sandbox/plan.ts";
import * as sandbox from "../../sandbox/sandbox.ts";
import { tool } from "../../sandbox/toolchain/build.ts";
import type { SitePlan } from "../../stacks/plan.ts";
import { kubectl } from "../kubectl.ts";

/** kubectl for a site of the sandbox. */
export const sandboxKubectl = (site: SitePlan) => kubectl(tool("kubectl"), sandbox.kubeconfig(site.name));

/** Where the edge of a site answers on this machine. */
export const edgeOf = (site: SitePlan, index: number, port = 443) =>
  site.edge && { host: instance().loopback, port: loopbackPort(port, index) };
