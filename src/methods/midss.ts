/**
 * MiDSS (Ma et al., "Constructing and exploring intermediate domains in mixed domain semi-supervised medical image
 * segmentation", CVPR 2024; MQinghe/MiDSS train.py): FixMatch-style pseudo-labels with copy-paste between labelled and
 * unlabelled images (UCP), symmetric guidance (SymGD) and amplitude transfer (TP-RAM). Method section 3.5.
 *
 * Shapes: B images, C channels, K classes, S all spatial axes. Labels and masks are as TargetKind says.
 */
import { z } from "zod";
import { drawBoxes, drawTpRam, packBoxMask, pasteBoxes, planar8bit, planTpRam } from "../augment/index.js";
import { UsageError } from "../core/errors.js";
import type { TargetKind } from "../core/target-kind.js";
import type { ViewOutput } from "../divergence/index.js";
import { midssRampUp, type PseudoLabels, pseudoLabels, segmentationLoss, usualThreshold } from "../losses/index.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { type Factor, stepValue, times } from "../optim/index.js";
import { noGrad, onesLike, type Pack, sendTogether, spatialShape, type Tensor } from "../torch/index.js";
import { methodEntry } from "./entry.js";
import type { Batch, Method, MethodContext, MethodEvaluation, MethodStep, PreparedStep } from "./method.js";
import { overLevels } from "./parts/deep-supervision.js";
import { type ComputeOptions, type StudentOutput, studentForwards, teacherForwards } from "./parts/forward.js";
import { allRows, type ChooseRows, sampleLosses } from "./parts/samples.js";
import { followStudent } from "./parts/teacher.js";
import { labelledDomains, networkInputs, unlabelledOf } from "./parts/views.js";

/** Settings of MiDSS; the defaults are the paper's. */
export const midssOptions = z.strictObject({
  confidenceThreshold: z
    .number()
    .gt(0.5)
    .lt(1)
    .default(usualThreshold)
    .describe("probability above which a pseudo-label counts"),
  thresholdByClass: z
    .union([z.literal("auto"), z.boolean()])
    .default("auto")
    .describe(
      "lower the threshold of classes of which the teacher is less sure, in proportion; auto: with optimizer dim alone",
    ),
  emaDecay: z.number().min(0).lt(1).default(0.99).describe("limit of the teacher's averaging coefficient"),
  diceMaskQuirk: z.boolean().default(true).describe("leave background Dice unmasked, as the reference does"),
  ucp: z.boolean().default(true).describe("train on copy-paste images of labelled and unlabelled ones"),
  symGD: z.boolean().default(true).describe("train on strong views with labels that the copy-paste images confirm"),
  tpRam: z.boolean().default(true).describe("give the pasted labelled images the style of unlabelled ones"),
});
/** `thresholdByClass: auto` is decided where the optimiser is known. */
export type MidssOptions = z.output<typeof midssOptions>;

/** Which of the teacher's labels count. */
type TrustOptions = Pick<MidssOptions, "confidenceThreshold"> & Partial<Pick<MidssOptions, "thresholdByClass">>;

/** What chance decides in one step; nothing where nothing is pasted. */
export type MidssDraws = Partial<Pasting>;

/** What is pasted, and where. */
interface Pasting {
  /** The labelled images with the amplitude of the paired unlabelled ones mixed in, in [−1, 1], [B, C, ...S]. */
  xTransferred: Tensor;
  /** Where is pasted, [B, 1, ...S] (bool, true inside). */
  box: Tensor;
}

/** Network inputs in [−1, 1] [B, C, ...S], and labels. */
interface MidssImages {
  x: Tensor;
  y: Tensor;
  /** Where `y` is a label, [B, 1, ...S]; missing or null: everywhere. */
  annotated?: Tensor | null;
  /** Where `y` may be pasted as certain, in the form of pseudo-labels' `confident`; missing or null: everywhere. */
  certain?: Tensor | null;
  uWeak: Tensor;
  uStrong: Tensor;
}

