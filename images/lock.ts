import { readFile } from "node:fs/promises";
import { z } from "zod";

const lockSchema = z.strictObject({
  images: z.record(
    z.string().regex(/^[a-z][a-z0-9-]*$/),
    z.strictObject({
      tag: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/),
      digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
    }),
  ),
});

/** One set of the platform's images: which builds belong together. */
export type ImageLock = z.output<typeof lockSchema>;

/** One image of a lock: `tag` is for the reader, `digest` (sha256 of the manifest) is what counts. */
export type LockedImage = ImageLock["images"][string];

/**
 * Reads a lock file: `images/lock.json` for the published set, `lock.json` in the cache for the sandbox's.
 *
 * @param path the file.
 * @throws Error with the path and what is wrong if the file is not there or not a lock.
 */
export async function readLock(path: string): Promise<ImageLock> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new Error(`${path}: the image lock cannot be read: ${(error as Error).message}`, { cause: error });
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: the image lock is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const lock = lockSchema.safeParse(content);
  if (!lock.success) throw new Error(`${path}: not an image lock:\n${z.prettifyError(lock.error)}`);
  return lock.data;
}

/** @returns the bytes of a lock file: names sorted, so that equal locks are equal files. */
export function formatLock(lock: ImageLock): string {
  const images = Object.fromEntries(Object.entries(lock.images).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ images }, null, 2)}\n`;
}
