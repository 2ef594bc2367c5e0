/**
 * Reverse classification (Valindria et al., IEEE TMI 2017; Robinson et al., JCMR 2019) in a form that costs about as much as
 * one pass of a network: a classifier that learns from nothing but the image and the mask in question is tried on labelled
 * images; where the mask is wrong it has learnt something else than the part. The classifier is a linear discriminant over
 * intensities at three scales and positions.
 */
import { blurKernelFor, gaussianBlur } from "../augment/intensity/blur.js";
import type { DecodedCase } from "../data/decode.js";
import type { PreparedImage } from "../data/images/prepare-image.js";
import { cat, fromTypedArray, linspace, scope, spatialShape, type Tensor } from "../torch/index.js";

/** Deviations of the blur as shares of the shortest side. */
const scales = [0.02, 0.06];
/** Added to the variances, which are about 1. */
const ridge = 1e-3;

/** What a network sees of a labelled image, and where the parts are. */
export interface LabelledView {
  readonly view: DecodedCase & { readonly label: Uint8Array };
  /** 0/1 [P] for each part. */
  readonly masks: readonly Uint8Array[];
}

/** A labelled view that classifiers are tried on. */
export interface ReverseReference extends LabelledView {
  readonly subject: string;
  /** [P, F] float32, row-major. */
  readonly features: Float32Array;
}

/** [1, C, ...S] with mean 0 and deviation 1 a channel, so that brightness and contrast of a scanner have no say. */
function standardised(image: Tensor): Tensor {
  const axes = spatialShape(image).map((_, i) => i + 2);
  const centred = image.sub(image.mean(axes, { keepdim: true }));
  return centred.div(centred.square().mean(axes, { keepdim: true }).sqrt().add(1e-3));
}

/** Positions along each axis, −1 to 1, and their squares, [1, 2 · rank, ...S]. */
function positions(shape: readonly number[]): Tensor[] {
  return shape.flatMap((side, axis) => {
    const along = linspace(-1, 1, side).reshape([1, 1, ...shape.map((_, i) => (i === axis ? side : 1))]);
    const all = along.expand([1, 1, ...shape]);
    return [all, all.square()];
  });
}

/**
 * What the classifier sees of each pixel.
 * @returns [P, F] float32, row-major
 */
export function pixelFeatures({ image, channels, working }: PreparedImage): Float32Array {
  const { shape } = working;
  return scope(() => {
    const own = standardised(fromTypedArray(image, [1, channels, ...shape]).to({ dtype: "float32" }));
    const side = Math.min(...shape);
    const blurred = scales.map((scale) => {
      const reach = Math.min(Math.max(1, Math.ceil(2 * scale * side)), side - 1);
      return gaussianBlur(own, blurKernelFor(own, [scale * side], 2 * reach + 1));
    });
    const planes = cat([own, ...blurred, ...positions(shape)], 1);
    return planes.flatten(2).squeeze(0).t().contiguous().toTypedArray() as Float32Array;
  });
}

/** The discriminant of a mask: weights [F] and offset as [F + 1]; undefined where one side is empty. */
function discriminant(featuresPF: Tensor, mask: Uint8Array): { weights: Tensor; offset: number } | undefined {
  const pixels = mask.length;
  const count = mask.reduce((sum, value) => sum + value, 0);
  if (count === 0 || count === pixels) return undefined;
  const x = featuresPF.to({ dtype: "float64" });
  const held = fromTypedArray(mask, [1, pixels]).to({ dtype: "float64" });
  const inside = held.matmul(x).div(count);
  const outside = x
    .sum([0], { keepdim: true })
    .sub(inside.mul(count))
    .div(pixels - count);
  const within = x
    .t()
    .matmul(x)
    .sub(inside.t().matmul(inside).mul(count))
    .sub(
      outside
        .t()
        .matmul(outside)
        .mul(pixels - count),
    )
    .div(pixels);
  const size = within.shape[0];
  const identity = fromTypedArray(
    Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? ridge : 0)),
    [size, size],
  );
  const weights = within.add(identity).linalgInv().matmul(inside.sub(outside).t());
  const middle = inside.add(outside).matmul(weights).item() / 2;
  return { weights, offset: Math.log(count / (pixels - count)) - middle };
}

/** Dice of a score above 0 with a mask. */
function diceAbove(scores: Float64Array, mask: Uint8Array): number {
  let [both, sum] = [0, 0];
  for (let i = 0; i < mask.length; i++) {
    const said = scores[i] > 0 ? 1 : 0;
    both += said & mask[i];
    sum += said + mask[i];
  }
  return sum === 0 ? 0 : (2 * both) / sum;
}

/**
 * Dice of a mask's classifier on the reference that it does best on, in [0, 1]; 0 for a mask of nothing or everything, NaN
 * where no reference holds the part.
 * @param featuresPF as {@link pixelFeatures} gives them
 * @param part its position among the parts
 */
export function reverseDice(
  featuresPF: Float32Array,
  mask: Uint8Array,
  part: number,
  references: readonly Pick<ReverseReference, "features" | "masks">[],
): number {
  const usable = references.filter(({ masks }) => masks[part].includes(1));
  if (usable.length === 0) return Number.NaN;
  return scope(() => {
    const size = featuresPF.length / mask.length;
    const found = discriminant(fromTypedArray(featuresPF, [mask.length, size]), mask);
    if (!found) return 0;
    const weights = found.weights.to({ dtype: "float32" });
    const tried = usable.map(({ features, masks }) => {
      const scores = fromTypedArray(features, [masks[part].length, size]).matmul(weights).to({ dtype: "float64" });
      return diceAbove(scores.add(found.offset).toTypedArray() as Float64Array, masks[part]);
    });
    return Math.max(...tried);
  });
}
