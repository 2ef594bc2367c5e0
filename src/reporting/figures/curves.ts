/** Curves of training: every quantity that was logged, one figure each, one line a run. */
import type { MetricRecord } from "../../runs/logs/metrics-log.js";
import type { ReportData, ReportRun } from "../data.js";
import { groupNames } from "../data.js";
import { curveWords } from "./curve-words.js";
import { distinctSlugs, type Figure, figureLabels } from "./figure.js";
import { figureBase, groupScales, legendAbove, legendHeight, plotHeight } from "./theme.js";

/** Points of one line at most; a longer log is averaged in blocks. */
const mostPoints = 250;

/** One line of a figure. */
interface Line {
  run: string;
  group: string;
  kind?: string;
  points: { iteration: number; value: number }[];
  /** Records that a point is the mean of. */
  block: number;
}

/** What one figure shows. */
interface Quantity {
  id: string;
  title: string;
  caption: string;
  /** Logged names, with what tells their lines apart where there are several. */
  keys: readonly { key: string; kind?: string }[];
}

type CurveSection = "losses" | "optimiser" | "other";

const optimiserKeys = ["sharpness", "ascentNorm", "perturbedNorm", "updateNorm", "cosine", "rate"];
const divergenceKeys = ["divergence", "perturbedDivergence"];

function loggedKeys({ runs }: ReportData): string[] {
  const records = runs.flatMap(({ curves }) => curves.steps);
  const keys = new Set<string>();
  for (const record of records) {
    for (const [key, value] of Object.entries(record)) if (typeof value === "number") keys.add(key);
  }
  keys.delete("iteration");
  return [...keys];
}

function simple(key: string): Quantity {
  return { id: "", ...curveWords(key), keys: [{ key }] };
}

const divergence: Quantity = {
  id: "",
  title: "Divergence",
  caption: "Between labelled and unlabelled images: at the weights (thick) and at the perturbed weights (thin).",
  keys: [
    { key: "divergence", kind: "clean" },
    { key: "perturbedDivergence", kind: "perturbed" },
  ],
};

/** Curves that say nothing of their own where nothing is perturbed: what they then equal, a name or a constant. */
const repeated: Record<string, string | number> = {
  perturbedNorm: "ascentNorm",
  updateNorm: "ascentNorm",
  perturbedTask: "task",
  cosine: 1,
};

/** Whether a curve is, in every run, the one that it repeats. */
function repeats(key: string, { runs }: ReportData): boolean {
  const original = repeated[key];
  if (original === undefined) return false;
  const records = runs.flatMap(({ curves }) => curves.steps).filter((record) => typeof record[key] === "number");
  return records.every((record) => {
    const value = typeof original === "number" ? original : record[original];
    return typeof value === "number" && Math.abs((record[key] as number) - value) <= 1e-5 * Math.abs(value);
  });
}

/** The figures' contents by section, in the order of the page. */
function quantities(data: ReportData): Record<CurveSection, Quantity[]> {
  const keys = loggedKeys(data).filter((key) => !repeats(key, data));
  const losses = keys.filter((key) => key.startsWith("loss.")).sort();
  const loss = [...losses, ...(keys.includes("task") ? ["task"] : [])];
  const shown = new Set([...loss, ...optimiserKeys, ...divergenceKeys]);
  return {
    losses: loss.map(simple),
    optimiser: [
      ...(keys.includes("divergence") ? [divergence] : []),
      ...optimiserKeys.filter((key) => keys.includes(key)).map(simple),
    ],
    other: keys.filter((key) => !shown.has(key)).map(simple),
  };
}

/** The finite values under a key; means of equal blocks where there are too many to draw. */
export function thinned(
  records: readonly MetricRecord[],
  key: string,
): { points: { iteration: number; value: number }[]; block: number } {
  const all = records
    .map((record) => ({ iteration: Number(record.iteration), value: record[key] as number }))
    .filter(({ value }) => Number.isFinite(value));
  const block = Math.max(1, Math.ceil(all.length / mostPoints));
  const points = Array.from({ length: Math.ceil(all.length / block) }, (_, i) => {
    const own = all.slice(i * block, (i + 1) * block);
    const mean = (of: (point: (typeof own)[number]) => number) => own.reduce((sum, p) => sum + of(p), 0) / own.length;
    return { iteration: mean((p) => p.iteration), value: mean((p) => p.value) };
  });
  return { points, block };
}

