import { execa } from "execa";
import type { Drill, Repair } from "../drill.ts";
import type { Target } from "../../database/target.ts";
import { others, podOf, processesOf, processOf, withoutReplicas } from "../processes.ts";
import { repairable } from "../repair.ts";

/** Gives the primary routes that lead nowhere: it reaches no other member, by pod or by Service. */
async function cutOff(target: Target, primary: string): Promise<Repair> {
  const pid = processOf(await processesOf(target, primary), "container");
  const members = others(target, primary);
  const pods = await Promise.all(members.map((member) => podOf(target, member)));
  const services = await Promise.all(members.map((member) => serviceAddress(target, member)));
  const addresses = [...pods.map(({ address }) => address), ...services];
  const routes = async (verb: "add" | "del"): Promise<void> => {
    for (const address of addresses) {
      const command = [`--net=/proc/${pid}/ns/net`, "ip", "route", verb, "blackhole", address];
      // Where the pod was replaced meanwhile its routes went with it.
      await execa("nsenter", command, { reject: verb === "add" });
    }
  };
  return repairable(
    () => routes("del"),
    () => routes("add"),
  );
}

async function serviceAddress({ kubectl, namespace }: Target, member: string): Promise<string> {
  const [service] = await kubectl.list(["service", member, "--namespace", namespace]);
  return (service!["spec"] as { clusterIP: string }).clusterIP;
}

/** The primary reaches the DCS and its clients, and no other member. */
export const networkCut: Drill = {
  summary: "cuts the primary off from the other members for 45 s, not from the DCS and not from clients",
  faults: {
    "members-cut": {
      inject: cutOff,
      lastsSeconds: 45,
    },
  },
  unsuitable: withoutReplicas,
};
