/**
 * BCP (Bai et al., "Bidirectional copy-paste for semi-supervised medical image segmentation", CVPR 2023;
 * DeepMed-Lab-ECNU/BCP code/ACDC_BCP_train.py): labelled patches in unlabelled images and the reverse, after a first
 * phase of copy-paste between labelled images. Method section 7.
 *
 * Shapes as suffixes: B images, C channels, S all spatial axes; targets have none, since TargetKind decides.
 */
import { z } from "zod";
import { boxMask, pasteBoxes } from "../augment/index.js";
import { UsageError } from "../core/errors.js";
import { RandomStream } from "../core/random.js";
import {
  type MixAnnotation,
  type MixLoss,
  type MixWeights,
  mixLoss,
  pseudoLabels,
  usualThreshold,
} from "../losses/index.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { cat, noGrad, scope, spatialShape, type Tensor } from "../torch/index.js";
import { methodEntry } from "./entry.js";
import type { Batch, Method, MethodContext, MethodEvaluation, MethodStep, PreparedStep } from "./method.js";
import { type AtLevel, overLevels } from "./parts/deep-supervision.js";
import { type StudentOutput, studentForwards, teacherForwards } from "./parts/forward.js";
import { largestComponents } from "./parts/largest-component.js";
import { updateWholeTeacher } from "./parts/teacher.js";
import { type NetworkInputs, networkInputs } from "./parts/views.js";

const options = z.strictObject({
  pretrainIterations: z
    .int()
    .min(0)
    .optional()
    .describe("steps on labelled images alone; default: a quarter of the training"),
  unlabelledWeight: z.number().min(0).default(0.5).describe("weight of pixels that carry a pseudo-label"),
  emaDecay: z.number().min(0).lt(1).default(0.99).describe("averaging coefficient of the teacher"),
});
export type BcpOptions = z.output<typeof options>;

/** One student input: images with a box of others in them, and the target of each. */
interface MixedView {
  imagesBCS: Tensor;
  imageTarget: Tensor;
  patchTarget: Tensor;
  annotated: MixAnnotation;
  weights: { image: number; patch: number };
  /** Which of the two targets is a true label. */
  labelled: "image" | "patch" | "both";
}

/** The first half of a batch, rounded up, and the rest. */
function halves(tensor: Tensor): [Tensor, Tensor] {
  const [count] = tensor.shape;
  const first = Math.ceil(count / 2);
  return [tensor.narrow(0, 0, first), tensor.narrow(0, first, count - first)];
}

/**
 * One box of two thirds of each side for all images of a step: [1, 1, ...S], true inside.
 * @param shape of the images, the spatial axes only
 */
export function drawBox({ seed, iteration }: MethodStep, shape: readonly number[], device: string): Tensor {
  const stream = new RandomStream(seed, "method.bcp.rectangle", iteration);
  // A single slice is in the box, which would hold nothing otherwise.
  const sides = shape.map((length) => Math.max(Math.floor((length * 2) / 3), 1));
  const start = shape.map((length, axis) => stream.integer(0, Math.max(length - sides[axis] - 1, 0)));
  return boxMask([{ start, sides }], shape, device);
}

function evaluation(task: Tensor, terms: Record<string, Tensor>): MethodEvaluation {
  return { task, terms, shared: null };
}

export class Bcp implements Method {
  readonly networks: { teacher: SegmentationNetwork };

  constructor(
    private readonly context: MethodContext,
    private readonly options: BcpOptions,
  ) {
    this.networks = { teacher: context.createNetwork() };
  }

  private pretrainIterations({ maxIterations }: MethodStep): number {
    return this.options.pretrainIterations ?? Math.floor(maxIterations / 4);
  }

  prepare(batch: Batch, step: MethodStep): PreparedStep {
    const inputs = networkInputs(batch);
    const { x, y, annotated, weak, strong } = inputs;
    if (x.shape[0] < 2)
      throw new UsageError("method bcp mixes two halves of a batch; set training.labelledBatch to 2 or more");
    const pretraining = step.iteration < this.pretrainIterations(step);
    const box11S = noGrad(() => drawBox(step, spatialShape(x), this.context.device));
    const pseudo = pretraining ? null : noGrad(() => scope(() => this.askTeacher(weak)));
    const views = noGrad(() => (pseudo ? this.mixBoth(inputs, pseudo, box11S) : this.mixLabelled(inputs, box11S)));
    const outside1S = box11S.squeeze(1).logicalNot().to({ dtype: "float32" });
    return {
      evaluate: ({ updateRunningStatistics }) => {
        const images = views.map((view) => view.imagesBCS);
        const outputs = studentForwards(this.context.student, images, updateRunningStatistics, this.context);
        const parts = views.map((view, i) => this.lossesOf(view, outputs[i], outside1S));
        const sum = (losses: readonly Tensor[]) => losses.reduce((total, loss) => total.add(loss));
        const sup = sum(parts.flatMap(({ labelled }) => labelled));
        const pseudoLabelled = parts.flatMap(({ unlabelled }) => unlabelled);
        if (pseudoLabelled.length === 0) return evaluation(sup, { sup });
        const u = sum(pseudoLabelled);
        return evaluation(sup.add(u), { sup, u });
      },
      domains: {
        source: x,
        target: { weak, strong },
        labels: pseudo && { source: y, sourceAnnotated: annotated, ...pseudo },
      },
      rampUp: pretraining ? 0 : 1,
      measures: {},
    };
  }

