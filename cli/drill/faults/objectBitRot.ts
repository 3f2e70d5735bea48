import { driveClaim, driveName } from "../../../components/objects/minioVolumes.ts";
import { onServer, type StoreTarget } from "../../objects/target.ts";
import { UserError } from "../../userError.ts";
import type { Drill } from "../drill.ts";
import { onVolumes, volumeOf } from "../volumes.ts";

/** Files of each kind that are damaged. */
const FILES = 16;

/**
 * Damages parts of objects, and small objects that lie in their metadata, and prints for each its checksum before and after.
 * `.minio.sys` is left alone: that is no client's data.
 */
const DAMAGE = `
cd "$1"
{ find */drill-* -name part.1 2>/dev/null | head -n ${FILES}
  find */drill-* -name xl.meta -size +8 2>/dev/null | head -n ${FILES}; } | while read -r file; do
  before=$(sha256sum <"$file" | cut -d' ' -f1)
  size=$(stat --format %s "$file")
  head -c 64 /dev/urandom | dd of="$file" bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
  echo "$file $before $(sha256sum <"$file" | cut -d' ' -f1)"
done`;

interface Damaged {
  file: string;
  before: string;
  after: string;
}

/** Key of the object of a file on a drive: the folders are the bucket, the key and, of a part, the version. */
export const keyOf = (file: string): string =>
  file.replace(/^[^/]+\//, "").replace(/(\/[^/]+\/part\.1|\/xl\.meta)$/, "");

/** What was damaged last, and where. */
let damaged: { server: string; files: Damaged[] } | undefined;

async function damage(target: StoreTarget, server: string): Promise<void> {
  const { kubectl, namespace } = target;
  const [printed] = await onVolumes([await volumeOf(kubectl, namespace, driveClaim(server, driveName(0)))], DAMAGE);
  const files = printed!
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" ") as [string, string, string])
    .map(([file, before, after]) => ({ file, before, after }));
  if (files.length === 0) throw new UserError(`there was nothing to damage on ${server}`);
  damaged = { server, files };
}

/** Has the store look at every byte, as it does by itself once a month, and looks whether the files are whole again. */
async function mend(target: StoreTarget): Promise<void> {
  const { server, files } = damaged!;
  await onServer(target, server, "minio-heal", "600", "deep");
  const script = 'cd "$1"; shift; for file; do sha256sum <"$file" | cut -d" " -f1; done';
  const names = files.map(({ file }) => file);
  const now = (await onServer(target, server, "bash", "-c", script, "bash", `/${driveName(0)}`, ...names)).split("\n");
  // Metadata is written anew, not to the same bytes.
  const left = files.filter(({ file, before, after }, index) =>
    file.endsWith("part.1") ? now[index] !== before : now[index] === after,
  );
  if (left.length > 0)
    throw new UserError(`${left.length} of ${files.length} damaged files are not whole again: ${left[0]!.file}`);
}

/** Bits of objects change on one drive: nobody reads wrong ones, and they are mended. */
export const objectBitRot: Drill<StoreTarget> = {
  summary: "changes bytes of objects on one drive, reads these objects, then looks whether they are mended",
  faults: {
    "bit-rot": {
      ballast: 2 ** 26,
      inject: damage,
      damaged: () => ({ server: damaged!.server, keys: [...new Set(damaged!.files.map(({ file }) => keyOf(file)))] }),
      verify: mend,
    },
  },
};
