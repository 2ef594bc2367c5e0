/** Kind `schedule`: rates and ramps per iteration (method sections 3.4 and 7). */
import { reversalAt } from "../../divergence/estimators/critic.js";
import * as losses from "../../losses/index.js";
import { rampAt } from "../../methods/parts/consistency-options.js";
import { emaDecay, learningRate, polynomialRate } from "../../optim/index.js";
import type { Computed, GoldenCase } from "../golden-case.js";

/** The ramp of SSL4MIS, here a share of the training: the reference climbs a stair every 150 iterations. */
export function ssl4misRamp(iteration: number, stairs: number, perStair = 150): number {
  const options = { consistencyWeight: 1, startShare: 0, rampIterations: stairs * perStair };
  return rampAt({ seed: 0, iteration, maxIterations: stairs * perStair }, options);
}

/** The linear and the cosine ramp are formulas of references whose methods are not here; no code of ours computes them. */
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
    ["ramp_ssl4mis", at((k) => sslConsistency * ssl4misRamp(k, rampLength))],
    ["uamt_threshold", at((k) => losses.uncertaintyThreshold(k, K))],
    ["grl", at((k) => reversalAt(k, { reversal: grlHi, warmUp: grlIterations }))],
    ["linear", at((k) => Math.min(k / K, 1))],
    ["cosine_down", at((k) => 0.5 * (Math.cos((Math.PI * k) / K) + 1))],
  ]);
}
