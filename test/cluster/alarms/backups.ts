import type { AlarmCase } from "./alarmCase.ts";

const repository = (metric: string, name: string): string => `${metric}{repository="${name}"}`;
const backupAge = (name: string): string => repository("pgbackrest_backup_since_last_completion_seconds", name);
const status = (name: string): string => repository("pgbackrest_repo_status", name);

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
    alarm: "PostgresBackupDamaged",
    when: "the newest one at the other place has a damaged page, as two members see it",
    series: {
      [`pgbackrest_backup_last_error_status{backup_type="full",member="pg-0",repository="offsite"}`]: "0x60",
      [`pgbackrest_backup_last_error_status{backup_type="diff",member="pg-0",repository="offsite"}`]: "0x5 1x30 0x10",
      [`pgbackrest_backup_last_error_status{backup_type="diff",member="pg-1",repository="offsite"}`]: "0x5 1x30 0x10",
      [`pgbackrest_backup_last_error_status{backup_type="diff",member="pg-0",repository="site"}`]: "0x60",
    },
    quiet: ["5m", "15m", "40m"],
    raised: {
      at: "25m",
      as: [
        {
          labels: { repository: "offsite" },
          says: "The newest backup in repository offsite has pages with a wrong checksum: they are damaged on the member that it was made of",
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
