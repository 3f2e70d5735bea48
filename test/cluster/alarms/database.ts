import type { AlarmCase } from "./alarmCase.ts";

const member = (name: string, job: string): Record<string, string> => ({ namespace: "data", job, member: name });
const patroni = (metric: string, name: string): string => `${metric}{job="patroni",member="${name}"}`;
const volume = (what: string): string => `node_filesystem_${what}_bytes{job="postgres-volume",member="pg-0"}`;
const repository = (metric: string, name: string): string => `${metric}{repository="${name}"}`;
const backupAge = (name: string): string => repository("pgbackrest_backup_since_last_completion_seconds", name);
const status = (name: string): string => repository("pgbackrest_repo_status", name);

/** Of the members of a database. */
export const memberCases: AlarmCase[] = [
  {
    alarm: "PostgresNoPrimary",
    when: "a primary hands over, and another goes for good",
    // At one minute, and from the fifth on.
    series: { [patroni("patroni_primary", "pg-0")]: "1 0 0x60", [patroni("patroni_primary", "pg-1")]: "0 0 1x2 0x60" },
    quiet: ["1m", "2m", "5m"],
    raised: { at: "6m", as: [{ says: "No member takes writes: clients wait, and then get errors" }] },
  },
  {
    alarm: "PostgresNoPrimary",
    when: "nothing is known of any member",
    series: {},
    raised: { at: "1m", as: [{ says: "No member takes writes: clients wait, and then get errors" }] },
  },
  {
    alarm: "PostgresTwoPrimaries",
    when: "two stay primary",
    series: { [patroni("patroni_primary", "pg-0")]: "1x10", [patroni("patroni_primary", "pg-1")]: "0x2 1x10" },
    quiet: ["2m", "3m"],
    raised: { at: "4m", as: [{ says: "2 members say that they are the primary" }] },
  },
  {
    alarm: "PostgresMemberDown",
    when: "PostgreSQL does not run on one, and another gives no metrics",
    series: {
      [patroni("patroni_postgres_running", "pg-0")]: "1x20",
      [patroni("patroni_postgres_running", "pg-1")]: "1x3 0x20",
      [patroni("up", "pg-2")]: "0x20",
    },
    quiet: ["4m"],
    raised: {
      at: "10m",
      as: ["pg-1", "pg-2"].map((name) => ({
        labels: member(name, "patroni"),
        says: `${name} does not run: the database bears fewer failures than it should`,
      })),
    },
  },
  {
    alarm: "PostgresReplicaBehind",
    when: "one replica falls behind by 128 MiB, another by a little, and a third of a former primary counts for nothing",
    series: {
      [patroni("patroni_xlog_location", "pg-0")]: "1073741824x20",
      [patroni("patroni_xlog_replayed_location", "pg-0")]: "0x20",
      [patroni("patroni_replica", "pg-0")]: "0x20",
      [patroni("patroni_xlog_replayed_location", "pg-1")]: "939524096x20",
      [patroni("patroni_replica", "pg-1")]: "1x20",
      [patroni("patroni_xlog_replayed_location", "pg-2")]: "1072693248x20",
      [patroni("patroni_replica", "pg-2")]: "1x20",
    },
    quiet: ["4m"],
    raised: {
      at: "6m",
      as: [
        {
          labels: member("pg-1", "patroni"),
          says: "pg-1 is 128MiB behind: it serves no reads, and a failover to it would wait",
        },
      ],
    },
  },
  {
    alarm: "PostgresSyncSetSmall",
    when: "one of two replicas confirms commits no longer",
    series: {
      [patroni("patroni_quorum_standby", "pg-1")]: "1x30",
      [patroni("patroni_sync_standby", "pg-2")]: "1x9 0x30",
    },
    quiet: ["9m", "14m"],
    raised: {
      at: "16m",
      as: [{ says: "1 of 2 replicas confirm commits: with none, one more failure can lose what was acknowledged" }],
    },
  },
  {
    alarm: "PostgresConnectionsNearlyUsed",
    when: "one member uses nine of ten connections, and another half of them",
    series: {
      'pg_stat_activity_count{member="pg-0",state="active"}': "60x20",
      'pg_stat_activity_count{member="pg-0",state="idle"}': "30x20",
      'pg_settings_max_connections{member="pg-0"}': "100x20",
      'pg_stat_activity_count{member="pg-1",state="idle"}': "50x20",
      'pg_settings_max_connections{member="pg-1"}': "100x20",
    },
    quiet: ["4m"],
    raised: { at: "6m", as: [{ labels: { member: "pg-0" }, says: "pg-0 uses 90% of its connections" }] },
  },
  {
    alarm: "PostgresWraparound",
    when: "vacuum does not keep up in one database",
    series: {
      'pg_database_wraparound_age_datfrozenxid_seconds{datname="notes",member="pg-0"}': "1200000000x90",
      'pg_database_wraparound_age_datfrozenxid_seconds{datname="wiki",member="pg-0"}': "200000000x90",
    },
    quiet: ["59m"],
    raised: {
      at: "61m",
      as: [
        {
          labels: { datname: "notes" },
          says: "The oldest transaction of notes is 1.2G transactions old: vacuum does not keep up",
        },
      ],
    },
  },
  {
    alarm: "PostgresVolumeFilling",
    when: "less than half is left, and goes by 72 of 200 a day",
    series: { [volume("avail")]: "90-0.05x120", [volume("size")]: "200x120" },
    quiet: ["59m"],
    raised: {
      at: "70m",
      as: [
        {
          labels: member("pg-0", "postgres-volume"),
          says: "The volume of pg-0 is full within four days if it goes on like this",
        },
      ],
    },
  },
  {
    alarm: "PostgresVolumeFilling",
    when: "more than half is left",
    series: { [volume("avail")]: "190-0.05x120", [volume("size")]: "200x120" },
    quiet: ["120m"],
  },
  {
    alarm: "PostgresVolumeFilling",
    when: "what is left lasts for a week",
    series: { [volume("avail")]: "90-0.008x120", [volume("size")]: "200x120" },
    quiet: ["120m"],
  },
  {
    alarm: "PostgresVolumeNearlyFull",
    when: "a twentieth is left",
    series: { [volume("avail")]: "30x5 10x20", [volume("size")]: "200x30" },
    quiet: ["5m", "10m"],
    raised: {
      at: "12m",
      as: [
        {
          labels: member("pg-0", "postgres-volume"),
          says: "The volume of pg-0 has 5% left: PostgreSQL stops when it is full",
        },
      ],
    },
  },
  {
    alarm: "PoolerClientsWait",
    when: "clients of one database wait for 30 s",
    series: {
      'pgbouncer_pools_client_maxwait_seconds{database="notes",user="notes"}': "30x5",
      'pgbouncer_pools_client_maxwait_seconds{database="wiki",user="notes"}': "1x5",
    },
    quiet: ["0m"],
    raised: {
      at: "2m",
      as: [
        {
          labels: { database: "notes", user: "notes" },
          says: "Clients of notes wait 30s for a connection to PostgreSQL",
        },
      ],
    },
  },
];

