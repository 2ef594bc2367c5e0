/**
 * TP-RAM of MiDSS (method.md 3.5): moves the low-frequency amplitude of a labelled image towards that of an unlabelled
 * one and keeps its phase, so that it takes on the other's style. Only the changed Fourier coefficients are computed, a
 * block of 2b+1 frequencies along each spatial axis, as thin matrix products along one axis after the other, instead of
 * whole transforms. MiDSS knows images; the transform is separable, so volumes have one product more.
 *
 * Shapes as suffixes: N images, C channels, S all spatial axes, F the block: frequencies −b … b along each axis but the
 * last, 0 … b along the last, since an image's coefficients at −f are the conjugates of those at f.
 */
import { UsageError } from "../../core/errors.js";
import {
  cat,
  maximum,
  minimum,
  type Pack,
  type Sent,
  ShapeError,
  scope,
  sendTogether,
  spatialShape,
  type Tensor,
  where,
} from "../../torch/index.js";
import { perImage } from "../geometry/sampling.js";
import { planar8bit, type RawScale } from "../normalisation.js";
import { clampEach, extremesOf } from "./own-range.js";

/** Amplitudes below this many grey levels per pixel are rounding noise, whose phase counts as 0 (as of an exact 0). */
const noiseFloor = 1e-6;

/**
 * Half the side b of the block of frequencies, `⌊factor · s⌋` for the shortest side s.
 * @throws UsageError when the factor is outside [0, 0.5), where blocks would overlap themselves
 */
export function tpRamBlock(shape: readonly number[], factor: number): number {
  if (!(factor >= 0 && factor < 0.5)) {
    throw new UsageError(`tpRamBlock: the factor is ${factor}; give one of at least 0 and below 0.5`);
  }
  return Math.floor(factor * Math.min(...shape));
}

/** cos and sin of 2πfn/length, `[length, frequencies]` float64 each. */
interface Waves {
  readonly cosine: Tensor;
  readonly sine: Tensor;
}

/** Those waves, on their way to the device. */
type SentWaves = () => Waves;

function wavesOf(pack: Pack, length: number, frequencies: readonly number[]): SentWaves {
  const table = (wave: (angle: number) => number) => {
    const values = new Float64Array(length * frequencies.length);
    for (let n = 0; n < length; n++) {
      frequencies.forEach((f, k) => {
        values[n * frequencies.length + k] = wave((2 * Math.PI * ((f * n) % length)) / length);
      });
    }
    return pack.add(values, [length, frequencies.length]);
  };
  const [cosine, sine] = [table(Math.cos), table(Math.sin)];
  return () => ({ cosine: cosine(), sine: sine() });
}

interface Complex {
  readonly real: Tensor;
  readonly imaginary: Tensor;
}

/** The waves of the block. */
interface Block {
  /** Of every axis but the last, frequencies −b … b, by the axis's number in [N, C, ...S]. */
  readonly before: ReadonlyMap<number, Waves>;
  /** Of the last axis, frequencies 0 … b. */
  readonly last: Waves;
  /** 1 for frequency 0 of the last axis, else 2: for f and for −f. */
  readonly weights: Tensor;
}

function blockOf(pack: Pack, shape: readonly number[], b: number): () => Block {
  const last = shape.length - 1;
  const positive = Array.from({ length: b + 1 }, (_, f) => f);
  const both = Array.from({ length: 2 * b + 1 }, (_, i) => i - b);
  const weights = pack.add(Float64Array.from(positive, (f) => (f === 0 ? 1 : 2)));
  const lastWaves = wavesOf(pack, shape[last], positive);
  const axes = Array.from({ length: last - 2 }, (_, i) => last - 1 - i);
  const before = axes.map((axis) => [axis, wavesOf(pack, shape[axis], both)] as const);
  return () => ({
    before: new Map(before.map(([axis, waves]) => [axis, waves()])),
    last: lastWaves(),
    weights: weights(),
  });
}

/** The product of a matrix with every vector along an axis that is not the last. */
function along(axis: number, matrix: Tensor, x: Tensor): Tensor {
  const second = x.ndim - 2;
  return axis === second ? matrix.matmul(x) : matrix.matmul(x.transpose(axis, second)).transpose(axis, second);
}

/** The block's DFT coefficients, `[N, C, ...F]` float64. */
function analyse(imagesNCS: Tensor, { before, last }: Block): Complex {
  const count = last.cosine.shape[1];
  const across = imagesNCS.to({ dtype: "float64" }).matmul(cat([last.cosine, last.sine], 1));
  let [real, minusImaginary] = across.split(count, -1);
  for (const [axis, waves] of before) {
    const [cosine, sine] = [waves.cosine.t(), waves.sine.t()];
    [real, minusImaginary] = [
      along(axis, cosine, real).sub(along(axis, sine, minusImaginary)),
      along(axis, cosine, minusImaginary).add(along(axis, sine, real)),
    ];
  }
  return { real, imaginary: minusImaginary.neg() };
}

