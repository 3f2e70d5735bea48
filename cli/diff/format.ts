import pc from "picocolors";
import { isKubernetes, siteOf } from "../render/manifests.ts";
import type { Resource } from "../render/evaluate.ts";
import type { Difference } from "./compare.ts";

/** Longest value that a line shows whole. */
const LONGEST = 200;

/** A resource in the words of the one who runs the site: kind, namespace/name and site. */
function title(resource: Resource): string {
  if (!isKubernetes(resource)) return `${resource.type} ${resource.name}`;
  const { kind, metadata } = resource.inputs as { kind: string; metadata: { name: string; namespace?: string } };
  const place = metadata.namespace ? `${metadata.namespace}/` : "";
  return `${kind} ${place}${metadata.name} (${siteOf(resource)})`;
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}... (${text.length} characters)` : text;
}

const isEmpty = ({ added, removed, changed }: Difference): boolean =>
  added.length + removed.length + changed.length === 0;

const summary = ({ added, removed, changed }: Difference): string =>
  `${added.length} added, ${removed.length} removed, ${changed.length} changed`;

/** The difference for a terminal. */
export function toText(difference: Difference): string {
  if (isEmpty(difference)) return "nothing changes\n";
  const lines = [
    ...difference.added.map((one) => pc.green(`+ ${title(one)}`)),
    ...difference.removed.map((one) => pc.red(`- ${title(one)}`)),
    ...difference.changed.flatMap(({ resource, fields }) => [
      pc.yellow(`~ ${title(resource)}`),
      ...fields.map(({ path, before, after }) => `    ${path}: ${show(before)} -> ${show(after)}`),
    ]),
    summary(difference),
  ];
  return `${lines.join("\n")}\n`;
}

/** The difference for a merge request. */
export function toMarkdown(stack: string, against: string, difference: Difference): string {
  const heading = `### Stack \`${stack}\` against \`${against}\`\n\n`;
  if (isEmpty(difference)) return `${heading}Nothing changes.\n`;
  const section = (name: string, lines: string[]): string =>
    lines.length > 0 ? `\n**${name}**\n\n${lines.join("\n")}\n` : "";
  return [
    `${heading}${summary(difference)}\n`,
    section(
      "Added",
      difference.added.map((one) => `- ${title(one)}`),
    ),
    section(
      "Removed",
      difference.removed.map((one) => `- ${title(one)}`),
    ),
    section(
      "Changed",
      difference.changed.flatMap(({ resource, fields }) => [
        `- ${title(resource)}`,
        ...fields.map(({ path, before, after }) => `  - \`${path}\`: ${code(before)} → ${code(after)}`),
      ]),
    ),
  ].join("");
}

/** Code in Markdown, fenced by more backticks than the value has. */
function code(value: unknown): string {
  const text = show(value);
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest > 0 ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`;
}
