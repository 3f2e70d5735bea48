import { askPrometheus, type PrometheusPlace } from "../../cli/site/prometheus.ts";

/** A value of Prometheus, with its labels. */
export interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

/** What an expression of PromQL gives now. */
export const samples = async (place: PrometheusPlace, query: string): Promise<Sample[]> =>
  (await askPrometheus<{ result: Sample[] }>(place, "query", { query })).result;