/** The same, and what chance decided. */
export interface MidssInputs extends MidssImages, Pasting {}

/** What the teacher says about the unlabelled images. */
export interface MidssTargets extends PseudoLabels {
  /** Logits of the weak views, [B, K, ...S]. */
  logits: Tensor;
  /** Logits of the images with the box from the labelled image, and with all but the box from it. */
  pastedLogits: [Tensor, Tensor];
  /** Labels put together from the two copy-paste images, and where all predictions agree and are confident. */
  symmetric: PseudoLabels;
}

/** One student input with its target and the weight of each pixel (null: all). */
export interface StudentView {
  /** "u": the strong views with the teacher's direct labels; "s": with the symmetric ones. */
  name: "sup" | "u" | "ul" | "lu" | "s";
  images: Tensor;
  labels: Tensor;
  mask: Tensor | null;
  /** Where there is a label, given or by the teacher, [B, 1, ...S]; null: everywhere. */
  annotated: Tensor | null;
}

/** Logits and pseudo-labels of the teacher for each of several batches, each with its own batch statistics. */
function askTeacher(
  teacher: SegmentationNetwork,
  batches: readonly Tensor[],
  { confidenceThreshold: threshold, thresholdByClass }: TrustOptions,
  kind: TargetKind,
  compute: ComputeOptions,
): (PseudoLabels & { logits: Tensor })[] {
  return teacherForwards(teacher, batches, compute).map((logits) => ({
    logits,
    ...pseudoLabels(logits, { threshold, byClass: thresholdByClass === true }, kind),
  }));
}

/** What the teacher says about the weak views and both copy-paste images, each batch with its own statistics. */
export function teacherTargets(
  teacher: SegmentationNetwork,
  { x, uWeak, box }: MidssInputs,
  options: TrustOptions,
  kind: TargetKind,
  compute: ComputeOptions,
): MidssTargets {
  return noGrad(() => {
    const batches = [uWeak, pasteBoxes(uWeak, x, box), pasteBoxes(x, uWeak, box)];
    const [direct, outer, inner] = askTeacher(teacher, batches, options, kind, compute);
    const labels = pasteBoxes(outer.labels, inner.labels, box);
    const agree = labels.eq(direct.labels).to({ dtype: "float32" });
    const confident = pasteBoxes(outer.confident, inner.confident, box)
      .mul(kind === "softmax" ? agree.unsqueeze(1) : agree)
      .mul(direct.confident);
    return { ...direct, pastedLogits: [outer.logits, inner.logits], symmetric: { labels, confident } };
  });
}

function labelledView({ x, y, annotated = null }: MidssImages): StudentView {
  return { name: "sup", images: x, labels: y, mask: null, annotated };
}

/** The student inputs of one step without copy-paste: "sup" and "u". */
export function unmixedViews(images: MidssImages, { labels, confident }: PseudoLabels): StudentView[] {
  return [labelledView(images), { name: "u", images: images.uStrong, labels, mask: confident, annotated: null }];
}

/** The student inputs of one step: four, fewer without symmetric labels. */
export function studentViews(inputs: MidssInputs, targets: PseudoLabels & { symmetric?: PseudoLabels }): StudentView[] {
  const { y, annotated = null, certain, uStrong, xTransferred, box } = inputs;
  const { labels, confident, symmetric } = targets;
  const sup = labelledView(inputs);
  const sure = certain ?? onesLike(confident);
  // A pseudo-label stands everywhere in the unlabelled image.
  const everywhere = annotated && onesLike(annotated);
  const pasted: StudentView[] = [
    {
      name: "ul",
      images: pasteBoxes(uStrong, xTransferred, box),
      labels: pasteBoxes(labels, y, box),
      mask: pasteBoxes(confident, sure, box),
      annotated: everywhere && pasteBoxes(everywhere, annotated, box),
    },
    {
      name: "lu",
      images: pasteBoxes(xTransferred, uStrong, box),
      labels: pasteBoxes(y, labels, box),
      mask: pasteBoxes(sure, confident, box),
      annotated: everywhere && pasteBoxes(annotated, everywhere, box),
    },
  ];
  if (!symmetric) return [sup, ...pasted];
  const { labels: confirmed, confident: mask } = symmetric;
  return [sup, ...pasted, { name: "s", images: uStrong, labels: confirmed, mask, annotated: null }];
}