  /** Half the loss of each region, by whether its target is a true label. */
  private lossesOf(view: MixedView, output: StudentOutput, outside1S: Tensor) {
    const full = this.regionLosses(view, output.logits, outside1S, (map) => map);
    const ofLabels = (region: keyof MixWeights) =>
      overLevels(output, (logits, at) =>
        (logits === output.logits ? full : this.regionLosses(view, logits, outside1S, at))[region].mul(0.5),
      );
    const { labelled } = view;
    if (labelled === "both") return { labelled: [ofLabels("image"), ofLabels("patch")], unlabelled: [] };
    return labelled === "image"
      ? { labelled: [ofLabels("image")], unlabelled: [full.patch.mul(0.5)] }
      : { labelled: [ofLabels("patch")], unlabelled: [full.image.mul(0.5)] };
  }

  private regionLosses(view: MixedView, logitsBKS: Tensor, outside1S: Tensor, at: AtLevel): MixLoss {
    const { imageTarget, patchTarget, annotated, weights } = view;
    const outsideBS = at(outside1S).expand([logitsBKS.shape[0], ...spatialShape(logitsBKS)]);
    const labelled = {
      image: annotated.image && at(annotated.image),
      patch: annotated.patch && at(annotated.patch),
    };
    return mixLoss(logitsBKS, at(imageTarget), at(patchTarget), outsideBS, weights, this.context.kind, labelled);
  }

  /** The largest components of the teacher's labels, each half with its own statistics; confidence as FixMatch takes it. */
  private askTeacher(weak: Tensor): { target: Tensor; targetConfidence: Tensor } {
    const { kind } = this.context;
    const answers = teacherForwards(this.networks.teacher, halves(weak), this.context);
    const { labels, confident } = pseudoLabels(cat(answers), { threshold: usualThreshold }, kind);
    return { target: largestComponents(labels, kind, answers[0].shape[1]), targetConfidence: confident };
  }

  /** First phase: one labelled half with a box of the other. */
  private mixLabelled({ x, y, annotated }: NetworkInputs, box11S: Tensor): MixedView[] {
    const pair = (tensor: Tensor) => {
      const [a, b] = halves(tensor);
      return { image: a.narrow(0, 0, b.shape[0]), patch: b };
    };
    const [images, targets] = [x, y].map(pair);
    return [
      {
        imagesBCS: pasteBoxes(images.image, images.patch, box11S),
        imageTarget: targets.image,
        patchTarget: targets.patch,
        annotated: annotated ? pair(annotated) : {},
        weights: { image: 1, patch: 1 },
        labelled: "both",
      },
    ];
  }

  /** Second phase: labelled boxes in unlabelled images, unlabelled ones in labelled images. */
  private mixBoth(
    { x, y, annotated, weak }: NetworkInputs,
    { target }: { target: Tensor },
    box11S: Tensor,
  ): MixedView[] {
    const [[xA, xB], [yA, yB], [uA, uB], [qA, qB]] = [x, y, weak, target].map(halves);
    const [annotatedA, annotatedB] = annotated ? halves(annotated) : [null, null];
    const { unlabelledWeight } = this.options;
    return [
      {
        imagesBCS: pasteBoxes(uA, xA, box11S),
        imageTarget: qA,
        patchTarget: yA,
        annotated: { patch: annotatedA },
        weights: { image: unlabelledWeight, patch: 1 },
        labelled: "patch",
      },
      {
        imagesBCS: pasteBoxes(xB, uB, box11S),
        imageTarget: yB,
        patchTarget: qB,
        annotated: { image: annotatedB },
        weights: { image: 1, patch: unlabelledWeight },
        labelled: "image",
      },
    ];
  }

  /** The teacher is the student until the first phase ends. */
  afterUpdate(step: MethodStep): void {
    const pretraining = step.iteration < Math.max(this.pretrainIterations(step), 1);
    updateWholeTeacher(this.networks.teacher, this.context.student, pretraining ? 0 : this.options.emaDecay);
  }
}

export const bcp = methodEntry({
  summary: "copy-paste in both directions between labelled and unlabelled images",
  source: "Bai et al., CVPR 2023; DeepMed-Lab-ECNU/BCP code/ACDC_BCP_train.py",
  cost: "1 pass, and 1 of the teacher without gradient; half a pass alone in the first phase",
  options,
  usesUnlabelled: true,
  create: (context, settings) => new Bcp(context, settings),
});
