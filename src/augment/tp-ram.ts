/**
 * TP-RAM of MiDSS (method.md 3.5): moves the low-frequency amplitude of a labelled image towards that of an unlabelled
 * one and keeps its phase, so that it takes on the other's style. Only the (2b+1)² changed Fourier coefficients are
 * computed, as two thin matrix products, instead of whole transforms.
 */
import { UsageError } from "../core/errors.js";
import { cat, type Device, fromTypedArray, maximum, ShapeError, scope, type Tensor, where } from "../torch/index.js";
import type { ImageSize } from "./profile.js";
import { perImage } from "./sampling.js";

/** Amplitudes below this many grey levels per pixel are rounding noise, whose phase counts as 0 (as of an exact 0). */
const noiseFloor = 1e-6;

/**
 * Half the side b of the block of frequencies, `⌊factor · min(H, W)⌋`.
 * @throws UsageError when the factor is outside [0, 0.5), where blocks would overlap themselves
 */
export function tpRamBlock({ height, width }: ImageSize, factor: number): number {
  if (!(factor >= 0 && factor < 0.5)) {
    throw new UsageError(`tpRamBlock: the factor is ${factor}; give one of at least 0 and below 0.5`);
  }
  return Math.floor(factor * Math.min(height, width));
}

/** cos and sin of 2πfn/length for the given frequencies, `[length, frequencies]` float64 each. */
function waves(length: number, frequencies: readonly number[], device: Device): { cosine: Tensor; sine: Tensor } {
  const table = (wave: (angle: number) => number) => {
    const values = new Float64Array(length * frequencies.length);
    for (let n = 0; n < length; n++) {
      frequencies.forEach((f, k) => {
        values[n * frequencies.length + k] = wave((2 * Math.PI * ((f * n) % length)) / length);
      });
    }
    return fromTypedArray(values, [length, frequencies.length], { device });
  };
  return { cosine: table(Math.cos), sine: table(Math.sin) };
}

interface Complex {
  readonly real: Tensor;
  readonly imaginary: Tensor;
}

/** The waves of the block: rows have frequencies −b … b, columns 0 … b, the rest following by symmetry. */
interface Block {
  readonly rows: { cosine: Tensor; sine: Tensor };
  readonly columns: { cosine: Tensor; sine: Tensor };
  /** 1 for column frequency 0, else 2: the coefficients of −f are the conjugates of those of f. */
  readonly weights: Tensor;
}

function blockOf({ height, width }: ImageSize, b: number, device: Device): Block {
  const columnFrequencies = Array.from({ length: b + 1 }, (_, f) => f);
  return {
    rows: waves(
      height,
      Array.from({ length: 2 * b + 1 }, (_, i) => i - b),
      device,
    ),
    columns: waves(width, columnFrequencies, device),
    weights: fromTypedArray(
      Float64Array.from(columnFrequencies, (f) => (f === 0 ? 1 : 2)),
      undefined,
      { device },
    ),
  };
}

/** The block's DFT coefficients, `[N, C, 2b+1, b+1]` float64. */
function analyse(images: Tensor, { rows, columns }: Block): Complex {
  const count = columns.cosine.shape[1];
  const across = images.to({ dtype: "float64" }).matmul(cat([columns.cosine, columns.sine], 1));
  const [real, minusImaginary] = across.split(count, 3);
  const [cosine, sine] = [rows.cosine.t(), rows.sine.t()];
  return {
    real: cosine.matmul(real).sub(sine.matmul(minusImaginary)),
    imaginary: cosine.matmul(minusImaginary).add(sine.matmul(real)).neg(),
  };
}

/** Real part of the inverse DFT of a block, `[N, C, H, W]` float64. */
function synthesise(block: Complex, { rows, columns, weights }: Block, { height, width }: ImageSize): Tensor {
  const scale = weights.div(height * width);
  const real = block.real.mul(scale);
  const imaginary = block.imaginary.mul(scale);
  const downReal = rows.cosine.matmul(real).sub(rows.sine.matmul(imaginary));
  const minusDownImaginary = rows.cosine.matmul(imaginary).add(rows.sine.matmul(real)).neg();
  return cat([downReal, minusDownImaginary], 3).matmul(cat([columns.cosine, columns.sine], 1).t());
}

function amplitude({ real, imaginary }: Complex): Tensor {
  return real.square().add(imaginary.square()).sqrt();
}

/**
 * Gives each image the low-frequency amplitude `(1−r)·A_x + r·A_u` of itself and its partner.
 * @param images x, `[N, C, H, W]`, any dtype, in 0 to 255
 * @param partners u, the same shape
 * @param ratios r, one per image, in [0, 1]
 * @param factor L, the profile's `tpRamFactor`
 * @returns x̃, `[N, C, H, W]` float32, clipped to 0 … 255, not rounded
 * @throws ShapeError when the shapes differ
 */
export function tpRam(images: Tensor, partners: Tensor, ratios: readonly number[], factor: number): Tensor {
  const [count, , height, width] = images.shape;
  if (String(partners.shape) !== String(images.shape) || ratios.length !== count) {
    throw new ShapeError(
      `tpRam: images has shape [${images.shape}] but partners has [${partners.shape}] and there are ${ratios.length} ` +
        `ratios; expected equal shapes and ${count} ratios`,
    );
  }
  const size = { height, width };
  return scope(() => {
    const block = blockOf(size, tpRamBlock(size, factor), images.device);
    const own = analyse(images, block);
    const ownAmplitude = amplitude(own);
    const change = amplitude(analyse(partners, block))
      .sub(ownAmplitude)
      .mul(perImage(ratios, 4, images.device));
    const floor = noiseFloor * height * width;
    const hasPhase = ownAmplitude.gt(floor);
    const divisor = maximum(ownAmplitude, ownAmplitude.fullLike(floor));
    const changed = {
      real: where(hasPhase, own.real.div(divisor), 1).mul(change),
      imaginary: where(hasPhase, own.imaginary.div(divisor), 0).mul(change),
    };
    const moved = synthesise(changed, block, size).to({ dtype: "float32" });
    return images.to({ dtype: "float32" }).add(moved).clamp_({ min: 0, max: 255 });
  });
}
