import { dirname } from "node:path";

/** The project's folder. */
export const projectRoot = dirname(import.meta.dirname);
