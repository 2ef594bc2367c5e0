/**
 * Labelled images in the style of the image in question, asked of the network: there the truth is known. Where a network is
 * sure and wrong in one way everywhere, as one that has only ever seen bright nuclei is of dark ones, its members agree and
 * this alone tells. Ours; the other way round than reverse classification, which takes the mask to the labelled images.
 */
import type { Dataset } from "../data/dataset.js";
import type { DecodedCase } from "../data/decode.js";
import { confusionCounts, dice } from "../evaluation/overlap.js";
import { classMask, withoutIgnored } from "../inference/label-map.js";
import { type PredictCaseOptions, predictCase } from "../inference/predict-case.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { definedValues, mean } from "../statistics/mean.js";
import type { LabelledView } from "./reverse.js";
import { restyledLike } from "./scanner.js";

/** Labelled images that are restyled for one image, at most. */
const mostRestyled = 3;

type AskedSet = Pick<Dataset, "target" | "outputs" | "parts">;

/**
 * Dice of a network on a labelled image, for each part; NaN where neither holds it.
 * @param shown the image as the network sees it, on the grid of the reference
 */
export function labelledDice(
  network: SegmentationNetwork,
  shown: DecodedCase,
  { view, masks }: LabelledView,
  dataset: AskedSet,
  options: PredictCaseOptions,
): number[] {
  const labels = predictCase(network, shown, dataset, options, (output) => output.labels);
  const judged = withoutIgnored(labels, view.label);
  return dataset.parts.map(({ index }, part) => {
    const mask = masks[part];
    return dice(confusionCounts(classMask(judged, index, dataset.target, mask.length), mask));
  });
}

/**
 * Dice of a network on labelled images in the style of another, the mean for each part; NaN where none of them holds the part,
 * or none is of the image's size.
 * @param view the image in question, as the network sees it
 * @param references labelled views; none of the image's own subject
 */
export function restyledDice(
  network: SegmentationNetwork,
  view: DecodedCase,
  dataset: AskedSet,
  options: PredictCaseOptions,
  references: readonly LabelledView[],
): number[] {
  const tried = references.slice(0, mostRestyled).flatMap((reference) => {
    const shown = restyledLike(reference.view, view, options.normalisation);
    return shown ? [labelledDice(network, shown, reference, dataset, options)] : [];
  });
  return dataset.parts.map((_, part) => mean(definedValues(tried.map((one) => one[part]))));
}
