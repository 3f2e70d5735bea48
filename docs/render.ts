import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Graphviz } from "@hpcc-js/wasm-graphviz";
import { drillFigures, drillFiguresPath } from "./drillFigures.ts";

/**
 * Draws the diagrams of the docs, which are kept as text.
 *
 * @returns the SVG of each `docs/*.dot` by the path of its picture.
 */
export async function drawDiagrams(): Promise<Map<string, string>> {
  const graphviz = await Graphviz.load();
  const sources = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".dot"));
  return new Map(
    sources.map((file) => {
      const source = readFileSync(join(import.meta.dirname, file), "utf8");
      return [join(import.meta.dirname, file.replace(/\.dot$/, ".svg")), graphviz.dot(source)];
    }),
  );
}

if (process.argv[1] === import.meta.filename) {
  for (const [path, svg] of await drawDiagrams()) writeFileSync(path, svg);
  writeFileSync(drillFiguresPath, drillFigures());
}
