/** Steps of MiDSS from the batches, transferred images and boxes of a case, through the classes that training uses. */
import { fundusProfile } from "../augment/index.js";
import type { Batch, Method, MethodStep } from "../methods/index.js";
import { Midss, type MidssDraws, type MidssStep, midssOptions } from "../methods/midss.js";
import type { SegmentationNetwork, UNet } from "../nn/index.js";
import { scope, stack, type Tensor } from "../torch/index.js";
import { type StepParts, type StepResult, trainStep } from "../training/steps/step.js";
import type { GoldenCase } from "./golden-case.js";
import { networkOf } from "./kinds/unet.js";

/** A file's label image in the form the losses take (method section 3.1). */
function decodeLabel(stored: Tensor, dataset: string): Tensor {
  if (dataset === "fundus") return stack([stored.eq(0), stored.le(128)], 1).to({ dtype: "float32" });
  if (dataset === "prostate") return stored.eq(0).to({ dtype: "int64" });
  const channels = stored.eq(255).to({ dtype: "int64" });
  const [red, green, blue] = channels.unbind(-1);
  const later = green.mul(2).mul(blue.neg().add(1)).add(blue.mul(3));
  return red.mul(later.eq(0).to({ dtype: "int64" })).add(later);
}

/** The batch of the i-th step. */
function batchOf(testCase: GoldenCase, i: number): Batch {
  const stored = (name: string) => testCase.tensor(name).select(0, i);
  const images = (name: string) => stored(name).to({ dtype: "float32" });
  return {
    labelled: { images: images("x"), labels: decodeLabel(stored("label"), testCase.params.dataset) },
    unlabelled: { weak: images("u_w"), strong: images("u_s") },
  };
}

/** What chance decided in the i-th step. */
function drawsOf(testCase: GoldenCase, i: number): MidssDraws {
  return {
    xTransferred: testCase.tensor("xt").select(0, i),
    box: testCase.tensor("box").select(0, i).unsqueeze(1).to({ dtype: "bool" }),
  };
}

/** In float32, as the reference ran. */
const precision = "fp32";

/** MiDSS with a case's settings and networks, which is given the case's draws in place of its own. */
export class GivenMidss implements Method {
  readonly student: UNet;
  readonly networks: { teacher: SegmentationNetwork };
  private readonly midss: Midss;

  constructor(private readonly testCase: GoldenCase) {
    const { device, params } = testCase;
    const { flavour: kind, tau: confidenceThreshold, emaDecay, diceMaskQuirk } = params;
    this.student = networkOf(testCase);
    const createNetwork = () => networkOf(testCase, "teacher.");
    // The images are augmented already.
    const augmentation = fundusProfile;
    const context = { student: this.student, createNetwork, kind, augmentation, precision, device } as const;
    this.midss = new Midss(context, midssOptions.parse({ confidenceThreshold, emaDecay, diceMaskQuirk }));
    this.networks = this.midss.networks;
  }

  prepare(batch: Batch, step: MethodStep): MidssStep {
    const { testCase } = this;
    return this.midss.prepare(batch, step, drawsOf(testCase, step.iteration - testCase.params.firstIteration));
  }

  afterUpdate(step: MethodStep): void {
    this.midss.afterUpdate(step);
  }
}

/** Takes a case's steps. @param note is told of each inside its scope */
export function takeSteps(
  testCase: GoldenCase,
  parts: Pick<StepParts, "student" | "method" | "minimizer" | "comparison">,
  note: (result: StepResult) => void,
): void {
  const { iterations, firstIteration, maxIterations, baseLr: baseRate } = testCase.params;
  const all = { ...parts, precision, device: testCase.device } as const;
  for (let i = 0; i < iterations; i++) {
    const place = { seed: 0, iteration: firstIteration + i, maxIterations, baseRate, measure: true };
    scope(() => note(trainStep(all, batchOf(testCase, i), place)));
  }
}
