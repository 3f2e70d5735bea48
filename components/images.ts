/** The digests of the platform's images: one set of an image lock. */
export interface ImageLock {
  /** Images by name. */
  images: Record<string, { tag: string; digest: string }>;
}

/** Gives the full, digest-pinned reference of an image by its name in the lock. */
export type ImageResolver = (name: string) => string;

/**
 * @param lock the lock's content.
 * @param prefix registry and path before the name.
 * @returns a resolver; a reference that already carries a digest is returned as it is. An unknown name is a
 *   programming error here, since config's check names it first.
 */
export function imageResolver(lock: ImageLock, prefix: string): ImageResolver {
  return (name) => {
    if (name.includes("@sha256:")) return name;
    const entry = lock.images[name];
    if (!entry) throw new Error(`image ${name} is not in the lock`);
    return `${prefix}/${name}:${entry.tag}@${entry.digest}`;
  };
}
