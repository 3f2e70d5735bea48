import type { AlarmCase } from "./alarmCase.ts";

/** Of a PostgreSQL that somebody else runs: its WAL may wait for 30 minutes. */
export const externalCases: AlarmCase[] = [
  {
    alarm: "ExternalPostgresDown",
    when: "the server does not answer the exporter",
    series: { 'pg_up{job="postgres"}': "1x2 0x10", 'up{job="postgres"}': "1x20" },
    quiet: ["3m"],
    raised: {
      at: "5m",
      as: [
        {
          labels: { namespace: "data", job: "postgres" },
          says: "db.example.org does not answer: apps that are bound to it get errors",
        },
      ],
    },
  },
  {
    alarm: "ExternalPostgresWalNotArchived",
    when: "archiving fails for longer than config allows",
    series: { 'archipel_archive_failing{job="postgres"}': "0 1x60" },
    quiet: ["30m"],
    raised: {
      at: "32m",
      as: [
        {
          labels: { namespace: "data", job: "postgres" },
          says: "db.example.org does not archive its WAL: what is written now is in no backup of it",
        },
      ],
    },
  },
];
