#!/usr/bin/env node
// The command is TypeScript, transpiled at start: there is no build step that could be forgotten.
import { register } from "tsx/esm/api";

register();
await import("../cli/main.ts");
