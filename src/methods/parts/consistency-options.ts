/** Settings that the consistency methods share, and the weight that they give. */
import { z } from "zod";
import { midssRampUp } from "../../losses/index.js";
import type { MethodStep } from "../method.js";

/** The weight of the unlabelled loss and how it grows; the defaults are those of HiLab-git/SSL4MIS. */
export const weightOptions = {
  consistencyWeight: z.number().min(0).default(0.1).describe("weight of the unlabelled loss at the end of its ramp"),
  rampIterations: z.int().min(200).optional().describe("length of its ramp; default: the whole training"),
  startShare: z.number().min(0).max(1).default(0).describe("share of the training before it counts at all"),
};

/** Noise on the teacher's inputs, and how slowly it follows the student. */
export const noisyTeacherOptions = {
  emaDecay: z.number().min(0).lt(1).default(0.99).describe("limit of the teacher's averaging coefficient"),
  noise: z.number().min(0).default(0.1).describe("deviation of the noise on network inputs in [-1, 1]"),
  noiseLimit: z.number().min(0).default(0.2).describe("where that noise is clipped"),
};

export type WeightOptions = z.output<z.ZodObject<typeof weightOptions>>;

/** The ramp in [0, 1], 200 stairs as in SSL4MIS; 0 before it starts. */
export function rampAt(
  { iteration, maxIterations }: MethodStep,
  { rampIterations, startShare }: WeightOptions,
): number {
  return iteration < startShare * maxIterations ? 0 : midssRampUp(iteration, rampIterations ?? maxIterations);
}

/** The weight of the unlabelled loss in a step. */
export function consistencyWeightAt(step: MethodStep, options: WeightOptions): number {
  return options.consistencyWeight * rampAt(step, options);
}
