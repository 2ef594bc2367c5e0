/**
 * What chance decides, as plain data: one record per image, a pure function of (seed, purpose, iteration, index).
 * The programs that carry the draws out know nothing of random numbers, so that given draws can be handed to them.
 */
import { UsageError } from "../core/errors.js";
import { RandomStream } from "../core/random.js";
import type { AugmentationProfile, ImageSize, Range } from "./profile.js";

/** Names a batch's draws. */
export interface DrawKey {
  readonly seed: number;
  /** Optimiser step, 0-based. */
  readonly iteration: number;
  /** Which batch is meant, for example "labelled". */
  readonly purpose: string;
  /** Index of the batch's first image, for a process or worker that holds a part of the batch. Default 0. */
  readonly first?: number;
}

/** Names one {@link RandomStream}. */
export interface StreamAddress {
  readonly seed: number;
  readonly purpose: string;
  readonly iteration: number;
  readonly index: number;
}

/** Resize to `width` × `height`, then keep the window of the former size whose top-left corner is (left, top). */
export interface ScaleCrop {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
}

/** The weak view of one image; null where a transform is not applied. */
export interface WeakDraw {
  readonly scaleCrop: ScaleCrop | null;
  /** Counter-clockwise. */
  readonly degrees: number | null;
  readonly flip: true | null;
  /** Where the elastic noise comes from; it is drawn on the device. */
  readonly elastic: StreamAddress | null;
}

/** The strong view of one image: factors of brightness and contrast, deviation of the blur in pixels. */
export interface StrongDraw {
  readonly brightness: number;
  readonly contrast: number;
  readonly sigma: number;
}

/** Of the draws of one kind of one image of a batch. */
export function addressOf(
  { seed, purpose, iteration, first = 0 }: DrawKey,
  name: string,
  position: number,
): StreamAddress {
  return { seed, purpose: `augment.${purpose}.${name}`, iteration, index: first + position };
}

/** The generator behind an address. */
export function openStream({ seed, purpose, iteration, index }: StreamAddress): RandomStream {
  return new RandomStream(seed, purpose, iteration, index);
}

/** Calls `draw` once per image, each with a stream of its own, so that no image's draws depend on another's. */
export function drawEach<T>(key: DrawKey, name: string, count: number, draw: (stream: RandomStream) => T): T[] {
  return Array.from({ length: count }, (_, position) => draw(openStream(addressOf(key, name, position))));
}

function drawScaleCrop(stream: RandomStream, scale: Range, size: ImageSize): ScaleCrop {
  const width = Math.floor(stream.uniform(...scale) * size.width);
  const height = Math.floor(stream.uniform(...scale) * size.height);
  return {
    width,
    height,
    left: stream.integer(0, width - size.width),
    top: stream.integer(0, height - size.height),
  };
}

/**
 * Draws the weak views of `count` images of one size (method.md 3.2, "Weak").
 * @throws UsageError when the profile's smallest scale is below 1
 */
export function drawWeak(key: DrawKey, count: number, size: ImageSize, profile: AugmentationProfile): WeakDraw[] {
  const { scaleCrop, rotate, flip, elastic } = profile;
  if (!(scaleCrop.scale[0] >= 1)) {
    throw new UsageError(`drawWeak: scaleCrop.scale begins at ${scaleCrop.scale[0]}; give factors of at least 1`);
  }
  const maybe = <T>(name: string, probability: number, draw: (stream: RandomStream) => T) =>
    drawEach(key, name, count, (stream) => (stream.bernoulli(probability) ? draw(stream) : null));
  const crops = maybe("scaleCrop", scaleCrop.probability, (s) => drawScaleCrop(s, scaleCrop.scale, size));
  const degrees = maybe("rotate", rotate.probability, (s) => s.integer(-rotate.degrees, rotate.degrees));
  const flips = maybe("flip", flip.probability, () => true as const);
  const deformed = maybe("elastic", elastic.probability, () => true);
  return crops.map((crop, i) => ({
    scaleCrop: crop,
    degrees: degrees[i],
    flip: flips[i],
    elastic: deformed[i] ? addressOf(key, "elasticNoise", i) : null,
  }));
}

/** Draws the strong views of `count` images (method.md 3.2, "Strong"). */
export function drawStrong(key: DrawKey, count: number, profile: AugmentationProfile): StrongDraw[] {
  return drawEach(key, "strong", count, (stream) => ({
    brightness: stream.uniform(...profile.brightness),
    contrast: stream.uniform(...profile.contrast),
    sigma: stream.uniform(...profile.blur.sigma),
  }));
}

/**
 * Draws TP-RAM's mixing ratios of `count` images: U(0, k/K), so that the change of style grows with training
 * (method.md 3.5).
 * @param progress k/K, in [0, 1]
 */
export function drawTpRam(key: DrawKey, count: number, progress: number): number[] {
  return drawEach(key, "tpRam", count, (stream) => stream.uniform(0, progress));
}
