import assert from "node:assert/strict";
import { sandboxTarget } from "../../../cli/drill/choose.ts";
import { untilComplete } from "../../../cli/database/target.ts";
import { runbookCommands, runbooks, runCommand } from "../runbookCommands.ts";
import { localStack, needsSandbox, type LocalStack } from "../support.ts";

/** What the local stack does not have: a Job by its number, another store or database than its own; and what changes something. */
const NOT_HERE = /NNN|\$CEPH|certificates -A|pg-exporter|objects-exporter|objects-copy|component=copy|delete/;

describe("what the runbooks say to look at", function () {
  this.timeout(600_000);
  let stack: LocalStack;
  /** What stands for one of several in a runbook. */
  let names: [RegExp, string][];

  before(async function () {
    needsSandbox(this);
    stack = await localStack();
    const target = sandboxTarget("local");
    const primary = await untilComplete(target);
    const replica = target.database.members.find(({ name }) => name !== primary)!.name;
    names = [
      [/\bpg-N\b/g, replica],
      [/\bPRIMARY\b/g, primary],
      [/\b(etcd|minio)-N\b/g, "$1-1"],
      [/\bPOD\b/g, `${replica}-0`],
      [/\bdeploy\/APP\b/g, "deploy/notes"],
    ];
  });

  for (const runbook of runbooks()) {
    const commands = runbookCommands(runbook).filter((command) => !NOT_HERE.test(command));
    if (commands.length === 0) continue;
    it(`is there: ${runbook}`, async () => {
      const { data, apps, edge, system } = stack.namespaces;
      const values = { STACK: "local", DATA: data, APPS: apps, EDGE: edge, SYSTEM: system };
      for (const command of commands) {
        const actual = names.reduce((text, [placeholder, name]) => text.replace(placeholder, name), command);
        const printed = await runCommand(actual, values);
        if (/ get /.test(actual)) assert.notEqual(printed.trim(), "", actual);
      }
    });
  }
});
