/**
 * SS-Net (Wu et al., "Exploring smoothness and class-separation for semi-supervised medical image segmentation",
 * MICCAI 2022; ycwu1997/SS-Net code/train_ss_2d.py): virtual adversarial training and contrast between pixel features
 * and a memory of each class. Method section 7.
 */
import { z } from "zod";
import type { TargetKind } from "../core/target-kind.js";
import { diceLoss, probabilities, pseudoLabels, softDiceDistance, usualThreshold } from "../losses/index.js";
import { Convolution, type SegmentationNetwork, withFrozenRunningStatistics } from "../nn/index.js";
import type { NamedParameters } from "../optim/index.js";
import { axesOfEach, cat, grad, noGrad, positionRows, rand, scope, type Tensor } from "../torch/index.js";
import { methodEntry } from "./entry.js";
import type { Batch, Method, MethodContext, MethodStep, PreparedStep } from "./method.js";
import { consistencyWeightAt, rampAt, weightOptions } from "./parts/consistency-options.js";
import { overLevels } from "./parts/deep-supervision.js";
import { studentForward } from "./parts/forward.js";
import { stepGenerator } from "./parts/noise.js";
import { jointForward, labelledDomains, type NetworkInputs, networkInputs } from "./parts/views.js";
import { SsNetHeads } from "./ss-net-heads.js";

const options = z.strictObject({
  ...weightOptions,
  radius: z.number().min(0).default(6).describe("length of the adversarial direction of an image"),
  contrastWeight: z.number().min(0).default(0.1).describe("weight of the contrast beside the adversarial loss"),
});
export type SsNetOptions = z.output<typeof options>;

/** How far the power step looks for the adversarial direction. */
const powerStep = 10;

/** Each image at length 1. */
function unitImages(images: Tensor): Tensor {
  return images.div(images.vectorNorm({ dim: axesOfEach(images), keepdim: true }).add(1e-8));
}

/** [B, F, ...S] → [B·S, F] float32. */
const pixels = (map: Tensor): Tensor => positionRows(map).to({ dtype: "float32" });

/** For each class, or channel, the numbers of the pixels that carry it, in the order of {@link pixels}. */
export function membersOf(labels: Tensor, kind: TargetKind, classes: number): Tensor[] {
  return Array.from({ length: classes }, (_, c) => {
    const own = kind === "softmax" ? labels.eq(c) : labels.select(1, c).eq(1);
    return own.reshape([-1]).nonzero().squeeze(1);
  });
}

/** The same where a prediction agrees and is foreground. */
function correctMembers(labels: Tensor, predicted: Tensor, kind: TargetKind, classes: number): Tensor[] {
  if (kind === "sigmoid") return membersOf(labels.mul(predicted), kind, classes);
  // Class −1 belongs to no list.
  const agreed = labels.eq(predicted).logicalAnd(predicted.gt(0));
  return membersOf(labels.maskedFill(agreed.logicalNot(), -1), kind, classes);
}

/** Labels that are of no class where nobody gave one. */
function givenLabels({ y, annotated }: NetworkInputs, kind: TargetKind): Tensor {
  if (!annotated) return y;
  return y.maskedFill((kind === "softmax" ? annotated.squeeze(1) : annotated).eq(0), -1);
}

/** Last convolution of a network: [classes, features, ...k]. */
function headShape(network: SegmentationNetwork): number[] {
  const convolutions = network.namedModules().flatMap(([, part]) => (part instanceof Convolution ? [part] : []));
  return (convolutions.at(-1) as Convolution).weight.shape;
}

/** What the student says at the step's clean weights. */
interface CleanAnswer {
  /** Probabilities of all images, labelled first. */
  clean: Tensor;
  pseudo: { labels: Tensor; confident: Tensor };
}

export class SsNet implements Method {
  readonly networks: { heads: SsNetHeads };
  readonly trainable: NamedParameters;
  private readonly classes: number;

  constructor(
    private readonly context: MethodContext,
    private readonly options: SsNetOptions,
  ) {
    const [classes, features] = headShape(context.student);
    this.classes = classes;
    const heads = new SsNetHeads(features, classes, context.seed ?? 0).to({ device: context.device });
    this.networks = { heads };
    this.trainable = heads.namedParameters().map(([name, parameter]) => [`heads.${name}`, parameter]);
  }

