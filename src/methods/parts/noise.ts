/** Noise on network inputs, fixed by (seed, iteration) so that a resumed run draws the same. */
import { RandomStream } from "../../core/random.js";
import { Generator, randn, type Tensor } from "../../torch/index.js";
import type { MethodStep } from "../method.js";

/** A generator on a device whose numbers belong to one purpose and pass of one step. The caller disposes it. */
export function stepGenerator(
  { seed, iteration }: MethodStep,
  purpose: string,
  pass: number,
  device: string,
): Generator {
  return new Generator(new RandomStream(seed, `method.${purpose}`, iteration, pass).uint32(), device);
}

/** Normal noise of the given deviation in the shape of an image batch, clipped at ±limit. */
export function clippedNoise(
  like: Tensor,
  step: MethodStep,
  pass: number,
  { noise, noiseLimit }: { noise: number; noiseLimit: number },
): Tensor {
  const { shape, device } = like;
  using generator = stepGenerator(step, "noise", pass, device);
  return randn(shape, { generator, device }).mul_(noise).clamp_({ min: -noiseLimit, max: noiseLimit });
}
