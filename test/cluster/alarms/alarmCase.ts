/** What a metric does in a test of alarms, and what must come of it. */
export interface AlarmCase {
  /** Name of the alarm. */
  alarm: string;
  /** What the metrics are, in a few words. */
  when: string;
  /** Series, in the namespace `data` where they name none, each with its values minute by minute as promtool writes them. */
  series: Record<string, string>;
  /** Moments at which it must not be raised. */
  quiet?: string[];
  /** The moment at which it must be raised, and what it then says, by the labels that it has beside its severity. */
  raised?: { at: string; as: { labels?: Record<string, string>; says: string }[] };
}