/** Real part of the inverse DFT of a block, `[N, C, ...S]` float64. */
function synthesise(blockNCF: Complex, { before, last, weights }: Block, pixels: number): Tensor {
  const scale = weights.div(pixels);
  let [real, imaginary] = [blockNCF.real.mul(scale), blockNCF.imaginary.mul(scale)];
  for (const [axis, { cosine, sine }] of before) {
    [real, imaginary] = [
      along(axis, cosine, real).sub(along(axis, sine, imaginary)),
      along(axis, cosine, imaginary).add(along(axis, sine, real)),
    ];
  }
  return cat([real, imaginary.neg()], -1).matmul(cat([last.cosine, last.sine], 1).t());
}

function amplitude({ real, imaginary }: Complex): Tensor {
  return real.square().add(imaginary.square()).sqrt();
}

/** Changes the style of images to that of partners of the same shape, `[N, C, ...S]`; see {@link tpRam}. */
export type StyleTransfer = (imagesNCS: Tensor, partnersNCS: Tensor) => Tensor;

/**
 * Plans {@link tpRam} of a batch.
 * @param shape of the images, `[N, C, ...S]`
 * @throws ShapeError when there is not one ratio per image
 */
export function planTpRam(
  pack: Pack,
  shape: readonly number[],
  ratios: readonly number[],
  factor: number,
  range: RawScale["range"] = planar8bit.range,
): StyleTransfer {
  if (ratios.length !== shape[0]) {
    throw new ShapeError(
      `tpRam: images has shape [${shape}] and there are ${ratios.length} ratios; expected ${shape[0]} ratios`,
    );
  }
  const sides = shape.slice(2);
  const block = blockOf(pack, shape, tpRamBlock(sides, factor));
  const sent = perImage(pack, Float64Array.from(ratios), shape.length);
  return (images, partners) => {
    for (const { shape: given } of [images, partners]) {
      if (String(given) === String(shape)) continue;
      throw new ShapeError(
        `tpRam: images and partners have shapes [${images.shape}] and [${partners.shape}]; expected [${shape}]`,
      );
    }
    if (range === null) return ofPairs(images, partners, block, sent);
    return scope(() => transferred(images, partners, block(), sent()).clamp_({ min: range[0], max: range[1] }));
  };
}

/** Not clipped. */
function transferred(imagesNCS: Tensor, partnersNCS: Tensor, block: Block, ratios: Tensor): Tensor {
  const sides = spatialShape(imagesNCS);
  const pixels = sides.reduce((product, side) => product * side, 1);
  const own = analyse(imagesNCS, block);
  const ownAmplitude = amplitude(own);
  const change = amplitude(analyse(partnersNCS, block)).sub(ownAmplitude).mul(ratios);
  const floor = sides.reduce((product, side) => product * side, noiseFloor);
  const hasPhase = ownAmplitude.gt(floor);
  const divisor = maximum(ownAmplitude, ownAmplitude.fullLike(floor));
  const changed = {
    real: where(hasPhase, own.real.div(divisor), 1).mul(change),
    imaginary: where(hasPhase, own.imaginary.div(divisor), 0).mul(change),
  };
  const moved = synthesise(changed, block, pixels).to({ dtype: "float32" });
  return imagesNCS.to({ dtype: "float32" }).add(moved);
}

/** Of values without bounds: black is the least value of each pair. */
function ofPairs(images: Tensor, partners: Tensor, block: () => Block, ratios: Sent): Tensor {
  return scope(() => {
    const [own, theirs] = [images, partners].map((all) => extremesOf(all.to({ dtype: "float32" })));
    const [least, greatest] = [minimum(own.least, theirs.least), maximum(own.greatest, theirs.greatest)];
    const moved = transferred(images.sub(least), partners.sub(least), block(), ratios()).clamp_({ min: 0 });
    return clampEach(moved.add_(least), least, greatest);
  });
}

/**
 * Gives each image the low-frequency amplitude `(1−r)·A_x + r·A_u` of itself and its partner. The amplitude of frequency 0 is
 * the mean's distance from black, so where values have no bounds black is the least value of the pair: the mean then becomes
 * `(1−r)·mean_x + r·mean_u` whatever their signs, and nothing else depends on it.
 * @param imagesNCS x, any dtype
 * @param partnersNCS u, the same shape
 * @param ratios r, one per image, in [0, 1]
 * @param factor L, the profile's `tpRamFactor`
 * @param range between which values x and u lie; 0 and 255 unless given; null: without bounds
 * @returns x̃, `[N, C, ...S]` float32, clipped to the range, that of the pair where there is none; not rounded
 * @throws ShapeError when the shapes differ
 */
export function tpRam(
  imagesNCS: Tensor,
  partnersNCS: Tensor,
  ratios: readonly number[],
  factor: number,
  range?: RawScale["range"],
): Tensor {
  const { shape, device } = imagesNCS;
  return scope(() =>
    sendTogether(device, (pack) => planTpRam(pack, shape, ratios, factor, range))(imagesNCS, partnersNCS),
  );
}
