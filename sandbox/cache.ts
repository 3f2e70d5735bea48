import { join, resolve } from "node:path";
import envPaths from "env-paths";

/**
 * The folder for everything that takes long to make and may be deleted at any time: built tools, images, and the
 * running sandbox's state. `ARCHIPEL_CACHE` moves it; the default is the user's cache folder (`~/.cache/archipel`).
 *
 * @param parts names of sub-folders, appended to the path (nothing is created)
 */
export function cacheDir(...parts: string[]): string {
  const chosen = process.env["ARCHIPEL_CACHE"];
  const root = chosen ? resolve(chosen) : envPaths("archipel", { suffix: "" }).cache;
  return join(root, ...parts);
}