function linesOf(
  runs: readonly ReportRun[],
  records: (run: ReportRun) => readonly MetricRecord[],
  keys: Quantity["keys"],
) {
  return runs.flatMap((run) =>
    keys.flatMap(({ key, kind }): Line[] => {
      const { points, block } = thinned(records(run), key);
      return points.length === 0 ? [] : [{ run: run.name, group: run.group, kind, points, block }];
    }),
  );
}

/** The last value of each line, in words. */
function inWords(lines: readonly Line[], title: string): string {
  const ends = lines.map(({ run, kind, points }) => {
    const last = points[points.length - 1];
    return `${run}${kind ? `, ${kind}` : ""}: from ${points[0].value.toPrecision(3)} to ${last.value.toPrecision(3)}`;
  });
  return `Lines of ${title} over training steps. ${ends.join("; ")}.`;
}

/** Of clean and perturbed, of student and teacher. */
const kindWidths = [1.9, 0.9];
const kindShapes = ["circle", "triangle-up"];

function lineSpec(lines: readonly Line[], data: ReportData, title: string, markers: boolean): Figure["spec"] {
  const groups = figureLabels(groupNames(data));
  const names = figureLabels(data.runs.map(({ name }) => name));
  const kinds = [...new Set(lines.flatMap(({ kind }) => kind ?? []))];
  const labels = [...groups.values()].filter((label) => lines.some(({ group }) => groups.get(group) === label));
  const { colour, dash } = groupScales([...groups.values()]);
  const values = lines.flatMap(({ run, group, kind, points }) =>
    points.map((point) => ({ run: names.get(run), group: groups.get(group), ...(kind ? { kind } : {}), ...point })),
  );
  const only = (scale: { domain: string[]; range: unknown[] }) => ({
    domain: labels,
    range: labels.map((label) => scale.range[scale.domain.indexOf(label)]),
  });
  return {
    ...figureBase,
    height: plotHeight + legendHeight(labels, groups.size),
    data: { values },
    mark: { type: "line", strokeWidth: 1.5, point: markers ? { size: 22 } : false, clip: true },
    encoding: {
      x: { field: "iteration", type: "quantitative", title: "step", axis: { tickCount: 5, format: "d" } },
      y: {
        field: "value",
        type: "quantitative",
        title,
        scale: { zero: false },
        axis: { tickCount: 5, titleLimit: 160 },
      },
      color: { field: "group", type: "nominal", scale: only(colour), legend: legendAbove(labels, groups.size) },
      strokeDash: { field: "group", type: "nominal", scale: only(dash), legend: legendAbove(labels, groups.size) },
      ...(kinds.length > 0
        ? {
            strokeWidth: { field: "kind", type: "ordinal", scale: { domain: kinds, range: kindWidths }, legend: null },
            opacity: { field: "kind", type: "ordinal", scale: { domain: kinds, range: [1, 0.65] }, legend: null },
          }
        : {}),
      ...(markers && kinds.length > 1
        ? { shape: { field: "kind", type: "nominal", scale: { domain: kinds, range: kindShapes }, legend: null } }
        : {}),
      detail: [{ field: "run", type: "nominal" }, ...(kinds.length > 0 ? [{ field: "kind", type: "nominal" }] : [])],
    },
  } as Figure["spec"];
}

function curveFigure(
  data: ReportData,
  quantity: Quantity,
  records: (run: ReportRun) => readonly MetricRecord[],
  markers: boolean,
): Figure[] {
  const lines = linesOf(data.runs, records, quantity.keys);
  if (lines.length === 0) return [];
  const block = Math.max(...lines.map((line) => line.block));
  const averaged = block > 1 ? ` Each point is the mean of up to ${block} logged steps.` : "";
  return [
    {
      id: quantity.id,
      title: quantity.title,
      caption: quantity.caption + averaged,
      alt: inWords(lines, quantity.title),
      // A line of one point is not seen.
      spec: lineSpec(lines, data, quantity.title, markers || lines.some(({ points }) => points.length === 1)),
    },
  ];
}