/** A step of MiDSS with what its losses are made of; the targets are whole under symmetric guidance only. */
export interface MidssStep extends PreparedStep {
  targets: PseudoLabels & { logits: Tensor } & Partial<MidssTargets>;
  views: readonly StudentView[];
  evaluate(pass: { updateRunningStatistics: boolean }): ReturnType<typeof evaluateViews>;
}

/** The loss of chosen rows of a view; of the labelled one at all levels. */
export function viewLoss(
  { name, labels, mask, annotated }: Omit<StudentView, "images">,
  output: StudentOutput,
  rows: ChooseRows,
  settings: { kind: TargetKind; diceMaskQuirk: boolean },
): Tensor {
  return overLevels(name === "sup" ? output : { logits: output.logits }, (logits, at) => {
    const options = { ...settings, annotated: annotated && at(rows(annotated)) };
    return segmentationLoss(rows(logits), at(rows(labels)), mask && rows(mask), options).loss;
  });
}

/** L_sup + γ(L_ul + L_lu + γ·L_s), or L_sup + γ·L_u; each view with its own batch statistics, "sup" first. */
export function evaluateViews(
  student: SegmentationNetwork,
  views: readonly StudentView[],
  rampUp: Factor,
  updateRunningStatistics: boolean,
  settings: { kind: TargetKind; diceMaskQuirk: boolean; compute: ComputeOptions },
): MethodEvaluation & { outputs: ViewOutput[] } {
  const images = views.map((view) => view.images);
  const outputs = studentForwards(student, images, updateRunningStatistics, settings.compute);
  const lossesOver = (rows: ChooseRows) => views.map((view, i) => viewLoss(view, outputs[i], rows, settings));
  const losses = lossesOver(allRows);
  const task = weightedSum(views, losses, rampUp);
  const terms = Object.fromEntries(views.map(({ name }, i) => [name, losses[i]]));
  const perSample = sampleLosses(views[0].images, (rows) => weightedSum(views, lossesOver(rows), rampUp));
  const unmixed = views.findIndex(({ name }) => name === "u" || name === "s");
  if (unmixed < 0) return { task, terms, perSample, outputs, shared: null };
  const shared = { source: outputs[0], target: outputs[unmixed] };
  return { task, terms, perSample, perDomain: [losses[0], losses[unmixed]], outputs, shared };
}

/** The task loss from the losses of the views. */
export function weightedSum(
  views: readonly Pick<StudentView, "name">[],
  losses: readonly Tensor[],
  rampUp: Factor,
): Tensor {
  const [sup, ...unlabelled] = losses.map((loss, i) => (views[i].name === "s" ? times(loss, rampUp) : loss));
  const sum = unlabelled.reduce((total, loss) => total.add(loss));
  return sup.add(times(sum, rampUp));
}

const rampUpAt = ({ iteration, maxIterations }: MethodStep) => midssRampUp(iteration, maxIterations);

/** Refuses parts that work on what a missing part would make. @throws UsageError */
function checkParts({ ucp, symGD, tpRam }: MidssOptions): void {
  const idle = [...(symGD ? ["symGD"] : []), ...(tpRam ? ["tpRam"] : [])];
  if (ucp || idle.length === 0) return;
  throw new UsageError(
    `method.ucp: false leaves ${idle.join(" and ")} without copy-paste images to work on; set ${idle.map((part) => `method.${part}: false`).join(" and ")} too`,
  );
}

export class Midss implements Method {
  readonly networks: { teacher: SegmentationNetwork };
  private readonly compute: ComputeOptions;

