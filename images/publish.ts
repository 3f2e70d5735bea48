import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { buildImages } from "./build.ts";
import { formatLock } from "./lock.ts";
import { pushImages } from "./push.ts";

/**
 * Builds all images, pushes them and writes the lock of the published set: `tsx images/publish.ts PREFIX`, where PREFIX is
 * the registry and path before the images' names. Log in with `buildah login` first where the registry asks for it.
 */
const [prefix, ...rest] = process.argv.slice(2);
if (!prefix || rest.length > 0) {
  console.error("usage: tsx images/publish.ts PREFIX, such as registry.example.org/archipel");
  process.exit(2);
}

try {
  const report = (line: string) => console.log(line);
  const lock = await buildImages({ report });
  await pushImages({ prefix, report });
  const path = fileURLToPath(new URL("lock.json", import.meta.url));
  await writeFile(path, formatLock(lock));
  console.log(`${path} has the digests of what ${prefix} has now: commit it`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
