/** Decoding every file of a data set, and a configuration to begin with where nothing is wrong. */
import { stringify } from "yaml";
import { presets } from "../../config/presets.js";
import { type CheckReport, checkDataset } from "../../data/check/check.js";
import { allCases, type Dataset, loadDataset } from "../../data/dataset.js";
import { frameText } from "../../grid/frame.js";
import type { Workflow } from "../observer.js";

/** What was found. */
export interface Checked extends CheckReport {
  /** Absolute path of the `dataset.yaml`. */
  readonly dataset: string;
  readonly ok: boolean;
  /** A first `config.yaml`; null where there are errors, or no training case has a mask. */
  readonly config: string | null;
  /** At which size that configuration trains and judges, for people. */
  readonly sizes: string;
}

/** A frame's sides as a configuration says them. */
function imageSizeOf({ height, width }: Dataset["size"]): number | [rows: number, columns: number] {
  return height === width ? height : [height, width];
}

/** A preset works at a square of its own, whatever the data set's file says; a chosen shape is kept. */
function sizesText({ size, slices }: Dataset): string {
  const preset = presets[firstPreset].values.imageSize as number;
  const own = imageSizeOf(size);
  if (typeof own !== "number") return `This trains and judges at ${frameText(size)}, and distances are in those.`;
  const other =
    own === preset
      ? ""
      : `; imageSize: ${own} takes the size of dataset.yaml instead, at a ${own > preset ? "higher" : "lower"} cost`;
  return `Preset ${firstPreset} trains and judges at ${preset} x ${preset} pixels, and distances are in those${other}.${slices ? " Preset small-volumes trains a network of volumes on patches instead." : ""}`;
}

const firstPreset = "small";

/** A configuration to begin with: most labels, of which a third chooses the checkpoint when there are few. */
function firstConfig({ domains, size }: Dataset, path: string): string | null {
  const masked = domains.map(({ name, cases }) => ({
    name,
    cases: cases("train").filter((one) => one.maskPath !== undefined),
  }));
  const { name, cases } = masked.reduce((best, one) => (one.cases.length > best.cases.length ? one : best));
  if (cases.length === 0) return null;
  const wanted = Math.min(5, Math.floor(cases.length / 3));
  const count = Math.min(10, cases.length - wanted);
  const learnt = new Set(cases.slice(0, count).map((one) => one.subject));
  const validation = Math.min(wanted, cases.filter((one) => !learnt.has(one.subject)).length);
  const labelled = { domain: name, count, validation };
  const imageSize = imageSizeOf(size);
  const shaped = typeof imageSize === "number" ? {} : { imageSize };
  return stringify({ preset: firstPreset, dataset: path, labelled, ...shaped }, { lineWidth: 0 }).trimEnd();
}

/**
 * Checks a data set.
 * @throws UsageError, DataError when it cannot be opened at all
 */
export const checkData: Workflow<{ readonly dataset: string }, Checked> = async ({ dataset: path }, { progress }) => {
  const dataset = loadDataset(path);
  const total = allCases(dataset).length;
  const report = await checkDataset(dataset, (done) => progress("checking", done, total));
  const ok = report.problems.every((one) => one.severity !== "error");
  return {
    dataset: dataset.path,
    ok,
    ...report,
    config: ok ? firstConfig(dataset, path) : null,
    sizes: sizesText(dataset),
  };
};
