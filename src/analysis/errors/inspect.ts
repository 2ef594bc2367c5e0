/**
 * One pass of a trained network over a test set that gathers all that pictures and error analysis need: sizes,
 * confusion and outlines, and metrics where no evaluation has them. One case is in memory at a time; of a label map
 * only its outline stays, about a kilobyte a part.
 */
import type { Case, Dataset } from "../../data/dataset.js";
import type { DecodedCase } from "../../data/decode.js";
import { decodeNative } from "../../data/decode-native.js";
import { hasSlices } from "../../data/volumes/decode-volume.js";
import type { ConventionName } from "../../evaluation/conventions.js";
import { voxelCount } from "../../grid/grid.js";
import { classMask, withoutIgnored } from "../../inference/label-map.js";
import type { MaskRules } from "../../inference/rules.js";
import { type DistanceUnits, type PartScore, scoreParts } from "../../judging/evaluate-network.js";
import type { JudgedGrid } from "../../judging/grid-names.js";
import { judgedCases } from "../../judging/judged-cases.js";
import type { SegmentationNetwork } from "../../nn/index.js";
import type { LoadedRun } from "../../runs/load-run.js";
import {
  type CaseDrawing,
  montageDrawing,
  onStoredSlices,
  pictureDrawing,
  planesDrawing,
  type VolumeView,
  volumeView,
} from "./case-drawing.js";
import { type Confusion, confusionOf } from "./confusion.js";

/** How large a part is, in pixels of the judged grid without those that the reference ignores. */
export interface PartSize {
  readonly part: string;
  readonly predicted: number;
  /** Null for a case without a mask. */
  readonly reference: number | null;
  /** Pixels of the whole image. */
  readonly image: number;
  /** Millilitres of a voxel of a volume; null for a picture, and where nobody knows the spacing. */
  readonly voxelMillilitres: number | null;
}

/** What a network says about one case. */
export interface InspectedCase {
  readonly case: Case;
  /** One row for each part, as an evaluation has them; empty for a case without a mask. */
  readonly scores: readonly PartScore[];
  readonly sizes: readonly PartSize[];
  /** Null for a case without a mask. */
  readonly confusion: Confusion | null;
  /** The picture of the case, and what is drawn over it. */
  readonly drawing: CaseDrawing;
  /** Further slices of a volume; null unless asked for. */
  readonly montage: CaseDrawing | null;
  /** Where a volume is cut for these; null for a picture. */
  readonly view: VolumeView | null;
}

export interface InspectOptions {
  /** Which network; the student unless given. */
  readonly network?: SegmentationNetwork;
  /** Rows of an evaluation of the same network and checkpoint; cases that it holds are not measured again. */
  readonly scores?: readonly PartScore[];
  /** Rules for cases that are measured; default "midss". */
  readonly convention?: ConventionName;
  /** The grid and the unit of the evaluation; default "network", "pixels". */
  readonly at?: JudgedGrid;
  readonly units?: DistanceUnits;
  /** Where volumes are cut, as another run has them, so that several are seen on the same slices; null: as this one does. */
  readonly viewOf?: (one: Case) => VolumeView | null;
  /** Of which volumes a montage of slices is drawn; none unless given. */
  readonly withMontage?: (one: Case) => boolean;
  /** Mirror images take part, as the evaluation has it. Default false. */
  readonly testTimeFlips?: boolean;
  /** What is done to the labels, as the evaluation has it. */
  readonly rules?: MaskRules | undefined;
  /** Called with the number of cases done after each. */
  readonly onProgress?: (done: number) => void;
}

function pixelsOf(labels: Uint8Array, index: number, target: Dataset["target"], pixels: number): number {
  return classMask(labels, index, target, pixels).reduce((sum, value) => sum + value, 0);
}

function partSizes(labels: Uint8Array, decoded: DecodedCase, { parts, target }: Dataset): PartSize[] {
  const { label, working } = decoded;
  const image = voxelCount(working);
  const { shape, spacing } = working;
  const voxelMillilitres = shape.length === 3 && spacing ? spacing.reduce((product, mm) => product * mm, 1e-3) : null;
  const judged = label ? withoutIgnored(labels, label) : labels;
  return parts.map(({ index, name }) => ({
    part: name,
    predicted: pixelsOf(judged, index, target, image),
    reference: label ? pixelsOf(label, index, target, image) : null,
    ...{ image, voxelMillilitres },
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
  const { network = networks.student, scores = [], testTimeFlips, rules, convention, at, units } = options;
  const asked = { device, precision, normalisation, patch, testTimeFlips, rules, ...(at ? { at } : {}) };
  const known = scoreTable(scores);
  const inspected: InspectedCase[] = [];
  for await (const { case: one, decoded, labels } of judgedCases(network, dataset, cases, cache, asked)) {
    const judged = at === "native" ? await decodeNative(dataset, one) : decoded;
    const { label } = judged;
    const measured = () => scoreParts(labels, judged, one, dataset, { convention, units });
    const [map, shown] = hasSlices(dataset) ? onStoredSlices(labels, judged) : [labels, judged];
    const view = hasSlices(dataset) ? (options.viewOf?.(one) ?? volumeView(map, shown, dataset)) : null;
    inspected.push({
      case: one,
      scores: label ? (known.get(JSON.stringify([one.domain, one.id])) ?? measured()) : [],
      sizes: partSizes(labels, judged, dataset),
      confusion: label ? confusionOf(label, labels, dataset) : null,
      drawing: view ? planesDrawing(map, shown, dataset, view) : pictureDrawing(labels, judged, dataset),
      montage: view && options.withMontage?.(one) ? montageDrawing(map, shown, dataset, view) : null,
      view,
    });
    options.onProgress?.(inspected.length);
  }
  return inspected;
}
