/** The Ceph that is run where config names no other. */
export const CEPH_IMAGE =
  "quay.io/ceph/ceph:v20.2.2@sha256:6b4b5ae33acd3d736eb26d2a19238bce71a22f9cfb99cca887ba6312d0957644";

const FORWARDED_WRITES =
  "forwarded multisite writes: what a site hands on to the master of the metadata, such as a new bucket, is refused";

/** Releases that break something which stacks use, with what they break. */
const BROKEN: Record<string, string> = { "19.2.6": FORWARDED_WRITES, "20.2.4": FORWARDED_WRITES };

/** Series that Rook runs: Squid and Tentacle. */
const SERIES = ["19.2", "20.2"];

/** Version of a Ceph image by its tag, such as `20.2.2`; undefined where the tag names no release. */
export const cephVersion = (image: string): string | undefined =>
  /:v([0-9]+\.[0-9]+\.[0-9]+)(-[0-9]{8})?@/.exec(image)?.[1];

/** What may stand in the place of a Ceph image; undefined where the image itself may. */
export function refuseCephImage(image: string): string | undefined {
  const version = cephVersion(image);
  if (!version) return "an image whose tag names a release, such as quay.io/ceph/ceph:v20.2.2@sha256:...";
  const broken = BROKEN[version];
  if (broken) return `another release than ${version}, which breaks ${broken}`;
  if (!SERIES.some((series) => version.startsWith(`${series}.`)))
    return `a release of ${SERIES.join(" or ")}: Rook runs no other`;
  return undefined;
}