  prepare(batch: Batch, step: MethodStep): PreparedStep {
    const { kind, student } = this.context;
    const inputs = networkInputs(batch);
    const { x, y, annotated, weak } = inputs;
    const { clean, pseudo } = noGrad(() => scope(() => this.ask(inputs)));
    const images = noGrad(() => cat([x, weak]));
    const attacked = scope(() => this.attack(images, clean, step));
    const members = noGrad(() =>
      [givenLabels(inputs, kind), pseudo.labels].map((labels) => membersOf(labels, kind, this.classes)),
    );
    const weight = consistencyWeightAt(step, this.options);
    return {
      evaluate: ({ updateRunningStatistics }) => {
        const shared = jointForward(student, x, weak, updateRunningStatistics, this.context);
        const sup = overLevels(shared.source, (own, at) =>
          diceLoss(own, at(y), null, { kind, diceMaskQuirk: false, annotated: annotated && at(annotated) }),
        );
        const contrast = this.contrast(
          [shared.source.feature, shared.target.feature],
          members,
          updateRunningStatistics,
        );
        const { logits } = studentForward(student, attacked, false, this.context);
        const vat = softDiceDistance(probabilities(logits, kind), clean, kind);
        const unsupervised = vat.add(contrast.mul(this.options.contrastWeight));
        return { task: sup.add(unsupervised.mul(weight)), terms: { sup, vat, contrast }, shared };
      },
      domains: labelledDomains(inputs, pseudo),
      rampUp: rampAt(step, this.options),
      measures: {},
    };
  }

  /** One pass without gradient; the memory takes the features of the labelled pixels it gets right. */
  private ask(inputs: NetworkInputs): CleanAnswer {
    const { x, weak } = inputs;
    const { kind, student } = this.context;
    const { heads } = this.networks;
    const { source, target } = jointForward(student, x, weak, false, this.context);
    const predicted = pseudoLabels(source.logits, { threshold: usualThreshold }, kind).labels;
    const correct = correctMembers(givenLabels(inputs, kind), predicted, kind, this.classes);
    withFrozenRunningStatistics(heads, () => heads.remember(pixels(source.feature as Tensor), correct));
    const clean = probabilities(cat([source.logits, target.logits]), kind);
    return { clean, pseudo: pseudoLabels(target.logits, { threshold: usualThreshold }, kind) };
  }

  /** The images moved by `radius` in the direction that changes the prediction most, by one power step. */
  private attack(images: Tensor, clean: Tensor, step: MethodStep): Tensor {
    const { student, kind, device } = this.context;
    using generator = stepGenerator(step, "vat", 0, device);
    const start = unitImages(rand(images.shape, { generator, device }).sub(0.5)).requiresGrad_();
    const { logits } = studentForward(student, images.add(start.mul(powerStep)), false, this.context);
    const [direction] = grad(softDiceDistance(probabilities(logits, kind), clean, kind), [start]);
    return noGrad(() => images.add(unitImages(direction).mul(this.options.radius)));
  }

  /** Of the labelled and of the unlabelled pixels, added. */
  private contrast(
    features: readonly (Tensor | undefined)[],
    members: readonly Tensor[][],
    updateRunningStatistics: boolean,
  ): Tensor {
    const { heads } = this.networks;
    const run = () => {
      const [labelled, unlabelled] = features.map((map, i) => heads.contrast(pixels(map as Tensor), members[i]));
      return labelled.add(unlabelled);
    };
    return updateRunningStatistics ? run() : withFrozenRunningStatistics(heads, run);
  }

  afterUpdate(): void {}
}

export const ssNet = methodEntry({
  summary: "smoothness under adversarial noise, and features drawn to a memory of each class",
  source: "Wu et al., MICCAI 2022; ycwu1997/SS-Net code/train_ss_2d.py",
  cost: "4 passes, 2 more for the adversarial direction, and 2 without gradient",
  options,
  usesUnlabelled: true,
  create: (context, settings) => new SsNet(context, settings),
});
