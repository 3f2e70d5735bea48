/** Minutes that divide an hour evenly, so that cron's steps are equal. */
const STEPS = [30, 20, 15, 10, 5];

/**
 * How often to look for certificates to renew: at least four times in the last third of their life, so that a failed run
 * costs nothing; never less than every hour, since the same run repairs what was deleted.
 *
 * @param lifetimeHours hours that a certificate is valid.
 * @returns a cron schedule.
 */
export function renewalSchedule(lifetimeHours: number): string {
  const longest = (lifetimeHours * 60) / 3 / 4;
  if (longest >= 60) return "7 * * * *";
  return `*/${STEPS.find((minutes) => minutes <= longest) ?? 5} * * * *`;
}
