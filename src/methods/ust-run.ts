/**
 * UST-RUN (arXiv 2505.24567; MQinghe/UST-RUN train.py), MiDSS with two more sources of training images: unlabelled
 * images that student and teacher agree on are pasted from as labelled ones are, and the image of the step before that
 * they agreed on least comes back with its foreground covered by a labelled one.
 *
 * Shapes: B images, C channels, K classes, S all spatial axes. Labels and masks are as TargetKind says.
 */
import { z } from "zod";
import {
  boxMask,
  coveringBox,
  drawBoxes,
  drawTpRam,
  packBoxMask,
  pasteBoxes,
  planar8bit,
  planTpRam,
} from "../augment/index.js";
import { UsageError } from "../core/errors.js";
import { RandomStream } from "../core/random.js";
import type { TargetKind } from "../core/target-kind.js";
import { midssRampUp, type PseudoLabels, pseudoLabels } from "../losses/index.js";
import type { SegmentationNetwork } from "../nn/index.js";
import {
  cat,
  classChannels,
  noGrad,
  ones,
  scope,
  sendTogether,
  spatialAxes,
  spatialShape,
  type Tensor,
  tensor,
  where,
} from "../torch/index.js";
import { methodEntry } from "./entry.js";
import type { Batch, Method, MethodContext, MethodEvaluation, MethodStep, PreparedStep } from "./method.js";
import { midssOptions, type StudentView, studentViews, teacherTargets, viewLoss, weightedSum } from "./midss.js";
import { type StudentOutput, studentForward, studentForwards } from "./parts/forward.js";
import { allRows } from "./parts/samples.js";
import { followStudent } from "./parts/teacher.js";
import { labelledDomains, type NetworkInputs, networkInputs } from "./parts/views.js";
import { type PseudoLabelled, ReliableMemory } from "./ust-run-memory.js";

const options = midssOptions.pick({ confidenceThreshold: true, emaDecay: true, diceMaskQuirk: true }).extend({
  queueLength: z.int().min(1).default(10).describe("reliable unlabelled images that are kept to paste from"),
  queueShare: z.number().min(0).max(1).default(0.5).describe("share of the pasted images that come from the queue"),
  hardnessLimit: z
    .number()
    .gt(0)
    .max(1)
    .default(0.1)
    .describe("greatest 1 - Dice of student and teacher with which an image is reliable"),
  warmUpIterations: z
    .int()
    .min(0)
    .optional()
    .describe("steps before any image is reliable; default: a 120th of the training"),
});
export type UstRunOptions = z.output<typeof options>;

/** The reference's length, by which its growth of the threshold in a step without reliable images is meant. */
const referenceIterations = 60000;
const referenceGrowth = 1.0005;

/** Images to paste from, with labels that may be the teacher's. */
interface PasteSources {
  /** Raw values, [B, C, ...S]. */
  images: Tensor;
  labels: Tensor;
  /** Where the label may be trusted; null: everywhere. */
  certain: Tensor | null;
  /** Where there is a label, [B, 1, ...S]; null: everywhere. */
  annotated: Tensor | null;
}

/** A step of UST-RUN with what its losses are made of. */
export interface UstRunStep extends PreparedStep {
  /** "sup", "ul", "lu" and "s". */
  views: readonly StudentView[];
  /** The hardest image of the step before, whose loss is one with that of "ul"; null in the first step. */
  hard: StudentView | null;
}

/**
 * How far two label maps are apart for each image, 1 − the mean over the parts of (2|A∩B|+1)/(|A|+|B|+1.001), a part
 * that neither has counting as 1: [B] float32. Background is no part.
 */
export function hardnessOf(a: Tensor, b: Tensor, kind: TargetKind, classes: number): Tensor {
  const [ofA, ofB] = [a, b].map((labels) => {
    const parts = kind === "sigmoid" ? labels : classChannels(labels, classes).narrow(1, 1, classes - 1);
    return parts.to({ dtype: "float32" });
  });
  const axes = spatialAxes(ofA);
  const common = ofA.mul(ofB).sum(axes);
  const both = ofA.sum(axes).add(ofB.sum(axes));
  const dice = common.mul(2).add(1).div(both.add(1.001));
  return where(both.gt(0), dice, 0).mean(1).neg().add(1);
}

/** Refuses images of which one alone leaves batch normalisation a single value. @throws UsageError */
function checkSize(shape: readonly number[], { strides }: SegmentationNetwork): void {
  if (shape.some((side, axis) => side > strides[axis])) return;
  throw new UsageError(
    `method ust-run passes the hardest image by itself, of which ${shape.join(" x ")} pixels leave the network a single one; take a larger imageSize or patch, or method midss`,
  );
}

/** 1 for each of `count` images where `like` [n, ...] has any value. */
const onesFor = (count: number, { shape, device, dtype }: Tensor): Tensor =>
  ones([count, ...shape.slice(1)], { device, dtype });