/** Of backups, and of the proofs that they can be restored. */
export const backupCases: AlarmCase[] = [
  {
    alarm: "PostgresWalNotArchived",
    when: "archiving fails for good after it failed once",
    series: {
      'archipel_archive_failing{member="pg-0"}': "0 1 1 0x9 1x30",
      'archipel_archive_failing{member="pg-1"}': "0x60",
    },
    quiet: ["2m", "21m"],
    raised: {
      at: "24m",
      as: [
        {
          labels: { namespace: "data", member: "pg-0" },
          says: "A repository takes no WAL of pg-0: what is written now is missing in it, and fills the volume up to the queue",
        },
      ],
    },
  },
  {
    alarm: "PostgresRepositoryUnreachable",
    when: "the one at the other place cannot be read",
    series: { [status("site")]: "0x60", [status("offsite")]: "0x5 99x60" },
    quiet: ["5m", "34m"],
    raised: {
      at: "37m",
      as: [
        {
          labels: { repository: "offsite" },
          says: "Repository offsite cannot be read or has no backup: there is no restore from it",
        },
      ],
    },
  },
  {
    alarm: "PostgresRepositoryUnreachable",
    when: "nothing is known of the one on the site",
    series: { [status("offsite")]: "0x60" },
    quiet: ["29m"],
    raised: {
      at: "31m",
      as: [
        {
          labels: { namespace: "data", repository: "site" },
          says: "Repository site cannot be read or has no backup: there is no restore from it",
        },
      ],
    },
  },
  {
    alarm: "PostgresBackupTooOld",
    when: "the one at the other place is too old, behind a fresh one on the site",
    series: { [backupAge("site")]: "3600x30", [backupAge("offsite")]: "172500+60x30" },
    quiet: ["5m", "14m"],
    raised: {
      at: "20m",
      as: [
        {
          labels: { repository: "offsite" },
          says: "The newest backup in repository offsite is 2d 0h 15m 0s old: a restore has to replay all WAL since then",
        },
      ],
    },
  },
  {
    alarm: "PostgresRepositoryHasGap",
    when: "one lacks WAL until its next backup, as two members see it, and another lacks some for a moment",
    series: {
      [`archipel_archive_missing_segments{member="pg-0",repository="offsite"}`]: "0x5 7x30 0x10",
      [`archipel_archive_missing_segments{member="pg-1",repository="offsite"}`]: "0x5 7x30 0x10",
      [repository("archipel_archive_missing_segments", "site")]: "0x5 1x5 0x40",
    },
    quiet: ["5m", "15m", "40m"],
    raised: {
      at: "25m",
      as: [
        {
          labels: { repository: "offsite" },
          says: "Repository offsite lacks 7 WAL segments since its newest backup: a restore from it ends there",
        },
      ],
    },
  },
  {
    alarm: "PostgresRestoreProofTooOld",
    when: "one repository was not proven for two days",
    series: {
      [repository("archipel_restore_proof_age_seconds", "site")]: "172500+60x30",
      [repository("archipel_restore_proof_age_seconds", "offsite")]: "50000+60x30",
    },
    quiet: ["5m", "14m"],
    raised: {
      at: "20m",
      as: [{ labels: { repository: "site" }, says: "No restore from repository site was proven for 2d 0h 15m 0s" }],
    },
  },
  {
    alarm: "PostgresRestoreProofFailed",
    when: "the newest try failed, and the next one does not",
    series: {
      [repository("archipel_restore_proof_failed", "site")]: "0x60",
      [repository("archipel_restore_proof_failed", "offsite")]: "0x5 1x20 0x30",
    },
    quiet: ["15m", "28m"],
    raised: {
      at: "17m",
      as: [
        {
          labels: { repository: "offsite" },
          says: "The newest restore from repository offsite failed, lacked what was committed, or was broken: archipel status says which",
        },
      ],
    },
  },
];
