import type { Monitored, Panel } from "./monitored.ts";

/** Columns of Grafana's grid, and of one graph. */
const GRID = 24;
const WIDTH = 8;
const HEIGHT = 7;

/**
 * A dashboard for Grafana: a row for each service, a graph for each of its panels.
 *
 * @param title what stands above it.
 */
export function dashboard(title: string, services: Monitored[]): object {
  const rows = services.filter(({ panels }) => panels.length > 0);
  let y = 0;
  const panels = rows.flatMap(({ name, panels: graphs }) => {
    const top = y;
    y += 1 + HEIGHT * Math.ceil((graphs.length * WIDTH) / GRID);
    return [
      { type: "row", title: name, collapsed: false, gridPos: { x: 0, y: top, w: GRID, h: 1 }, panels: [] },
      ...graphs.map((graph, index) => timeSeries(graph, { index, top: top + 1 })),
    ];
  });
  return {
    title,
    uid: title,
    schemaVersion: 39,
    refresh: "30s",
    time: { from: "now-3h", to: "now" },
    templating: { list: [{ name: "datasource", type: "datasource", query: "prometheus", label: "Data source" }] },
    panels: panels.map((panel, index) => ({ id: index + 1, ...panel })),
  };
}

const timeSeries = ({ title, unit, expr, legend }: Panel, { index, top }: { index: number; top: number }): object => ({
  type: "timeseries",
  title,
  datasource: { type: "prometheus", uid: "${datasource}" },
  gridPos: {
    x: (index * WIDTH) % GRID,
    y: top + HEIGHT * Math.floor((index * WIDTH) / GRID),
    w: WIDTH,
    h: HEIGHT,
  },
  fieldConfig: { defaults: { unit, min: 0, custom: { fillOpacity: 10 } }, overrides: [] },
  options: { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi" } },
  targets: [{ refId: "A", expr, legendFormat: legend }],
});