  constructor(
    private readonly context: MethodContext,
    private readonly options: MidssOptions,
  ) {
    checkParts(options);
    this.networks = { teacher: context.createNetwork() };
    this.compute = { precision: context.precision, device: context.device };
  }

  prepare(batch: Batch, step: MethodStep, draws = this.draw(batch, step)): MidssStep {
    const { kind, student } = this.context;
    const given = networkInputs(batch);
    const { x, y, annotated, weak: uWeak, strong: uStrong } = given;
    const inputs = { x, y, annotated, uWeak, uStrong };
    const { targets, views } = this.options.ucp
      ? this.mixed({ ...inputs, ...(draws as Pasting) })
      : this.unmixed(inputs);
    const weight = stepValue(step, rampUpAt);
    const settings = { kind, diceMaskQuirk: this.options.diceMaskQuirk, compute: this.compute };
    return {
      targets,
      views,
      evaluate: ({ updateRunningStatistics }) =>
        evaluateViews(student, views, weight, updateRunningStatistics, settings),
      domains: labelledDomains(given, targets),
      rampUp: rampUpAt(step),
      measures: { confidentShare: targets.confident.mean() },
    };
  }

  private mixed(inputs: MidssInputs): Pick<MidssStep, "targets" | "views"> {
    const { kind } = this.context;
    const { teacher } = this.networks;
    const targets: MidssStep["targets"] = this.options.symGD
      ? teacherTargets(teacher, inputs, this.options, kind, this.compute)
      : askTeacher(teacher, [inputs.uWeak], this.options, kind, this.compute)[0];
    return { targets, views: studentViews(inputs, targets) };
  }

  private unmixed(images: MidssImages): Pick<MidssStep, "targets" | "views"> {
    const [targets] = askTeacher(this.networks.teacher, [images.uWeak], this.options, this.context.kind, this.compute);
    return { targets, views: unmixedViews(images, targets) };
  }

  draw(batch: Batch, { seed, iteration, maxIterations, first }: MethodStep): MidssDraws {
    if (!this.options.ucp) return {};
    const { images } = batch.labelled;
    const [count, shape] = [images.shape[0], spatialShape(images)];
    const key = { seed, iteration, purpose: "midss", first };
    return noGrad(() => {
      const { transfer, box } = sendTogether(this.compute.device, (pack) => ({
        transfer: this.planTransfer(pack, batch, drawTpRam(key, count, iteration / maxIterations)),
        box: packBoxMask(pack, drawBoxes(key, count, shape), shape),
      }));
      return { xTransferred: transfer(), box: box() };
    });
  }

  /** Amplitude transfer works on the batch's raw values. */
  private planTransfer(pack: Pack, batch: Batch, ratios: readonly number[]): () => Tensor {
    const { normalisation = planar8bit } = batch;
    const { images } = batch.labelled;
    if (!this.options.tpRam) return () => normalisation.forward(images);
    const { weak } = unlabelledOf(batch);
    const { tpRamFactor } = this.context.augmentation;
    const transfer = planTpRam(pack, images.shape, ratios, tpRamFactor, normalisation.range);
    return () => normalisation.forward(transfer(images, weak));
  }

  afterUpdate(step: MethodStep): void {
    followStudent(this.networks.teacher, this.context.student, step, this.options.emaDecay);
  }
}

export const midss = methodEntry({
  summary: "copy-paste between labelled and unlabelled images, symmetric guidance and amplitude transfer",
  source: "Ma et al., CVPR 2024; MQinghe/MiDSS code/train.py",
  cost: "4 passes, and 3 of the teacher without gradient; 3 and 1 without symGD",
  options: midssOptions,
  usesUnlabelled: true,
  sharesBatches: true,
  capturable: true,
  gives: ({ ucp, symGD }) => (ucp && !symGD ? ["perSample"] : ["perDomain", "perSample"]),
  create: (context, settings) => new Midss(context, settings),
});
