/**
 * Judges a network on the cases of a data set: the metrics of src/evaluation for every case and part, at the network's
 * own size, or at that of the stored images; distances with unit spacing, as MiDSS's test script has them (MQinghe/MiDSS
 * test.py; method section 3.6), or in mm. Used by training for its validation and by `dimseg evaluate`; prints and writes nothing.
 */
import { DataError } from "../core/errors.js";
import { type Case, caseName, type Dataset } from "../data/dataset.js";
import type { CaseSource, DecodedCase } from "../data/decode.js";
import { decodeNative } from "../data/decode-native.js";
import type { ConventionName, Emptiness } from "../evaluation/conventions.js";
import { evaluateMask } from "../evaluation/evaluate-mask.js";
import { usualLesionRule } from "../evaluation/lesions.js";
import { type Grid, voxelCount } from "../grid/grid.js";
import { classMask, ignoredCount, withoutIgnored } from "../inference/label-map.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { type FurtherRules, type FurtherScores, furtherScores } from "./further-metrics.js";
import { type JudgedCasesOptions, judgedCases } from "./judged-cases.js";

export const distanceUnits = ["pixels", "mm"] as const;

/**
 * What distances are given in: `pixels` of the grid that is judged, whatever a pixel is, or `mm` by the spacing of the stored
 * images.
 */
export type DistanceUnits = (typeof distanceUnits)[number];

/** Rules of the numbers. */
export interface ScoreRules extends FurtherRules {
  /** Rules for empty masks; default "midss". */
  readonly convention?: ConventionName;
  /** Default "pixels". */
  readonly units?: DistanceUnits;
}

/** Choices of {@link evaluateNetwork}. */
export interface EvaluateNetworkOptions extends JudgedCasesOptions, ScoreRules {
  /** Called with the number of cases done after each. */
  readonly onProgress?: (done: number) => void;
}

/** The metrics of one part of one case: overlaps in [0, 1], distances in {@link DistanceUnits}. */
export interface PartScore extends FurtherScores {
  readonly domain: string;
  readonly id: string;
  /** As `Case.subject`: equal for the cases of one subject and no others. */
  readonly subject: string;
  readonly part: string;
  readonly dice: number;
  readonly jaccard: number;
  readonly hd: number;
  readonly hd95: number;
  readonly asd: number;
  readonly assd: number;
  /** Which of the masks had no object, so that the values come from the convention. */
  readonly empty: Emptiness;
}

/** What {@link evaluateNetwork} found. */
export interface NetworkEvaluation {
  /** One row for each case and part, cases in the order given, parts in the data set's order. */
  readonly scores: readonly PartScore[];
  /** One value for each evaluated case in order; empty when no loss was asked for. */
  readonly losses: readonly number[];
  /** Cases that have no mask and are therefore not among the scores. */
  readonly withoutMask: readonly Case[];
  /** Share of the pixels of the evaluated cases that no part is judged at, in [0, 1). */
  readonly ignored: number;
}

const undefinedMetrics = { dice: NaN, jaccard: NaN, hd: NaN, hd95: NaN, asd: NaN, assd: NaN };

/** What the metrics measure on. @throws DataError when mm are asked for and nobody knows the spacing */
function measuringGrid({ working }: DecodedCase, one: Case, { path }: Dataset, units: DistanceUnits): Grid {
  if (units === "pixels") return { ...working, spacing: null };
  if (working.spacing) return working;
  throw new DataError(
    `${path}: nothing says the spacing of ${caseName(one)}, so distances cannot be in mm; add spacing: [row, column], the ` +
      "millimetres per pixel of the stored images, or ask for pixels",
  );
}

/**
 * The metrics of every part of one case that has a mask, from its label map on the working grid. Ignored pixels are of
 * no part in either map; a case of nothing else has no defined value, whatever the convention.
 * @throws DataError when distances are asked for in mm and the case's spacing is not known
 */
export function scoreParts(
  labels: Uint8Array,
  decoded: DecodedCase,
  one: Case,
  dataset: Dataset,
  { convention = "midss", units = "pixels", ...wanted }: ScoreRules,
): PartScore[] {
  const { shape, spacing } = measuringGrid(decoded, one, dataset, units);
  const { domain, id, subject } = one;
  const reference = decoded.label as Uint8Array;
  const judged = withoutIgnored(labels, reference);
  const nothing = ignoredCount(reference) === reference.length;
  return dataset.parts.map(({ index, name }) => {
    const [predicted, expected] = [judged, reference].map((map) =>
      classMask(map, index, dataset.target, voxelCount({ shape })),
    );
    const measured = evaluateMask(predicted, expected, {
      ...{ shape, spacing, convention },
      surfaceDiceTolerances: wanted.nsd === undefined ? [] : [wanted.nsd],
      ...(wanted.lesions ? { lesions: usualLesionRule } : {}),
    });
    const { dice, jaccard, hd, hd95, asd, assd, empty } = measured;
    const row = { domain, id, subject, part: name, dice, jaccard, hd, hd95, asd, assd, empty };
    const further = furtherScores(measured, wanted);
    if (!nothing) return { ...row, ...further };
    const undefinedFurther = Object.fromEntries(Object.keys(further).map((key) => [key, NaN]));
    return { ...row, ...undefinedMetrics, ...undefinedFurther };
  });
}

/**
 * Evaluates a network, case by case. Its mode and gradients are left as they are.
 * @param dataset gives classes and parts; its outputs must be the network's
 * @param cases   those without a mask are left out and reported
 * @param source  decoded cases at the size the network works at
 * @throws DataError when no case has a mask, one cannot be decoded, or mm are asked for where no spacing is known
 * @throws NumericError naming the case when the network's output holds NaN
 * @example
 * const { scores } = await evaluateNetwork(student, dataset, validation, new DecodedCache(dataset), { device, precision });
 */
export async function evaluateNetwork(
  network: SegmentationNetwork,
  dataset: Dataset,
  cases: readonly Case[],
  source: CaseSource,
  { convention, units, nsd, volumes, lesions, onProgress, ...options }: EvaluateNetworkOptions,
): Promise<NetworkEvaluation> {
  const withMask = cases.filter((one) => one.maskPath !== undefined);
  if (withMask.length === 0) {
    throw new DataError(`${dataset.path}: none of the ${cases.length} cases to evaluate has a mask; add masks`);
  }
  const scores: PartScore[] = [];
  const losses: number[] = [];
  let done = 0;
  let [ignored, all] = [0, 0];
  for await (const { case: one, decoded, labels, loss } of judgedCases(network, dataset, withMask, source, options)) {
    if (loss !== undefined) losses.push(loss);
    const judged = options.at === "native" ? await decodeNative(dataset, one) : decoded;
    scores.push(...scoreParts(labels, judged, one, dataset, { convention, units, nsd, volumes, lesions }));
    ignored += ignoredCount(judged.label as Uint8Array);
    all += labels.length;
    onProgress?.(++done);
  }
  return { scores, losses, withoutMask: cases.filter((one) => one.maskPath === undefined), ignored: ignored / all };
}
