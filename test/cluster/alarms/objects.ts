import type { AlarmCase } from "./alarmCase.ts";

const CEPH = "test-site1-ceph";
const ceph = (metric: string, labels = ""): string => `${metric}{namespace="${CEPH}",job="ceph"${labels}}`;
const bucket = (metric: string, store: string, name: string): string =>
  `${metric}{job="objects",store="${store}",bucket="${name}"}`;
const ofBucket = (store: string, name: string): Record<string, string> => ({
  namespace: "data",
  job: "objects",
  store,
  bucket: name,
});

/** What MinIO says of the one set of a pool. */
const set = (pool: number, values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([what, value]) => [
      `minio_cluster_health_erasure_set_${what}{job="minio",pool="${pool}",set="0"}`,
      value,
    ]),
  );

/** Of the platform's own MinIO, which bears the loss of two drives. */
export const minioCases: AlarmCase[] = [
  {
    alarm: "ObjectDriveOffline",
    when: "one drive is away",
    series: { 'minio_cluster_drive_offline_total{job="minio"}': "0 1 1 0 1x20" },
    quiet: ["3m", "8m"],
    raised: {
      at: "10m",
      as: [{ says: "1 drives of the object store are away; each erasure set bears the loss of 2" }],
    },
  },
  {
    alarm: "ObjectStoreReadOnly",
    when: "a set of the second pool has fewer drives than a write needs, and the first one two less than it had",
    series: {
      ...set(0, { online_drives: "6 4x25", write_quorum: "4x26" }),
      ...set(1, { online_drives: "6 4x5 3x20", write_quorum: "4x26" }),
      'minio_cluster_drive_offline_total{job="minio"}': "0 4x5 5x20",
    },
    quiet: ["5m", "6m"],
    raised: {
      at: "8m",
      as: [
        {
          labels: { pool: "1", set: "0" },
          says: "Set 0 of the object store's pool 1 has 3 drives, fewer than a write needs: writes fail, and perhaps reads",
        },
      ],
    },
  },
  {
    alarm: "ObjectStoreNearlyFull",
    when: "a tenth is left",
    series: {
      'minio_cluster_capacity_usable_free_bytes{job="minio"}': "20x5 10x20",
      'minio_cluster_capacity_usable_total_bytes{job="minio"}': "100x30",
    },
    quiet: ["5m", "15m"],
    raised: { at: "17m", as: [{ says: "The object store has 10% of its space left" }] },
  },
];

