/** Estimates of each domain beside what was measured there, where it was. */
import { probabilityText } from "../core/percent.js";
import type { EstimateSummary } from "../runs/estimate-summary.js";
import type { ReportData, ReportRun } from "./data.js";
import { estimateText, type RunEstimates } from "./estimates.js";
import { distanceText, percentText } from "./numbers.js";
import { pointerKey } from "./result-tables.js";
import type { ReportCell, ReportTable } from "./table.js";

const dash: ReportCell = { text: "–" };

type Distance = EstimateSummary["domains"][number]["hd95"];

/** Estimates of earlier versions say nothing of distances. */
function distanceCells(hd95: Distance, source: string): { estimated: ReportCell; measured: ReportCell } {
  if (hd95 === undefined) return { estimated: dash, measured: dash };
  const { estimate, low, high, measured } = hd95;
  const cell = (value: number, text: string, key: string): ReportCell => ({ text, value, source: `${source}/${key}` });
  const interval = `${distanceText(estimate)} (${distanceText(low)} to ${distanceText(high)})`;
  return {
    estimated: Number.isNaN(estimate) ? { text: "unknown" } : cell(estimate, interval, "estimate"),
    measured: Number.isNaN(measured) ? dash : cell(measured, distanceText(measured), "measured"),
  };
}

function rowsOf(run: ReportRun, { summary, folder }: RunEstimates): ReportCell[][] {
  const home = run.config.labelled.domain;
  return summary.domains.map((one, d) => {
    const source = (key: string) =>
      `${run.id}/${folder}/summary.json#/${["domains", d, key].map(pointerKey).join("/")}`;
    const known = !Number.isNaN(one.dice);
    const hd95 = distanceCells(one.hd95, source("hd95"));
    return [
      { text: run.name, link: run.id },
      { text: one.domain === home ? `${one.domain} (labelled)` : one.domain },
      { text: one.part },
      { text: String(one.cases), value: one.cases },
      known ? { text: estimateText(one), value: one.dice, source: source("dice") } : { text: "unknown" },
      hd95.estimated,
      { text: String(one.doubtful), value: one.doubtful, source: source("doubtful") },
      Number.isNaN(one.measured)
        ? dash
        : { text: percentText(one.measured), value: one.measured, source: source("measured") },
      hd95.measured,
    ];
  });
}

/** One row for each domain and part of each run that was estimated. */
export function estimatedTable({ runs }: Pick<ReportData, "runs">): ReportTable {
  const all = runs.flatMap((run) => (run.estimates ? [{ run, estimates: run.estimates }] : []));
  const levels = [...new Set(all.map(({ estimates }) => probabilityText(estimates.summary.level)))].join(" or ");
  const weak = all.filter(({ estimates }) => (estimates.summary.weak ?? []).length > 0).map(({ run }) => run.name);
  return {
    id: "estimates",
    title: "Quality without labels",
    header: [
      ...["run", "domain", "part", "images", `estimated Dice % (${levels} interval)`, "estimated HD95 (pixels)"],
      ...["doubtful", "measured Dice %", "measured HD95"],
    ],
    rows: all.flatMap(({ run, estimates }) => rowsOf(run, estimates)),
    notes: [
      "Estimated by signals that need no reference, and what the labelled images say of them; masks of the images have no part in it. Measured: where images have masks. Doubtful: masks whose interval reaches below 50 %, or of whose like nothing is known. HD95: of the masks in which something was found, at the network's size.",
      ...(weak.length > 0
        ? [`Of ${weak.join(", ")} the estimates need not hold: the network fails on its own labelled images.`]
        : []),
    ],
  };
}
