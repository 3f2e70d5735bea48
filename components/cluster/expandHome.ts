import { homedir } from "node:os";
import { resolve } from "node:path";

/** `~/x` as an absolute path; other paths relative to the project. */
export const expandHome = (path: string): string =>
  path.startsWith("~/") ? resolve(homedir(), path.slice(2)) : resolve(path);
