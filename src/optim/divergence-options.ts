/** How an optimiser compares the labelled with the unlabelled domain: the `divergence:` section of a configuration. */
import { z } from "zod";
import { type DivergenceId, divergenceIds, type EstimatorId, estimatorChoice } from "../divergence/index.js";

/** Schema of the `divergence:` section with an optimiser's own defaults. */
export function divergenceOptions(f: DivergenceId, estimator: EstimatorId) {
  const schema = z.strictObject({
    f: z.enum(divergenceIds).default(f).describe("which f-divergence"),
    alpha: z.number().optional().describe("order of f: alpha"),
    pi: z.number().gt(0).lt(1).optional().describe("weight of f: wjs"),
    scale: z.number().positive().optional().describe("factor on D; 0.5 for js (the textbook value), else 1"),
    estimator: estimatorChoice
      .default(estimator)
      .describe("what of the two domains is compared: a name, or a name with the estimator's own settings"),
    forward: z
      .enum(["joint", "evalBN", "shared"])
      .default("joint")
      .describe("joint: one batch of both domains; evalBN: running statistics; shared: the method's own passes"),
    view: z.enum(["weak", "strong"]).default("weak").describe("which view of the unlabelled images"),
    tau: z.number().positive().default(1).describe("temperature of featSoftmax, featProto and featCode"),
    runningMean: z.number().min(0).lt(1).optional().describe("memory of the running means of P and Q; default none"),
    bank: z
      .int()
      .min(1)
      .optional()
      .describe("images of each domain whose statistics are kept beside the present ones, 64 to 256; default none"),
    gate: z
      .strictObject({
        level: z.number().gt(0).lt(1).default(0.05).describe("p-value of the permutation test up to which D acts"),
        every: z.int().min(1).default(500).describe("steps from one test to the next"),
      })
      .optional()
      .describe("let D act only while a test on the bank says that the domains differ; default: always"),
    side: z.enum(["both", "target", "source"]).default("both").describe("which side's gradient is used"),
  });
  return schema.prefault({});
}

/** A resolved `divergence:` section. */
export type DivergenceOptions = z.output<ReturnType<typeof divergenceOptions>>;