/** Curves of every logged step, by section: loss terms, what the optimiser did, and all else. */
export function curveFigures(data: ReportData): Record<CurveSection, Figure[]> {
  const sections = quantities(data);
  const make = (section: CurveSection) => {
    const ids = distinctSlugs(sections[section].map(({ keys }) => `curve ${keys[0].key}`));
    return sections[section].flatMap((quantity, i) =>
      curveFigure(data, { ...quantity, id: ids[i] }, ({ curves }) => curves.steps, false),
    );
  };
  return { losses: make("losses"), optimiser: make("optimiser"), other: make("other") };
}

/** The domains that records `<prefix>.<domain>.<what>` are about. */
function followedDomains(data: ReportData, prefix: string, what: string): string[] {
  const keys = data.runs.flatMap(({ curves }) => curves.validations.flatMap((record) => Object.keys(record)));
  const own = keys.filter((key) => key.startsWith(`${prefix}.`) && key.endsWith(`.${what}`));
  return [...new Set(own.map((key) => key.slice(prefix.length + 1, -`.${what}`.length)))];
}

/** Loss and Dice of student and teacher while they trained, for each domain that was followed. */
export function validationFigures(data: ReportData): Figure[] {
  const wanted = (["validation", "test"] as const).flatMap((split) =>
    followedDomains(data, `${split}.student`, "loss").flatMap((domain) =>
      (["loss", "dice"] as const).map((what) => ({ split, domain, what })),
    ),
  );
  const ids = distinctSlugs(wanted.map(({ split, domain, what }) => `${split} ${what} ${domain}`));
  const labels = figureLabels(wanted.map(({ domain }) => domain));
  return wanted.flatMap(({ split, domain, what }, i) => {
    const name = what === "loss" ? "loss" : "Dice";
    const place = split === "validation" ? "validation images" : "test images";
    const keys = ["student", "teacher"].map((network) => ({
      key: `${split}.${network}.${domain}.${what}`,
      kind: network,
    }));
    const quantity: Quantity = {
      id: ids[i],
      title: `${split === "validation" ? "Validation" : "Test"} ${name}, ${labels.get(domain)}`,
      caption: `Mean ${name} over the ${place} of the domain while training; student thick, teacher thin.`,
      keys,
    };
    return curveFigure(data, quantity, ({ curves }) => curves.validations, true);
  });
}

const followed = {
  agreement: {
    name: "agreement",
    caption:
      "Mean Dice between the student's masks of some unlabelled images and of the same with another grey curve, sharpness and colour.",
  },
  confidence: {
    name: "confidence",
    caption: "Mean Dice that the student's own probabilities expect of its masks of some unlabelled images.",
  },
  empty: { name: "empty masks", caption: "Share of some unlabelled images in which the student finds nothing." },
} as const;

/** What was followed of unlabelled images, for domains that nobody labelled. */
export function unlabelledFigures(data: ReportData): Figure[] {
  const prefix = "unlabelled.student";
  const wanted = followedDomains(data, prefix, "agreement").flatMap((domain) =>
    (["agreement", "confidence", "empty"] as const).map((what) => ({ domain, what })),
  );
  const ids = distinctSlugs(wanted.map(({ domain, what }) => `unlabelled ${what} ${domain}`));
  const labels = figureLabels(wanted.map(({ domain }) => domain));
  return wanted.flatMap(({ domain, what }, i) => {
    const { name, caption } = followed[what];
    const quantity: Quantity = {
      id: ids[i],
      title: `Unlabelled images, ${name}, ${labels.get(domain)}`,
      caption: `${caption} No measure of quality: a network can be sure and wrong.`,
      keys: [{ key: `${prefix}.${domain}.${what}` }],
    };
    return curveFigure(data, quantity, ({ curves }) => curves.validations, true);
  });
}