/** Of a Ceph of three monitors. */
export const cephCases: AlarmCase[] = [
  {
    alarm: "CephHealthError",
    when: "it calls its state an error after it warned",
    series: { [ceph("ceph_health_status")]: "1x5 2x10" },
    quiet: ["5m", "6m"],
    raised: {
      at: "8m",
      as: [{ says: "Ceph calls its own state an error: data is in danger, or cannot be reached" }],
    },
  },
  {
    alarm: "CephHealthWarning",
    when: "it warns for longer than a moment",
    series: { [ceph("ceph_health_status")]: "0 1x5 0 1x30" },
    quiet: ["6m", "20m"],
    raised: { at: "23m", as: [{ says: "Ceph warns: it works, but something wants to be looked at" }] },
  },
  {
    alarm: "CephUnseen",
    when: "no manager says anything any more",
    series: { [ceph("ceph_health_status")]: "0x5 _x20" },
    quiet: ["8m"],
    raised: {
      at: "20m",
      as: [
        {
          labels: { namespace: CEPH, job: "ceph" },
          says: "No manager of Ceph says how it is: nothing of it is watched",
        },
      ],
    },
  },
  {
    alarm: "CephMonitorAway",
    when: "one of three monitors is away",
    series: {
      [ceph("ceph_mon_quorum_status", ',ceph_daemon="mon.a"')]: "1x20",
      [ceph("ceph_mon_quorum_status", ',ceph_daemon="mon.b"')]: "1x20",
      [ceph("ceph_mon_quorum_status", ',ceph_daemon="mon.c"')]: "1x3 0x20",
    },
    quiet: ["8m"],
    raised: {
      at: "10m",
      as: [{ says: "2 of 3 monitors of Ceph agree; with one, all volumes and buckets stand still" }],
    },
  },
  {
    alarm: "CephOsdDown",
    when: "one device is down",
    series: {
      [ceph("ceph_osd_up", ',ceph_daemon="osd.0"')]: "1x20",
      [ceph("ceph_osd_up", ',ceph_daemon="osd.1"')]: "1x3 0x20",
    },
    quiet: ["8m"],
    raised: { at: "10m", as: [{ says: "1 devices of Ceph are down; their data is copied anew from the others" }] },
  },
  {
    alarm: "CephDataUnavailable",
    when: "some placement groups take no requests",
    series: { [ceph("ceph_pg_total")]: "64x20", [ceph("ceph_pg_active")]: "64x3 60x20" },
    quiet: ["8m"],
    raised: {
      at: "10m",
      as: [{ says: "4 placement groups of Ceph take no requests: parts of volumes and buckets stand still" }],
    },
  },
  {
    alarm: "CephNearlyFull",
    when: "four fifths are used",
    series: { [ceph("ceph_cluster_total_used_raw_bytes")]: "70x5 80x20", [ceph("ceph_cluster_total_bytes")]: "100x30" },
    quiet: ["15m"],
    raised: { at: "17m", as: [{ says: "80% of Ceph's space is used; at 85 % it warns, at 95 % it takes no writes" }] },
  },
];

/** Of a store that somebody else runs, and of the second copy of any: it may be two hours old. */
export const copyCases: AlarmCase[] = [
  {
    alarm: "ObjectBucketUnreachable",
    when: "one bucket does not answer to its user",
    series: {
      [bucket("archipel_objects_bucket_answers", "site", "files")]: "1x3 0x20",
      [bucket("archipel_objects_bucket_answers", "site", "maps")]: "1x20",
    },
    quiet: ["6m"],
    raised: {
      at: "8m",
      as: [
        {
          labels: ofBucket("site", "files"),
          says: "The bucket files does not answer to its user: apps that use it neither read nor write",
        },
      ],
    },
  },
  {
    alarm: "ObjectsCopyTooOld",
    when: "one copy was complete at the beginning, and another is never",
    series: {
      [bucket("archipel_objects_copied_timestamp_seconds", "copy", "files")]: "1x150",
      [bucket("archipel_objects_copied_timestamp_seconds", "copy", "maps")]: "0x150",
    },
    quiet: ["2h"],
    raised: {
      at: "130m",
      as: [
        {
          labels: ofBucket("copy", "files"),
          says: "The second copy files was complete 2h 9m 59s ago; what came since has no copy",
        },
      ],
    },
  },
  {
    alarm: "ObjectsCopyMissing",
    when: "one copy is never complete",
    series: {
      [bucket("archipel_objects_copied_timestamp_seconds", "copy", "files")]: "1x150",
      [bucket("archipel_objects_copied_timestamp_seconds", "copy", "maps")]: "0x150",
    },
    quiet: ["119m"],
    raised: {
      at: "130m",
      as: [
        {
          labels: ofBucket("copy", "maps"),
          says: "The second copy maps was never complete: a lost object does not come back",
        },
      ],
    },
  },
  {
    alarm: "ObjectsCopyUnseen",
    when: "a copy does not answer for an hour",
    series: { [bucket("archipel_objects_bucket_answers", "copy", "files")]: "1 0 1 0x90" },
    quiet: ["62m"],
    raised: {
      at: "65m",
      as: [
        {
          labels: ofBucket("copy", "files"),
          says: "The second copy files does not answer: nobody knows how old it is, and nothing is copied",
        },
      ],
    },
  },
];
