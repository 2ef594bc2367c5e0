/**
 * Scanners that do not exist: each changes the appearance of an image as another camera or protocol might, and leaves its
 * geometry and hence its mask alone. Drawn at random, so that any of them is as good as the next: what an estimate does on
 * one that it was not fitted on says what it will do on a real one, as far as real ones are like these.
 */
import { inColoursOf, inGreyLevels, type RawScale, tpRam } from "../augment/index.js";
import { blurKernelFor, gaussianBlur } from "../augment/intensity/blur.js";
import { RandomStream } from "../core/random.js";
import type { DecodedCase } from "../data/decode.js";
import type { Values } from "../data/images/values.js";
import {
  axesOfEach,
  fromTypedArray,
  Generator,
  randn,
  resizeLinear,
  scope,
  spatialShape,
  type Tensor,
} from "../torch/index.js";

/** One scanner. */
export interface Scanner {
  /** Factor of each channel. */
  readonly gains: readonly number[];
  /** Factor of the distance to the mean grey. */
  readonly contrast: number;
  readonly gamma: number;
  /** Deviation of the Gaussian blur as a share of the shortest side; 0: none. */
  readonly blur: number;
  /** Share of the resolution that is left, in (0, 1]. */
  readonly resolution: number;
  /** Standard deviation of the noise in grey levels of 255, and its seed. */
  readonly noise: number;
  readonly noiseSeed: number;
  /** Whether dark and bright change places. */
  readonly inverted: boolean;
  /** Low-frequency amplitude of an image of another domain (TP-RAM): the image's number, and how much of it; null: none. */
  readonly style: { readonly donor: number; readonly ratio: number } | null;
}

/** A scanner that changes nothing. */
const noScanner: Omit<Scanner, "gains"> = {
  ...{ contrast: 1, gamma: 1, blur: 0, resolution: 1, noise: 0, noiseSeed: 0, inverted: false, style: null },
};

/** Half the side of the block of frequencies that make a style, as a share of the shortest side. */
const styleFactor = 0.05;

/**
 * A scanner by its number. The severity grows evenly with the number, so that every set of them holds harmless and
 * severe ones.
 * @param count of all scanners
 * @param channels of the images
 * @param donors number of images of other domains; 0: no styles
 */
export function drawScanner(index: number, count: number, channels: number, donors: number): Scanner {
  const stream = new RandomStream(0, "quality.scanner", 0, index);
  const severity = (index + 0.5) / count;
  const signed = (most: number) => Math.exp(stream.uniform(-1, 1) * severity * Math.log(most));
  const sometimes = <T>(drawn: T, otherwise: T) => (stream.bernoulli(0.5) ? drawn : otherwise);
  const brightness = signed(2.5);
  const scanner: Scanner = {
    gains: Array.from({ length: channels }, () => brightness * (channels > 1 ? signed(1.6) : 1)),
    contrast: signed(3),
    gamma: signed(3),
    blur: sometimes(stream.uniform(0, 0.04) * severity, 0),
    resolution: sometimes(1 - severity * stream.uniform(0, 0.85), 1),
    noise: sometimes(stream.uniform(0, 50) * severity, 0),
    noiseSeed: stream.uint32(),
    inverted: stream.bernoulli(0.25 * severity),
    style: null,
  };
  if (donors === 0 || !stream.bernoulli(0.6)) return scanner;
  return { ...scanner, style: { donor: stream.integer(0, donors - 1), ratio: stream.uniform(0.3, 1) } };
}

function clamp(values: Tensor): Tensor {
  return values.clamp({ min: 0, max: 255 });
}

/** An image [1, C, ...S] float32 with the style of another. */
function styled(image: Tensor, { style }: Scanner, donor: Tensor | null, { range }: RawScale): Tensor {
  return style && donor ? tpRam(image, donor, [style.ratio], styleFactor, range) : image;
}

