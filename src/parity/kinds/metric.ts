/** Kind `metric`: overlap and surface metrics of binary masks (golden README section 6). */
import { evaluateMask } from "../../evaluation/evaluate-mask.js";
import { type ConfusionCounts, confusionCounts } from "../../evaluation/overlap.js";
import { surfacePair } from "../../evaluation/surface-metrics.js";
import { makeGrid } from "../../grid/grid.js";
import type { Computed, GoldenCase } from "../golden-case.js";

/** MiDSS's smoothed Dice (2|A∩B|+1) / (|A|+|B|+1.001), by which it chooses a checkpoint; ours is chosen by plain Dice. */
function trainDice({ truePositive, falsePositive, falseNegative }: ConfusionCounts): number {
  return (2 * truePositive + 1) / (2 * truePositive + falsePositive + falseNegative + 1.001);
}

/** Every golden output of one pair. */
function outputsOf(prediction: Uint8Array, reference: Uint8Array, shape: number[], spacing: number[]) {
  const own = evaluateMask(prediction, reference, { shape, spacing, convention: "medpy" });
  const unit = evaluateMask(prediction, reference, { shape, convention: "medpy", surfaceDiceTolerances: [1, 2] });
  const protocol = evaluateMask(prediction, reference, { shape, convention: "midss" });
  const surfaces = surfacePair(prediction, reference, makeGrid("metric", shape));
  return {
    dc: own.dice,
    jc: own.jaccard,
    hd: own.hd,
    hd95: own.hd95,
    asd: own.asd,
    asd_ref_to_pred: own.asdFromReference,
    assd: own.assd,
    hd95_unit: unit.hd95,
    asd_unit: unit.asd,
    nsd1: unit.nsd[0],
    nsd2: unit.nsd[1],
    train_dice: trainDice(confusionCounts(prediction, reference)),
    surface_pred: surfaces.prediction.count,
    surface_ref: surfaces.reference.count,
    eval_dc: protocol.dice,
    eval_jc: protocol.jaccard,
    eval_hd95: protocol.hd95,
    eval_asd: protocol.asd,
  };
}

export function metric(testCase: GoldenCase): Computed {
  const { count, shape, spacing } = testCase.params;
  const mask = (name: string, i: number) => Uint8Array.from(testCase.numbers(`${name}${String(i).padStart(2, "0")}`));
  const computed: Computed = new Map();
  for (let i = 0; i < count; i++) {
    for (const [name, value] of Object.entries(outputsOf(mask("pred", i), mask("ref", i), shape[i], spacing[i]))) {
      computed.set(name, [...((computed.get(name) as number[] | undefined) ?? []), value]);
    }
  }
  return computed;
}
