/** The demo's result: a table per domain, a sheet of examples and a page that holds both. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../core/files/atomic-file.js";
import type { Case } from "../../data/dataset.js";
import { type SheetTile, writeContactSheet } from "../../drawing/contact-sheet.js";
import { escapeHtml, htmlImage, htmlLegend, htmlPage, htmlTable } from "../../drawing/html.js";
import { evaluateNetwork, type PartScore } from "../../judging/evaluate-network.js";
import { judgedCases } from "../../judging/judged-cases.js";
import { type EvaluationSummary, summarise } from "../../judging/summarise.js";
import type { LoadedRun } from "../../runs/load-run.js";
import { outlinedTile } from "./comparison-sheet.js";

/** A trained run under the name it has in the table. */
export interface NamedRun {
  name: string;
  run: LoadedRun;
}

interface Judged extends NamedRun {
  scores: readonly PartScore[];
  summary: EvaluationSummary;
}

function askedOf({ device, precision, normalisation }: Pick<LoadedRun, "device" | "precision" | "normalisation">) {
  return { device, precision, normalisation };
}

async function judge({ name, run }: NamedRun): Promise<Judged> {
  const { dataset, cache, config, networks } = run;
  const cases = dataset.domains.flatMap((domain) => domain.cases("test"));
  const { scores } = await evaluateNetwork(networks.student, dataset, cases, cache, askedOf(run));
  return { name, run, scores, summary: summarise(scores, { labelledDomain: config.labelled.domain }) };
}

const percent = (value: number): string => (100 * value).toFixed(1);

/** Dice in percent: one row per run, one column per domain after the average, which a narrow screen must show. */
function diceTable(judged: readonly Judged[]): { header: string[]; rows: string[][] } {
  const domains = judged[0].summary.domains.map(({ name, labelled }) => (labelled ? `${name} (labelled)` : name));
  return {
    header: ["Dice %", "average", ...domains],
    rows: judged.map(({ name, summary }) => [
      name,
      percent(summary.average.dice.mean),
      ...summary.domains.map(({ average }) => percent(average.dice.mean)),
    ]),
  };
}

/** The test case of a domain whose Dice under the first run is the median: neither picked good nor bad. */
function medianCase({ run, scores }: Judged, domain: string): Case {
  const cases = run.dataset.domains.find(({ name }) => name === domain)?.cases("test") ?? [];
  const dice = (one: Case) => {
    const own = scores.filter((row) => row.domain === domain && row.id === one.id);
    return own.reduce((sum, row) => sum + row.dice, 0) / own.length;
  };
  return [...cases].sort((a, b) => dice(a) - dice(b))[Math.floor(cases.length / 2)];
}

/** What a run says about cases, in their order, drawn over the images. */
async function predictedTiles({ dataset, cache, networks, ...run }: LoadedRun, cases: readonly Case[]) {
  const tiles: SheetTile[] = [];
  for await (const { decoded, labels } of judgedCases(networks.student, dataset, cases, cache, askedOf(run)))
    tiles.push(outlinedTile(decoded, labels, dataset));
  return tiles;
}

/** Columns: reference, then each run. Rows: the median case of each domain. */
async function sheetTiles(judged: readonly Judged[]): Promise<SheetTile[]> {
  const { dataset, cache } = judged[0].run;
  const cases = dataset.domains.map(({ name }) => medianCase(judged[0], name));
  const decoded = await Promise.all(cases.map((one) => cache.get(one)));
  const columns = [decoded.map((one) => outlinedTile(one, one.label as Uint8Array, dataset))];
  for (const { run } of judged) columns.push(await predictedTiles(run, cases));
  return cases.flatMap((_, row) => columns.map((column) => column[row]));
}

/** What the demo shows at its end. */
export interface DemoReport {
  header: string[];
  rows: string[][];
  sheet: string;
  page: string;
}

/** Judges the runs on all test sets and writes `examples.png` and `summary.html` into a folder. */
export async function writeDemoReport(folder: string, runs: readonly NamedRun[], intro: string): Promise<DemoReport> {
  const judged: Judged[] = [];
  for (const one of runs) judged.push(await judge(one));
  const table = diceTable(judged);
  const sheet = join(folder, "examples.png");
  await writeContactSheet(sheet, await sheetTiles(judged), judged.length + 1, 2);
  const columns = ["reference", ...judged.map(({ name }) => name)].join(", ");
  const rows = judged[0].run.dataset.domains.map(({ name }) => name).join(", ");
  const page = join(folder, "summary.html");
  const caption = `Columns: ${columns}. Rows: the median test case of ${rows}.`;
  writeFileAtomic(
    page,
    htmlPage(
      "dimseg demo",
      [
        `<p>${escapeHtml(intro)}</p>`,
        htmlTable(table.header, table.rows),
        `<p>${escapeHtml(caption)}</p>`,
        htmlLegend(judged[0].run.dataset.parts),
        htmlImage(readFileSync(sheet), caption),
      ].join("\n"),
    ),
  );
  return { ...table, sheet, page };
}
