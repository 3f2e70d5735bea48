import { projectRoot } from "../cli/projectRoot.ts";
import { evaluateConfig } from "../cli/render/evaluate.ts";
import { readStackFile } from "../cli/render/stackFile.ts";

/** Evaluates the local stack with a number of apps and prints what it took, as JSON. */
const count = Number(process.argv[2]);
const { values, secrets } = readStackFile(projectRoot, "local");
const [app] = JSON.parse(values["archipel:apps"]!) as [object];
const apps = Array.from({ length: count }, (_, index) => ({
  ...app,
  name: `notes-${index}`,
  routes: [{ host: `notes-${index}.localhost` }],
}));
const started = performance.now();
const resources = await evaluateConfig("local", {
  values: { ...values, "archipel:apps": JSON.stringify(apps) },
  secrets,
});
const milliseconds = performance.now() - started;
console.log(JSON.stringify({ resources: resources.length, milliseconds, kilobytes: process.resourceUsage().maxRSS }));
