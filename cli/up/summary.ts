import pc from "picocolors";
import { roleSecret } from "../../components/database/names.ts";
import type { Plan, SitePlan } from "../../stacks/plan.ts";
import { withSite, type SiteAccess } from "../site/access.ts";
import type { StepTimes } from "../step.ts";
import type { UpResult } from "./result.ts";

/** What a person wants to know when a stack stands: what changed, where it answers, how to connect. */
export async function summary(plan: Plan, { way, changes }: UpResult, times: StepTimes): Promise<string> {
  const total = Object.values(times).reduce((sum, seconds) => sum + seconds, 0);
  const sites: string[] = [];
  for (const site of plan.sites) {
    const { added, changed, removed, kept } = changes[site.name] ?? changes[plan.stack]!;
    const change =
      added + changed + removed === 0 ? "nothing changed" : `${added} added, ${changed} changed, ${removed} removed`;
    sites.push(
      "",
      `${pc.bold(site.name)}: ${change}`,
      ...kept.map((one) => `  kept, since it may hold data: ${one}`),
      ...(await withSite(plan, site, (access) => connections(site, access))),
    );
  }
  return [`${pc.green("The stack stands")} after ${total.toFixed(1)} s, applied ${way}.`, ...sites, ""].join("\n");
}

async function connections(site: SitePlan, access: SiteAccess): Promise<string[]> {
  const https = await access.edge(443);
  const suffix = https?.port === 443 ? "" : `:${https?.port}`;
  const line = (name: string, text: string): string => `  ${name.padEnd(12)} ${text}`;
  return [
    ...site.apps.flatMap((app) =>
      app.routes.map(({ host, path }) => line(app.name, `https://${host}${suffix}${path}`)),
    ),
    ...(site.sandbox ? [line("kubectl", `export KUBECONFIG=${access.kubectl.kubeconfig}`)] : []),
    ...(await databaseConnection(site, access, line)),
  ];
}

async function databaseConnection(
  { database, edge, namespaces }: SitePlan,
  access: SiteAccess,
  line: (name: string, text: string) => string,
): Promise<string[]> {
  const first = database?.databases[0];
  if (!first) return [];
  const owner = first.owner;
  const { login } = database.roles.find(({ name }) => name === owner)!;
  const secret = roleSecret(database, owner);
  const password = `kubectl --namespace ${namespaces.data.name} get secret ${secret} --output jsonpath={.data.password} | base64 --decode`;
  const route = edge?.tcp.find((one) => one.to === "database-primary");
  const address = route && (await access.edge(route.port));
  return [
    ...(address
      ? [
          line(
            "PostgreSQL",
            `psql "host=${address.host} port=${address.port} dbname=${first.name} user=${login} sslmode=require"`,
          ),
        ]
      : []),
    line("password", password),
  ];
}
