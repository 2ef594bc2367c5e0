/** Kind `loss`: segmentation and semi-supervised losses with their gradients (method sections 3.5 and 7). */
import * as losses from "../../losses/index.js";
import { grad, type Tensor } from "../../torch/index.js";
import type { Computed, GoldenCase } from "../golden-case.js";
import { ssl4misRamp } from "./schedule.js";
import { targetOf } from "./unet.js";

const numbers = (entries: [string, Tensor | number][]): Computed =>
  new Map(entries.map(([name, value]) => [name, typeof value === "number" ? [value] : value.toNumbers()]));

const leaf = (testCase: GoldenCase, name: string): Tensor => testCase.tensor(name).requiresGrad_();
const classes = (testCase: GoldenCase, name: string): Tensor => testCase.tensor(name).to({ dtype: "int64" });

/** CE + Dice of MiDSS, optionally masked. */
function midss(testCase: GoldenCase): Computed {
  const { flavour: kind, diceMaskQuirk, smooth } = testCase.params;
  const logits = leaf(testCase, "logits");
  const target = targetOf(testCase.tensor("target"), kind);
  const mask = testCase.has("mask") ? testCase.tensor("mask").to({ dtype: "float32" }) : null;
  const { ce, dice, loss } = losses.segmentationLoss(logits, target, mask, { kind, diceMaskQuirk, smooth });
  const gradient = (value: Tensor) => grad(value, [logits], { retainGraph: true })[0];
  return numbers([
    ["ce", ce],
    ["dice", dice],
    ["loss", loss],
    ["grad_ce", gradient(ce)],
    ["grad_dice", gradient(dice)],
    ["grad", gradient(loss)],
  ]);
}

function uamt(testCase: GoldenCase): Computed {
  const { labelled, iteration, maxIterations, consistency, rampLength, rampIterations, smooth } = testCase.params;
  const student = leaf(testCase, "student_logits");
  const noisy = testCase.tensor("teacher_noisy_logits");
  const [passes, doubled, ...rest] = noisy.shape;
  const uncertainty = losses.predictiveUncertainty(noisy.reshape([passes * 2, doubled / 2, ...rest]), "softmax");
  const threshold = losses.uncertaintyThreshold(iteration, maxIterations);
  const certain = uncertainty.lt(threshold).to({ dtype: "float32" });
  const labels = classes(testCase, "labels").narrow(0, 0, labelled);
  const supervised = losses.ssl4misLoss(student.narrow(0, 0, labelled), labels, "softmax", { smooth });
  const unlabelled = student.narrow(0, labelled, student.shape[0] - labelled);
  const consistencyLoss = losses.maskedConsistency(unlabelled, testCase.tensor("teacher_logits"), certain, "softmax");
  const weight = consistency * ssl4misRamp(iteration, rampLength, rampIterations);
  const loss = supervised.loss.add(consistencyLoss.mul(weight));
  return numbers([
    ["loss_ce", supervised.ce],
    ["loss_dice", supervised.dice],
    ["supervised_loss", supervised.loss],
    ["uncertainty", uncertainty],
    ["mask", certain],
    ["consistency_weight", weight],
    ["threshold", threshold],
    ["consistency_loss", consistencyLoss],
    ["loss", loss],
    ["grad", grad(loss, [student], { retainGraph: true })[0]],
    ["grad_consistency", grad(consistencyLoss, [student], { retainGraph: true })[0]],
  ]);
}

function cps(testCase: GoldenCase): Computed {
  const { labelled, iteration, consistency, rampLength, rampIterations, smooth } = testCase.params;
  const logits = [leaf(testCase, "logits1"), leaf(testCase, "logits2")];
  const labels = classes(testCase, "labels").narrow(0, 0, labelled);
  const unlabelled = logits.map((z) => z.narrow(0, labelled, z.shape[0] - labelled));
  const supervised = logits.map(
    (z) => losses.ssl4misLoss(z.narrow(0, 0, labelled), labels, "softmax", { smooth }).loss,
  );
  const pseudo = unlabelled.map((z, i) =>
    losses.crossEntropy(z, unlabelled[1 - i].detach().argmax(1), null, "softmax"),
  );
  const weight = consistency * ssl4misRamp(iteration, rampLength, rampIterations);
  const loss = supervised[0].add(supervised[1]).add(pseudo[0].add(pseudo[1]).mul(weight));
  const [grad1, grad2] = grad(loss, logits);
  return numbers([
    ["loss1", supervised[0]],
    ["loss2", supervised[1]],
    ["pseudo1", pseudo[0]],
    ["pseudo2", pseudo[1]],
    ["consistency_weight", weight],
    ["loss", loss],
    ["grad1", grad1],
    ["grad2", grad2],
  ]);
}

function bcp(testCase: GoldenCase): Computed {
  const { labelledWeight, unlabelledWeight } = testCase.params;
  const unl = leaf(testCase, "logits_unl");
  const l = leaf(testCase, "logits_l");
  const outside = testCase.tensor("loss_mask").to({ dtype: "float32" });
  const target = (name: string) => classes(testCase, name);
  const weights = [unlabelledWeight, labelledWeight] as const;
  const mixed = (logits: Tensor, image: string, patch: string, [ofImage, ofPatch]: readonly [number, number]) =>
    losses.mixLoss(logits, target(image), target(patch), outside, { image: ofImage, patch: ofPatch }, "softmax");
  const mixedUnl = mixed(unl, "pseudo_a", "label_a", weights);
  const mixedL = mixed(l, "label_b", "pseudo_b", [weights[1], weights[0]]);
  const loss = mixedUnl.dice.add(mixedUnl.ce).add(mixedL.dice).add(mixedL.ce).mul(0.5);
  const [gradUnl, gradL] = grad(loss, [unl, l]);
  return numbers([
    ["unl_dice", mixedUnl.dice],
    ["unl_ce", mixedUnl.ce],
    ["l_dice", mixedL.dice],
    ["l_ce", mixedL.ce],
    ["loss", loss],
    ["grad_unl", gradUnl],
    ["grad_l", gradL],
  ]);
}

function fixmatch(testCase: GoldenCase): Computed {
  const { flavour: kind, tau, iteration, maxIterations, diceMaskQuirk } = testCase.params;
  const x = leaf(testCase, "logits_x");
  const s = leaf(testCase, "logits_s");
  const { labels, confident } = losses.pseudoLabels(testCase.tensor("teacher_logits"), { threshold: tau }, kind);
  const target = targetOf(testCase.tensor("target"), kind);
  const sup = losses.segmentationLoss(x, target, null, { kind, diceMaskQuirk }).loss;
  const unsup = losses.segmentationLoss(s, labels, confident, { kind, diceMaskQuirk }).loss;
  const gamma = losses.midssRampUp(iteration, maxIterations);
  const loss = sup.add(unsup.mul(gamma));
  const [gradX, gradS] = grad(loss, [x, s]);
  return numbers([
    ["sup", sup],
    ["unsup", unsup],
    ["pseudo", labels],
    ["mask", confident],
    ["gamma", gamma],
    ["loss", loss],
    ["grad_x", gradX],
    ["grad_s", gradS],
  ]);
}

const byLoss: Record<string, (testCase: GoldenCase) => Computed> = { "ce+dice": midss, uamt, cps, bcp, fixmatch };

export function loss(testCase: GoldenCase): Computed | null {
  return byLoss[testCase.params.loss]?.(testCase) ?? null;
}
