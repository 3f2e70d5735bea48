import type { MemberPlan } from "../../stacks/plan.ts";
import type { Account } from "./accounts.ts";

/** Name of the Secret (keys `username`, `password`, and `previous` where there was one) of an account of the platform. */
export const accountSecret = (plan: { name: string }, account: Account): string => `${plan.name}-account-${account}`;

/** Name of the Secret (keys `username` and `password`) of a role of config. Names of Secrets have no underscores. */
export const roleSecret = (plan: { name: string }, role: string): string =>
  `${plan.name}-role-${role.replaceAll("_", "-")}`;

/** Name of the Secret with the CA (key ca.crt) of a server that somebody else runs. */
export const externalCaSecret = (plan: { name: string }): string => `${plan.name}-external-ca`;

/** Name of the claim of a member's volume. */
export const dataClaim = (member: MemberPlan): string => `${member.name}-data`;
