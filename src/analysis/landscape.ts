/**
 * Slices through the loss around a run's weights, for judging by eye how flat the minimum is: along random directions
 * (Li et al., NeurIPS 2018) and along the one in which SAM looks.
 */
import { UsageError } from "../core/errors.js";
import { caseTensors, type LossLabels, lossLabels } from "../data/case-tensors.js";
import type { Case } from "../data/dataset.js";
import type { DecodedCase } from "../data/decode.js";
import { viewOf } from "../data/volumes/patches.js";
import { segmentationLoss } from "../losses/index.js";
import { inEvaluationMode } from "../nn/index.js";
import type { LoadedRun } from "../runs/load-run.js";
import { mean } from "../statistics/mean.js";
import {
  autocast,
  foreachAdd_,
  Generator,
  grad,
  inferenceMode,
  noGrad,
  scope,
  type Tensor,
  zerosLike,
} from "../torch/index.js";
import { type Direction, evaluateAlong, filterNormalisedDirection, type Step, unitDirection } from "./directions.js";

/** Cases that the loss is averaged over, at most. */
const mostCases = 8;

export interface LandscapeOptions {
  /** Along each axis, odd and at least 3, so that the weights themselves are one of them. */
  points: number;
  /**
   * Distances reach from −radius to radius: along the random directions 1 is the length of the weights, along SAM's
   * it is 1 in the L2 norm over all parameters, as the optimiser's rho.
   */
  radius: number;
  /** Of the random directions. */
  seed: number;
  /** Called after every evaluation with the number done and to do. */
  onProgress?(done: number, total: number): void;
}

export interface LinePoint {
  t: number;
  loss: number;
}

export interface PlanePoint {
  a: number;
  b: number;
  loss: number;
}

export interface LossLandscape {
  /** Along the first random direction. */
  line: LinePoint[];
  /** Along the gradient. */
  sam: LinePoint[];
  /** Spanned by both random directions, `a` along the first; row by row of equal `b`. */
  plane: PlanePoint[];
}

interface Sample {
  input: Tensor;
  target: LossLabels;
}

/** Evenly spaced cases of the validation split, or of the labelled cases where there is none. */
function chooseCases({ split, folder }: LoadedRun): Case[] {
  const all = split.validation.length > 0 ? split.validation : split.labelled;
  if (all.length === 0)
    throw new UsageError(`${folder.path}: its data set is not there, and the loss needs labelled images; restore it`);
  const count = Math.min(mostCases, all.length);
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]);
}

/** Network input and target of one case on the run's device. */
function sampleOf(decoded: DecodedCase, { dataset, device, normalisation }: LoadedRun): Sample {
  return scope(() => {
    const { imageCS, labelKS } = caseTensors(decoded, dataset, device);
    return {
      input: normalisation.forward(imageCS.unsqueeze(0)),
      target: lossLabels((labelKS as Tensor).unsqueeze(0), dataset),
    };
  });
}

/** The supervised loss of one case, a scalar. */
function lossOf({ networks, kind, precision, device }: LoadedRun, { input, target }: Sample): Tensor {
  const logits = autocast(precision, device, () => networks.student.forward(input)).to({ dtype: "float32" });
  return segmentationLoss(logits, target.labels, null, { kind, annotated: target.annotated }).loss;
}

/** Mean over the samples, one image at a time so that memory stays flat. */
function meanLoss(run: LoadedRun, samples: readonly Sample[]): number {
  return mean(samples.map((sample) => inferenceMode(() => scope(() => lossOf(run, sample).item()))));
}

/** Gradient of the summed loss; its direction is that of the mean. */
function gradientOf(run: LoadedRun, samples: readonly Sample[]): Tensor[] {
  const parameters = run.networks.student.parameters();
  const sum = parameters.map((parameter) => zerosLike(parameter));
  for (const sample of samples) {
    scope(() => {
      const gradient = grad(lossOf(run, sample), parameters, { allowUnused: true });
      noGrad(() => foreachAdd_(sum, gradient));
    });
  }
  return sum;
}

/** From −radius to radius, the middle exactly 0. */
function distances({ points, radius }: LandscapeOptions): number[] {
  const half = (points - 1) / 2;
  return Array.from({ length: points }, (_, i) => (radius * (i - half)) / half);
}

function requireOptions({ points, radius }: LandscapeOptions): void {
  if (!Number.isInteger(points) || points < 3 || points % 2 === 0)
    throw new UsageError(`lossLandscape: points is ${points}; give an odd whole number of at least 3`);
  if (!(radius > 0 && Number.isFinite(radius)))
    throw new UsageError(`lossLandscape: radius is ${radius}; give a positive number`);
}

/** Losses at all steps, in order, in evaluation mode. */
function measure(run: LoadedRun, samples: readonly Sample[], options: LandscapeOptions): LossLandscape {
  const { student } = run.networks;
  const at = distances(options);
  const generator = new Generator(options.seed);
  const [first, second] = [0, 1].map(() => filterNormalisedDirection(student, generator));
  generator.dispose();
  const uphill = scope(() => unitDirection(gradientOf(run, samples)));
  const places = at.flatMap((b) => at.map((a) => ({ a, b })));
  const along = (direction: Direction): Step[] => at.map((t) => [[t, direction]]);
  const steps: Step[] = [
    ...along(uphill),
    ...places.map(
      ({ a, b }): Step => [
        [a, first],
        [b, second],
      ],
    ),
  ];
  let done = 0;
  const losses = evaluateAlong(student.parameters(), steps, () => {
    const loss = meanLoss(run, samples);
    options.onProgress?.(++done, steps.length);
    return loss;
  });
  const plane = places.map((place, i) => ({ ...place, loss: losses[at.length + i] }));
  return {
    line: plane.filter(({ b }) => b === 0).map(({ a, loss }) => ({ t: a, loss })),
    sam: at.map((t, i) => ({ t, loss: losses[i] })),
    plane,
  };
}

/**
 * The student's supervised loss (cross-entropy + Dice, as validation computes it) around its weights, on at most 8
 * validation cases, or labelled ones where no validation split was kept, of volumes on the slice or patch that stands for each.
 * BatchNorm uses its running statistics; the
 * weights hold the same bits afterwards. Losses far from the weights may be infinite or NaN.
 *
 * Cost: `points² + points` forward passes and one backward pass of each of those cases, and memory for five further
 * copies of the weights. It does not depend on the size of the data set.
 * @throws UsageError when an option is out of range or the run's data set is missing; DataError when a case cannot be
 *   decoded
 * @example const { line, sam, plane } = await lossLandscape(run, { points: 11, radius: 0.5, seed: 0 });
 */
export async function lossLandscape(run: LoadedRun, options: LandscapeOptions): Promise<LossLandscape> {
  requireOptions(options);
  const decoded = await Promise.all(chooseCases(run).map((one) => run.cache.get(one)));
  return inEvaluationMode(run.networks.student, () =>
    scope(() => {
      const samples = noGrad(() => decoded.map((one) => sampleOf(viewOf(one, run.dataset, run.patch), run)));
      return measure(run, samples, options);
    }),
  );
}