/** Everything, where one of the two says nothing. */
function together(first: Tensor | null, second: Tensor | null, counts: readonly number[]): Tensor | null {
  const like = first ?? second;
  if (!like) return null;
  return cat([first ?? onesFor(counts[0], like), second ?? onesFor(counts[1], like)]);
}

export class UstRun implements Method {
  readonly networks: { teacher: SegmentationNetwork };
  readonly memory: ReliableMemory;
  /** What the memory takes in once the step was made. */
  private pending: { batch: PseudoLabelled; hardness: Tensor } | null = null;

  constructor(
    private readonly context: MethodContext,
    private readonly options: UstRunOptions,
  ) {
    const { queueLength, hardnessLimit } = options;
    this.networks = { teacher: context.createNetwork() };
    this.memory = new ReliableMemory({ length: queueLength, limit: hardnessLimit }, context.device);
  }

  prepare(batch: Batch, step: MethodStep): UstRunStep {
    const inputs = networkInputs(batch);
    const { x, weak: uWeak } = inputs;
    checkSize(spatialShape(x), this.context.student);
    const { views, targets } = noGrad(() => this.makeViews(batch, inputs, step));
    const hard = noGrad(() => this.hardView(batch, inputs, step));
    const hardness = noGrad(() => scope(() => this.hardness(uWeak, targets)));
    this.pending = {
      batch: { images: batch.unlabelled!.weak, labels: targets.labels, confident: targets.confident },
      hardness,
    };
    const rampUp = midssRampUp(step.iteration, step.maxIterations);
    return {
      views,
      hard,
      evaluate: ({ updateRunningStatistics }) => this.evaluate({ views, hard, rampUp }, updateRunningStatistics),
      domains: labelledDomains(inputs, targets),
      rampUp,
      measures: { confidentShare: targets.confident.mean(), hardness: hardness.mean() },
    };
  }

  /** MiDSS's four views, pasted with the chosen sources, and what the teacher says. */
  private makeViews(batch: Batch, { x, y, annotated, weak, strong }: NetworkInputs, step: MethodStep) {
    const { seed, iteration, maxIterations } = step;
    const { normalisation = planar8bit, unlabelled } = batch;
    const sources = this.sourcesOf(batch, step);
    const [count, shape] = [weak.shape[0], spatialShape(weak)];
    const key = { seed, iteration, purpose: "ust-run" };
    const ratios = drawTpRam(key, count, iteration / maxIterations);
    const { tpRamFactor } = this.context.augmentation;
    const { transfer, box } = sendTogether(this.context.device, (pack) => ({
      transfer: planTpRam(pack, weak.shape, ratios, tpRamFactor, normalisation.range),
      box: packBoxMask(pack, drawBoxes(key, count, shape), shape),
    }));
    const pasted = {
      x: normalisation.forward(sources.images),
      y: sources.labels,
      annotated: sources.annotated,
      certain: sources.certain,
      uWeak: weak,
      uStrong: strong,
      xTransferred: normalisation.forward(transfer(sources.images, unlabelled!.weak)),
      box: box(),
    };
    const targets = teacherTargets(this.networks.teacher, pasted, this.options, this.context.kind, this.context);
    const sup: StudentView = { name: "sup", images: x, labels: y, mask: null, annotated };
    return { targets, views: [sup, ...studentViews(pasted, targets).slice(1)] };
  }

  /** As many images as there are unlabelled ones: some of the queue, as far as it has any, the others labelled. */
  private sourcesOf({ labelled, unlabelled }: Batch, { seed, iteration }: MethodStep): PasteSources {
    const { reliable } = this.memory;
    const [given, queued] = [labelled.images.shape[0], reliable?.images.shape[0] ?? 0];
    const count = unlabelled!.weak.shape[0];
    const stream = new RandomStream(seed, "method.ust-run.sources", iteration);
    const fromQueue = Math.min(Math.floor(count * this.options.queueShare), queued);
    const rows = Array.from({ length: count }, (_, i) =>
      i < count - fromQueue ? stream.integer(0, given - 1) : given + stream.integer(0, queued - 1),
    );
    const order = tensor(
      [...stream.permutation(count)].map((i) => rows[i]),
      { dtype: "int64", device: labelled.images.device },
    );
    const pick = (all: Tensor | null) => all?.indexSelect(0, order) ?? null;
    const { images, labels, annotated = null } = labelled;
    if (!reliable) {
      return {
        images: images.indexSelect(0, order),
        labels: labels.indexSelect(0, order),
        certain: null,
        annotated: pick(annotated),
      };
    }
    return {
      images: cat([images, reliable.images]).indexSelect(0, order),
      labels: cat([labels, reliable.labels]).indexSelect(0, order),
      certain: pick(together(null, reliable.confident, [given, queued])),
      annotated: pick(together(annotated, null, [given, queued])),
    };
  }

