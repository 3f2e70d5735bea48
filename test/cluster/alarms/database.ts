import type { AlarmCase } from "./alarmCase.ts";

const member = (name: string, job: string): Record<string, string> => ({ namespace: "data", job, member: name });
const patroni = (metric: string, name: string): string => `${metric}{job="patroni",member="${name}"}`;
const volume = (what: string): string => `node_filesystem_${what}_bytes{job="postgres-volume",member="pg-0"}`;

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
