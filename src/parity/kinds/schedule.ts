/** Kind `schedule`: rates and ramps per iteration (method sections 3.4 and 7). */
import * as losses from "../../losses/index.js";
import { emaDecay, learningRate, polynomialRate } from "../../optim/index.js";
import type { Computed, GoldenCase } from "../golden-case.js";

export function schedule(testCase: GoldenCase): Computed {
  const {
    maxIterations: K,
    baseLr,
    power,
    emaDecay: limit,
    rampLength,
    sslConsistency,
    grlHi,
    grlIterations,
  } = testCase.params;
  const at = (f: (k: number) => number) => testCase.numbers("k").map(f);
  return new Map([
    ["lr_during", at((k) => learningRate(baseLr, k, K, power))],
    ["lr_set_after", at((k) => polynomialRate(baseLr, k, K, power))],
    ["ema", at((k) => emaDecay(k, limit))],
    ["ramp", at((k) => losses.midssRampUp(k, K))],
    ["ramp_ssl4mis", at((k) => losses.ssl4misRampUp(k, { weight: sslConsistency, stairs: rampLength }))],
    ["uamt_threshold", at((k) => losses.uncertaintyThreshold(k, K))],
    ["grl", at((k) => losses.gradientReversalRampUp(k, { hi: grlHi, iterations: grlIterations }))],
    ["linear", at((k) => losses.linearRampUp(k, K))],
    ["cosine_down", at((k) => losses.cosineRampDown(k, K))],
  ]);
}
