/**
 * MiDSS (Ma et al., "Constructing and exploring intermediate domains in mixed domain semi-supervised medical image
 * segmentation", CVPR 2024; MQinghe/MiDSS train.py): FixMatch-style pseudo-labels with copy-paste between labelled and
 * unlabelled images (UCP), symmetric guidance (SymGD) and amplitude transfer (TP-RAM). Method section 3.5.
 */
import { z } from "zod";
import { boxMask, drawBoxes, drawTpRam, normalise, pasteBoxes, tpRam } from "../data/augment/index.js";
import type { ViewOutput } from "../divergence/index.js";
import { midssRampUp, type PseudoLabels, pseudoLabels, segmentationLoss, type TargetKind } from "../losses/index.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { emaDecay } from "../optim/index.js";
import { noGrad, onesLike, type Tensor } from "../torch/index.js";
import { methodEntry } from "./entry.js";
import { type ForwardOptions, studentForward, teacherForward } from "./forward.js";
import type { Batch, Method, MethodContext, MethodEvaluation, MethodStep, PreparedStep } from "./method.js";
import { updateTeacher } from "./teacher.js";

/** Settings of MiDSS; the defaults are the paper's. */
const options = z.strictObject({
  confidenceThreshold: z.number().gt(0.5).lt(1).default(0.95).describe("probability above which a pseudo-label counts"),
  emaDecay: z.number().min(0).lt(1).default(0.99).describe("limit of the teacher's averaging coefficient"),
  diceMaskQuirk: z.boolean().default(true).describe("leave background Dice unmasked, as the reference does"),
});
export type MidssOptions = z.output<typeof options>;

/** Network inputs in [−1, 1] [B, C, H, W], labels, and boxes [B, 1, H, W] (bool, true inside). */
export interface MidssInputs {
  x: Tensor;
  y: Tensor;
  uWeak: Tensor;
  uStrong: Tensor;
  /** x with the amplitude of the paired unlabelled image mixed in. */
  xTransferred: Tensor;
  box: Tensor;
}

/** What the teacher says about the unlabelled images. */
export interface MidssTargets extends PseudoLabels {
  /** Logits of the weak views, [B, K, H, W]. */
  logits: Tensor;
  /** Logits of the images with the box from the labelled image, and with all but the box from it. */
  pastedLogits: [Tensor, Tensor];
  /** Labels put together from the two copy-paste images, and where all predictions agree and are confident. */
  symmetric: PseudoLabels;
}

/** One student input with its target and the weight of each pixel (null: all). */
export interface StudentView {
  name: "sup" | "ul" | "lu" | "s";
  images: Tensor;
  labels: Tensor;
  mask: Tensor | null;
}

/** Three teacher passes, each with its own batch statistics: the weak views and both copy-paste images. */
export function teacherTargets(
  teacher: SegmentationNetwork,
  { x, uWeak, box }: MidssInputs,
  { confidenceThreshold }: MidssOptions,
  kind: TargetKind,
  forward: ForwardOptions,
): MidssTargets {
  return noGrad(() => {
    const answer = (images: Tensor) => {
      const logits = teacherForward(teacher, images, forward);
      return { logits, ...pseudoLabels(logits, confidenceThreshold, kind) };
    };
    const direct = answer(uWeak);
    const outer = answer(pasteBoxes(uWeak, x, box));
    const inner = answer(pasteBoxes(x, uWeak, box));
    const labels = pasteBoxes(outer.labels, inner.labels, box);
    const agree = labels.eq(direct.labels).to({ dtype: "float32" });
    const confident = pasteBoxes(outer.confident, inner.confident, box)
      .mul(kind === "softmax" ? agree.unsqueeze(1) : agree)
      .mul(direct.confident);
    return { ...direct, pastedLogits: [outer.logits, inner.logits], symmetric: { labels, confident } };
  });
}

