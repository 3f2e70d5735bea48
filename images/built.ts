import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { buildFolder } from "./buildah.ts";
import type { LockedImage } from "./lock.ts";

/** An image that stands in the builder's storage. */
export interface BuiltImage extends LockedImage {
  /** Hash of what it was built from. */
  key: string;
}

/** Inside the storage, so that whoever deletes that deletes the record with it. */
const file = () => buildFolder("storage", "archipel.json");

/** File of the sandbox's set: the images that were built on this machine. */
export const builtLock = () => buildFolder("lock.json");

/** @returns the images that stand in the storage, by name; none if there is no record. */
export function readBuilt(): Record<string, BuiltImage> {
  try {
    return JSON.parse(readFileSync(file(), "utf8")) as Record<string, BuiltImage>;
  } catch {
    return {};
  }
}

/** Records the images that stand in the storage. */
export function writeBuilt(images: Record<string, BuiltImage>): void {
  writeWhole(file(), JSON.stringify(images));
}

/** Writes a file that is either the old one or the new one at every moment. */
export function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.partial`, text);
  renameSync(`${path}.partial`, path);
}

/** @returns the storage's name of an image built from the given key. */
export const storedName = (name: string, key: string) => `localhost/archipel/${name}:${key}`;