  /** The hardest image of the step before, the foreground of it and of a labelled image covered by the latter. */
  private hardView(
    { normalisation = planar8bit }: Batch,
    { x, y, annotated }: NetworkInputs,
    { seed, iteration }: MethodStep,
  ): StudentView | null {
    const { hardest } = this.memory;
    if (!hardest) return null;
    const row = new RandomStream(seed, "method.ust-run.cover", iteration).integer(0, x.shape[0] - 1);
    const [cover, label] = [x, y].map((all) => all.narrow(0, row, 1));
    const { labels, confident } = hardest;
    const shape = spatialShape(x);
    const otherwise = boxMask(drawBoxes({ seed, iteration, purpose: "ust-run.cover" }, 1, shape), shape, x.device);
    const annotatedHere = annotated?.narrow(0, row, 1) ?? null;
    const given = this.foreground(label);
    const known = annotatedHere ? given.logicalAnd(annotatedHere.gt(0)) : given;
    const box = coveringBox(this.foreground(labels).logicalOr(known), otherwise);
    return {
      name: "ul",
      images: pasteBoxes(normalisation.forward(hardest.images), cover, box),
      labels: pasteBoxes(labels, label, box),
      mask: pasteBoxes(confident, onesFor(1, confident), box),
      annotated: annotatedHere && pasteBoxes(onesFor(1, annotatedHere), annotatedHere, box),
    };
  }

  /** Where any part is, [B, 1, ...S] bool. */
  private foreground(labels: Tensor): Tensor {
    return this.context.kind === "softmax" ? labels.unsqueeze(1).gt(0) : labels.amax(1, { keepdim: true }).gt(0);
  }

  /** Of each weak view, with the student's own batch statistics; no running statistics move. */
  private hardness(weak: Tensor, { labels }: PseudoLabels): Tensor {
    const { kind, student } = this.context;
    const { logits } = studentForward(student, weak, false, this.context);
    const own = pseudoLabels(logits, { threshold: this.options.confidenceThreshold }, kind).labels;
    return hardnessOf(own, labels, kind, logits.shape[1]);
  }

  /** As MiDSS, the hard image in one loss with the view "ul". */
  private evaluate(
    { views, hard, rampUp }: Pick<UstRunStep, "views" | "hard" | "rampUp">,
    updateRunningStatistics: boolean,
  ): MethodEvaluation {
    const { student } = this.context;
    const images = [...views, ...(hard ? [hard] : [])].map((view) => view.images);
    const outputs = studentForwards(student, images, updateRunningStatistics, this.context);
    const losses = views.map((view, i) => {
      if (view.name !== "ul" || !hard) return this.lossOf(view, outputs[i]);
      return this.lossOf(joined(view, hard), { logits: cat([outputs[i].logits, outputs[views.length].logits]) });
    });
    const shared = { source: outputs[0], target: outputs[views.length - 1] };
    return {
      task: weightedSum(views, losses, rampUp),
      terms: Object.fromEntries(views.map(({ name }, i) => [name, losses[i]])),
      perDomain: [losses[0], losses[views.length - 1]],
      shared,
    };
  }

  private lossOf(view: Omit<StudentView, "images">, output: StudentOutput): Tensor {
    const { diceMaskQuirk } = this.options;
    return viewLoss(view, output, allRows, { kind: this.context.kind, diceMaskQuirk });
  }

  afterUpdate(step: MethodStep): void {
    const { iteration, maxIterations } = step;
    followStudent(this.networks.teacher, this.context.student, step, this.options.emaDecay);
    if (!this.pending) throw new Error("internal: UST-RUN has prepared no step");
    const { batch, hardness } = this.pending;
    const warmUp = this.options.warmUpIterations ?? Math.floor(maxIterations / 120);
    const values = [...hardness.toNumbers()].map((value) => (iteration < warmUp ? 1 : value));
    this.memory.take(batch, values, referenceGrowth ** (referenceIterations / maxIterations));
    this.pending = null;
  }
}

/** Two views under one loss. */
function joined(view: StudentView, other: StudentView): Omit<StudentView, "images"> {
  const counts = [view, other].map(({ labels }) => labels.shape[0]);
  return {
    name: view.name,
    labels: cat([view.labels, other.labels]),
    mask: together(view.mask, other.mask, counts),
    annotated: together(view.annotated, other.annotated, counts),
  };
}

export const ustRun = methodEntry({
  summary: "MiDSS that also pastes from reliable unlabelled images and comes back to the hardest one",
  source: "Ma et al., arXiv 2505.24567; MQinghe/UST-RUN train.py",
  cost: "4 passes and one of a single image, and 3 of the teacher and 1 of the student without gradient",
  options,
  usesUnlabelled: true,
  gives: () => ["perDomain"],
  create: (context, settings) => new UstRun(context, settings),
});