/** An image [1, C, ...S] float32 in 0 to 255 as the scanner would show it, but for its style. */
function changed(image: Tensor, scanner: Scanner): Tensor {
  const { gains, contrast, gamma, blur, resolution, noise, noiseSeed, inverted } = scanner;
  const shape = spatialShape(image);
  const side = Math.min(...shape);
  const turned = inverted ? image.neg().add(255) : image;
  const gain = fromTypedArray(Float32Array.from(gains), [1, gains.length, ...shape.map(() => 1)]);
  const bright = clamp(turned.mul(gain));
  const mean = bright.mean(axesOfEach(bright), { keepdim: true });
  const curved = clamp(bright.sub(mean).mul(contrast).add(mean)).div(255).pow(gamma).mul(255);
  const sigma = blur * side;
  const reach = Math.min(Math.ceil(3 * sigma), side - 1);
  const smooth = gaussianBlur(curved, blurKernelFor(curved, [sigma], 2 * reach + 1));
  const reduced = shape.map((length) => Math.max(2, Math.round(length * resolution)));
  const coarse = resolution < 1 ? resizeLinear(resizeLinear(smooth, reduced), shape) : smooth;
  if (noise === 0) return clamp(coarse);
  using generator = new Generator(noiseSeed);
  return clamp(coarse.add(randn(image.shape, { generator }).mul(noise)));
}

/** The values of a case as [1, C, ...S] float32. */
function tensorOf({ image, channels, working }: Pick<DecodedCase, "image" | "channels" | "working">): Tensor {
  return fromTypedArray(image, [1, channels, ...working.shape]).to({ dtype: "float32" });
}

function isOnGridOf(one: DecodedCase, other: DecodedCase): boolean {
  return String(one.working.shape) === String(other.working.shape);
}

/** A case with another image. */
function showing(one: DecodedCase, image: Tensor, { whole }: RawScale): DecodedCase {
  const values = whole ? image.round().to({ dtype: "uint8" }) : image;
  return { ...one, image: values.toTypedArray() as Values };
}

/**
 * A case as the scanner of another domain's image would show it, as far as that image tells: in its low-frequency amplitude
 * (TP-RAM in full), or in its polarity and colours where what is bright in one is dark in the other. The mask is the same.
 * @returns undefined where the two are of different sizes
 */
export function restyledLike(one: DecodedCase, other: DecodedCase, scale: RawScale): DecodedCase | undefined {
  if (!isOnGridOf(one, other)) return undefined;
  return scope(() => {
    const [own, theirs] = [tensorOf(one), tensorOf(other)];
    const styled = tpRam(own, theirs, [1], styleFactor, scale.range);
    return showing(one, inColoursOf(own, theirs, styled), scale);
  });
}

/**
 * A case as a scanner would show it; the mask is the same.
 * @param donor image of another domain whose style it takes on, if the scanner has one and it is of the same size; null: none
 * @param scale what the values are; where they have no bounds, what is told in grey levels is of the image's own range
 */
export function throughScanner(
  one: DecodedCase,
  scanner: Scanner,
  donor: DecodedCase | null,
  scale: RawScale,
): DecodedCase {
  return scope(() => {
    const fits = donor && isOnGridOf(one, donor);
    const taken = styled(tensorOf(one), scanner, fits ? tensorOf(donor) : null, scale);
    return showing(
      one,
      inGreyLevels(taken, scale, (image) => changed(image, scanner)),
      scale,
    );
  });
}

/** Appearances that differ so little that a mask should stay the same. */
export function mildScanners(channels: number): Scanner[] {
  const even = Array.from({ length: channels }, () => 1);
  const tinted = even.map((_, c) => (channels === 1 ? 0.9 : 1.1 - (0.2 * c) / (channels - 1)));
  return [
    { ...noScanner, gains: even, gamma: 0.8 },
    { ...noScanner, gains: even, blur: 0.015 },
    { ...noScanner, gains: tinted, gamma: 1.25 },
  ];
}
