/** The evaluation of methods that add to the supervised loss how far a fixed target and the student disagree. */
import { ssl4misLoss } from "../../losses/index.js";
import { type Factor, times } from "../../optim/index.js";
import type { Tensor } from "../../torch/index.js";
import type { MethodContext, PreparedStep } from "../method.js";
import { overLevels } from "./deep-supervision.js";
import { allRows, type ChooseRows, sampleLosses } from "./samples.js";
import { jointForward, type NetworkInputs } from "./views.js";

/**
 * ½(CE + Dice) on the labelled images plus `weight` times an agreement on the weak unlabelled ones, from one pass over
 * both (HiLab-git/SSL4MIS).
 * @param agreement a scalar ≥ 0 from the student's logits [B, K, ...S] of the chosen unlabelled rows
 */
export function evaluateAgreement(
  { student, kind, ...compute }: MethodContext,
  { x, y, annotated, weak }: NetworkInputs,
  weight: Factor,
  agreement: (logits: Tensor, rows: ChooseRows) => Tensor,
): PreparedStep["evaluate"] {
  return ({ updateRunningStatistics }) => {
    const shared = jointForward(student, x, weak, updateRunningStatistics, compute);
    const over = (rows: ChooseRows) => {
      const sup = overLevels(shared.source, (logits, at) => {
        const labelled = { annotated: annotated && at(rows(annotated)) };
        return ssl4misLoss(rows(logits), at(rows(y)), kind, labelled).loss;
      });
      const consistency = agreement(rows(shared.target.logits), rows);
      return { task: sup.add(times(consistency, weight)), terms: { sup, consistency } };
    };
    return { ...over(allRows), perSample: sampleLosses(x, (rows) => over(rows).task), shared };
  };
}