/** The four student inputs of one step. */
export function studentViews(inputs: MidssInputs, targets: MidssTargets): StudentView[] {
  const { x, y, uStrong, xTransferred, box } = inputs;
  const { labels, confident, symmetric } = targets;
  const sure = onesLike(confident);
  return [
    { name: "sup", images: x, labels: y, mask: null },
    {
      name: "ul",
      images: pasteBoxes(uStrong, xTransferred, box),
      labels: pasteBoxes(labels, y, box),
      mask: pasteBoxes(confident, sure, box),
    },
    {
      name: "lu",
      images: pasteBoxes(xTransferred, uStrong, box),
      labels: pasteBoxes(y, labels, box),
      mask: pasteBoxes(sure, confident, box),
    },
    { name: "s", images: uStrong, labels: symmetric.labels, mask: symmetric.confident },
  ];
}

/** L_sup + γ(L_ul + L_lu + γ·L_s), four separate forward passes. */
export function evaluateViews(
  student: SegmentationNetwork,
  views: readonly StudentView[],
  rampUp: number,
  updateRunningStatistics: boolean,
  settings: { kind: TargetKind; diceMaskQuirk: boolean; forward: ForwardOptions },
): MethodEvaluation & { outputs: ViewOutput[] } {
  const outputs: ViewOutput[] = [];
  const [sup, ul, lu, s] = views.map(({ images, labels, mask }) => {
    const output = studentForward(student, images, updateRunningStatistics, settings.forward);
    outputs.push(output);
    return segmentationLoss(output.logits, labels, mask, settings).loss;
  });
  const task = sup.add(ul.add(lu).add(s.mul(rampUp)).mul(rampUp));
  return { task, terms: { sup, ul, lu, s }, outputs, shared: { source: outputs[0], target: outputs[3] } };
}

export class Midss implements Method {
  readonly networks: { teacher: SegmentationNetwork };
  private readonly forward: ForwardOptions;

  constructor(
    private readonly context: MethodContext,
    private readonly options: MidssOptions,
  ) {
    this.networks = { teacher: context.createNetwork() };
    this.forward = { precision: context.precision, device: context.device };
  }

  prepare(batch: Batch, step: MethodStep): PreparedStep {
    const { kind, student } = this.context;
    const inputs = noGrad(() => this.draw(batch, step));
    const targets = teacherTargets(this.networks.teacher, inputs, this.options, kind, this.forward);
    const views = studentViews(inputs, targets);
    const rampUp = midssRampUp(step.iteration, step.maxIterations);
    const settings = { kind, diceMaskQuirk: this.options.diceMaskQuirk, forward: this.forward };
    return {
      evaluate: ({ updateRunningStatistics }) =>
        evaluateViews(student, views, rampUp, updateRunningStatistics, settings),
      domains: {
        source: inputs.x,
        target: { weak: inputs.uWeak, strong: inputs.uStrong },
        labels: { source: inputs.y, target: targets.labels, targetConfidence: targets.confident },
      },
      rampUp,
      measures: { confidentShare: targets.confident.mean().item() },
    };
  }

  /** Boxes and mixing ratios of this step; amplitude transfer works on pixel values, the network on [−1, 1]. */
  private draw({ labelled, unlabelled }: Batch, { seed, iteration, maxIterations }: MethodStep): MidssInputs {
    if (!unlabelled) throw new Error("internal: MiDSS was given no unlabelled images");
    const [count, , height, width] = labelled.images.shape;
    const key = { seed, iteration, purpose: "midss" };
    const ratios = drawTpRam(key, count, iteration / maxIterations);
    const transferred = tpRam(labelled.images, unlabelled.weak, ratios, this.context.augmentation.tpRamFactor);
    return {
      x: normalise(labelled.images),
      y: labelled.labels,
      uWeak: normalise(unlabelled.weak),
      uStrong: normalise(unlabelled.strong),
      xTransferred: normalise(transferred),
      box: boxMask(drawBoxes(key, count, { height, width }), { height, width }, this.forward.device),
    };
  }

  afterUpdate({ iteration }: MethodStep): void {
    updateTeacher(this.networks.teacher, this.context.student, emaDecay(iteration, this.options.emaDecay));
  }
}

export const midss = methodEntry({
  summary: "copy-paste between labelled and unlabelled images, symmetric guidance and amplitude transfer",
  source: "Ma et al., CVPR 2024; MQinghe/MiDSS code/train.py",
  cost: "4 passes, and 3 of the teacher without gradient",
  options,
  usesUnlabelled: true,
  create: (context, settings) => new Midss(context, settings),
});
