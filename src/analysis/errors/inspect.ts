/**
 * One pass of a trained network over a test set that gathers all that pictures and error analysis need: sizes,
 * confusion and outlines, and metrics where no evaluation has them. One case is in memory at a time; of a label map
 * only its outline stays, about a kilobyte a part.
 */
import type { Case, Dataset } from "../../data/dataset.js";
import type { DecodedCase } from "../../data/decode.js";
import { sliceOf, tellingSlice } from "../../data/volumes/case-slices.js";
import { outlinePath, type PictureSize } from "../../drawing/outline-path.js";
import type { ConventionName } from "../../evaluation/conventions.js";
import { voxelCount } from "../../grid/grid.js";
import { classMask, withoutIgnored } from "../../inference/label-map.js";
import { type PartScore, scoreParts } from "../../judging/evaluate-network.js";
import { judgedCases } from "../../judging/judged-cases.js";
import type { SegmentationNetwork } from "../../nn/index.js";
import type { LoadedRun } from "../../runs/load-run.js";
import { type Confusion, confusionOf } from "./confusion.js";

/** A part's outline. */
export interface PartOutline {
  readonly part: string;
  /** `d` of an SVG path in pixels of the case's picture; "" where there is no object. */
  readonly path: string;
}

/** How large a part is, in pixels at the network's size without those that the reference ignores. */
export interface PartSize {
  readonly part: string;
  readonly predicted: number;
  /** Null for a case without a mask. */
  readonly reference: number | null;
  /** Pixels of the whole image at the network's size. */
  readonly image: number;
}

/** What a network says about one case. */
export interface InspectedCase {
  readonly case: Case;
  /** One row for each part, as an evaluation has them; empty for a case without a mask. */
  readonly scores: readonly PartScore[];
  readonly sizes: readonly PartSize[];
  /** Null for a case without a mask. */
  readonly confusion: Confusion | null;
  /** Size of the picture that outlines are drawn for: the stored image's, at most {@link pictureSide}. */
  readonly picture: PictureSize;
  /** The predicted parts in the data set's order. */
  readonly outlines: readonly PartOutline[];
}

export interface InspectOptions {
  /** Which network; the student unless given. */
  readonly network?: SegmentationNetwork;
  /** Rows of an evaluation of the same network and checkpoint; cases that it holds are not measured again. */
  readonly scores?: readonly PartScore[];
  /** Rules for cases that are measured; default "midss". */
  readonly convention?: ConventionName;
  /** Mirror images take part, as the evaluation has it. Default false. */
  readonly testTimeFlips?: boolean;
  /** Called with the number of cases done after each. */
  readonly onProgress?: (done: number) => void;
}

/** Longer side of pictures of cases, in pixels. */
export const pictureSide = 512;

/**
 * The size of a case's picture: its stored image's, of a volume that of a slice with square pixels, reduced to at most
 * {@link pictureSide}.
 */
export function pictureSize({ stored: { shape, spacing } }: Pick<DecodedCase, "stored">): PictureSize {
  const isVolume = shape.length === 3;
  const pixel = isVolume && spacing ? spacing.slice(1) : [1, 1];
  const sides = (isVolume ? shape.slice(1) : shape).map((count, axis) => (count * pixel[axis]) / Math.min(...pixel));
  const scale = Math.min(1, pictureSide / Math.max(...sides));
  const [height, width] = sides.map((pixels) => Math.max(1, Math.round(pixels * scale)));
  return { height, width };
}

/**
 * The outlines of all judged parts of a label map on the case's working grid, of a volume in the slice that stands for it.
 */
export function partOutlines(
  all: Uint8Array,
  dataset: Dataset,
  decoded: DecodedCase,
  picture: PictureSize,
): PartOutline[] {
  const { parts, target } = dataset;
  const said = { ...decoded, label: all };
  const shown = dataset.slices ? sliceOf(said, tellingSlice(decoded, dataset)) : said;
  const labels = shown.label as Uint8Array;
  const [height, width] = shown.working.shape;
  return parts.map(({ index, name }) => ({
    part: name,
    path: outlinePath(classMask(labels, index, target, height * width), { height, width }, picture),
  }));
}

function pixelsOf(labels: Uint8Array, index: number, target: Dataset["target"], pixels: number): number {
  return classMask(labels, index, target, pixels).reduce((sum, value) => sum + value, 0);
}

function partSizes(labels: Uint8Array, decoded: DecodedCase, { parts, target }: Dataset): PartSize[] {
  const { label, working } = decoded;
  const image = voxelCount(working);
  const judged = label ? withoutIgnored(labels, label) : labels;
  return parts.map(({ index, name }) => ({
    part: name,
    predicted: pixelsOf(judged, index, target, image),
    reference: label ? pixelsOf(label, index, target, image) : null,
    image,
  }));
}

type InspectableRun = Pick<
  LoadedRun,
  "dataset" | "cache" | "device" | "precision" | "normalisation" | "patch" | "networks"
>;

/** The rows of each case by domain and id. */
function scoreTable(scores: readonly PartScore[]): Map<string, PartScore[]> {
  const table = new Map<string, PartScore[]>();
  for (const row of scores) {
    const key = JSON.stringify([row.domain, row.id]);
    table.set(key, [...(table.get(key) ?? []), row]);
  }
  return table;
}

/**
 * Asks a run's network once about each case, in order; the same bits as `dimseg evaluate` judges.
 * @param cases of the run's data set; those without a mask are inspected for what they have
 * @throws DataError naming a case that cannot be decoded; NumericError naming one whose output holds NaN
 * @example
 * const cases = run.dataset.domains.flatMap((domain) => domain.cases("test"));
 * const inspected = await inspectPredictions(run, cases, { scores: parseScores(text, "cases.csv") });
 */
export async function inspectPredictions(
  run: InspectableRun,
  cases: readonly Case[],
  options: InspectOptions = {},
): Promise<InspectedCase[]> {
  const { dataset, cache, device, precision, normalisation, patch, networks } = run;
  const { network = networks.student, scores = [], testTimeFlips, convention } = options;
  const asked = { device, precision, normalisation, patch, testTimeFlips };
  const known = scoreTable(scores);
  const inspected: InspectedCase[] = [];
  for await (const { case: one, decoded, labels } of judgedCases(network, dataset, cases, cache, asked)) {
    const { label } = decoded;
    const measured = () => scoreParts(labels, decoded, one, dataset, { convention });
    const picture = pictureSize(decoded);
    inspected.push({
      case: one,
      scores: label ? (known.get(JSON.stringify([one.domain, one.id])) ?? measured()) : [],
      sizes: partSizes(labels, decoded, dataset),
      confusion: label ? confusionOf(label, labels, dataset) : null,
      picture,
      outlines: partOutlines(labels, dataset, decoded, picture),
    });
    options.onProgress?.(inspected.length);
  }
  return inspected;
}
