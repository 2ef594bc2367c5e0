/**
 * CauSSL (Miao et al., "CauSSL: Causality-inspired semi-supervised learning for medical image segmentation", ICCV 2023;
 * JuzhengMiao/CauSSL train_CT_CPSCauSSL.py): cross pseudo supervision between two networks whose filters are kept
 * from being linear combinations of each other. Written for volumes there; here for the weights of any convolution. Method section 7.
 */
import { z } from "zod";
import type { NamedParameters } from "../optim/index.js";
import { methodEntry } from "./entry.js";
import type { Batch, Method, MethodContext, MethodStep, PreparedStep } from "./method.js";
import { CoTraining } from "./parts/co-training.js";
import { weightOptions } from "./parts/consistency-options.js";
import { Dependence } from "./parts/dependence.js";

const options = z.strictObject({
  ...weightOptions,
  consistencyWeight: weightOptions.consistencyWeight.default(0.03),
  startShare: weightOptions.startShare.default(0.08),
  dependenceWeight: z.number().min(0).default(3).describe("weight of the filters' dependence"),
  dependenceStart: z.number().min(0).max(1).default(0.1).describe("share of the training before it counts"),
  coefficientEvery: z.int().min(1).default(60).describe("iterations between searches for the best combinations"),
  coefficientSteps: z.int().min(1).default(60).describe("Adam steps of each search"),
  coefficientRate: z.number().positive().default(0.02).describe("learning rate of these steps"),
});
export type CauSslOptions = z.output<typeof options>;

export class CauSsl implements Method {
  readonly networks: CoTraining["networks"] & { dependence: Dependence };
  readonly trainable: NamedParameters;
  private readonly pair: CoTraining;
  private readonly dependence: Dependence;

  constructor(
    context: MethodContext,
    private readonly options: CauSslOptions,
  ) {
    this.pair = new CoTraining(context, options);
    const { second } = this.pair.networks;
    this.dependence = new Dependence(context.student, second, context.seed ?? 0, context.device);
    this.networks = { second, dependence: this.dependence };
    this.trainable = this.pair.trainable;
  }

  prepare(batch: Batch, step: MethodStep): PreparedStep {
    const { dependenceWeight, dependenceStart, coefficientEvery, coefficientSteps, coefficientRate } = this.options;
    const started = step.iteration > dependenceStart * step.maxIterations;
    if (started && step.iteration % coefficientEvery === 0) this.dependence.maximise(coefficientSteps, coefficientRate);
    const prepared = this.pair.prepare(batch, step);
    if (!started || !this.dependence.ready) return prepared;
    return {
      ...prepared,
      evaluate: (pass) => {
        const { task, terms, perSample, shared } = prepared.evaluate(pass);
        const [dependence1, dependence2] = this.dependence.values();
        const penalty = dependence1.add(dependence2).mul(dependenceWeight);
        return {
          task: task.add(penalty),
          terms: { ...terms, dependence1, dependence2 },
          perSample: perSample && { ...perSample, loss: (chosen) => perSample.loss(chosen).add(penalty) },
          shared,
        };
      },
    };
  }

  afterUpdate(): void {}
}

export const cauSsl = methodEntry({
  summary: "CPS whose two networks are kept independent, filter by filter",
  source: "Miao et al., ICCV 2023; JuzhengMiao/CauSSL train_CT_CPSCauSSL.py",
  cost: "4 passes, and 4 without gradient; 60 small Adam steps on matrices every 60 iterations",
  options,
  usesUnlabelled: true,
  gives: () => ["perSample"],
  create: (context, settings) => new CauSsl(context, settings),
});
