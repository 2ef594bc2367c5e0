/**
 * From an image as a file holds it to the values that a network is given: grey where the data set is grey, values of the
 * data set's kind (values.ts), the data set's frame, colours where the data set has them. Each step copies only what it
 * changes, and grey is repeated last, so that one plane is resized in place of three equal ones.
 */
import { DataError } from "../../core/errors.js";
import { type Framed, type FrameMode, type FrameRecord, framedGrid, frameOf, intoFrame } from "../../grid/frame.js";
import { type Grid, makeGrid } from "../../grid/grid.js";
import { type ResizeFilter, resizeValues } from "../../grid/resize.js";
import { plane, type StoredImage, sampleWords } from "../../grid/stored-image.js";
import { type ValueWindow, windowOf, type ZScoreRule } from "../volumes/windows.js";
import { toChannels, toGrey } from "./colour.js";
import { isZScore, scaled, scaleOf, shownWindow, type Values, valueKindOf, windowed } from "./values.js";

/** What of a data set decides how its pictures are prepared; its fields are those of `Dataset`. */
export interface ImageRule {
  readonly path: string;
  readonly channels: number;
  readonly filter: ResizeFilter;
  readonly intensity?: ValueWindow | ZScoreRule;
  readonly values?: "float";
  readonly spacing?: readonly [number, number];
}

/**
 * What networks work at: pictures, and slices of volumes, brought into a frame; or "whole", volumes
 * at the data set's spacing, and pictures in their own size where they are judged there.
 */
export type WorkingSize = FrameRecord | "whole";

/** An image ready for a network; of `image` the working grid, of the file the stored one: its own size, spacing and place. */
export interface PreparedImage extends Framed {
  /** `[C, S]` on the working grid: bytes, 0 … 255, or float32 of the data set's kind (values.ts). */
  readonly image: Values;
  readonly channels: number;
  /** Whether the file has more than 8 bits a sample, so that `intensity` made its grey levels. */
  readonly wide: boolean;
}

/** @throws DataError for an image of more than 8 bits */
function windowMissing({ samples }: StoredImage, { path }: Pick<ImageRule, "path">, file: string): DataError {
  return new DataError(
    `${file}: has ${sampleWords(samples)}; add intensity: {low, high} to ${path}, the values that become 0 and 255`,
  );
}

/**
 * Samples of a picture as 0 … 255, for the eye: those of an 8-bit image as they are, all others mapped by the data set's
 * `intensity`; where that makes z-scores, by the window that they are cut off at, else by the usual percentiles of what is
 * shown.
 * @throws DataError for an image of more than 8 bits without an `intensity` rule
 */
export function toBytes(image: StoredImage, rule: Pick<ImageRule, "path" | "intensity">, file: string): Uint8Array {
  const { samples } = image;
  const { intensity } = rule;
  if (samples instanceof Uint8Array) return samples;
  if (!intensity) throw windowMissing(image, rule, file);
  return windowed(samples, windowOf(samples, shownWindow(intensity)));
}

/** Channels in real numbers, so that grey of them is not rounded. */
function inFloat(image: StoredImage): StoredImage {
  return image.channels === 1 ? image : { ...image, samples: Float32Array.from(image.samples) };
}

/** Values of a picture that are not rounded: z-scores of each channel, or of a window from 0 to 255. */
function toFloat(image: StoredImage, rule: ImageRule, is8bit: boolean, file: string): Float32Array {
  const { samples, channels } = image;
  const { intensity } = rule;
  if (!isZScore(intensity)) {
    // Grey levels already; what a window says is of images of more bits.
    if (is8bit) return Float32Array.from(samples);
    if (!intensity) throw windowMissing(image, rule, file);
    return scaled(samples, intensity, "levels") as Float32Array;
  }
  const values = new Float32Array(samples.length);
  for (let channel = 0; channel < channels; channel++) {
    const own = plane(image, channel);
    values.set(scaled(own, scaleOf(own, intensity), "zscores"), channel * own.length);
  }
  return values;
}

/** A picture with the values that a network is given, its grey made first where the data set is grey. */
function withValues(image: StoredImage, rule: ImageRule, file: string): ValuedImage {
  const kind = valueKindOf(rule);
  const source = kind === "bytes" ? image : inFloat(image);
  const shaped = rule.channels === 1 ? toGrey(source) : source;
  const is8bit = image.samples instanceof Uint8Array;
  const samples = kind === "bytes" ? toBytes(shaped, rule, file) : toFloat(shaped, rule, is8bit, file);
  return { grid: shaped.grid, channels: shaped.channels, samples };
}

/**
 * The stored grid with the spacing that the data set's file says for images that do not say it themselves.
 * @throws DataError when both say it and differ
 */
function withSpacing(grid: Grid, { spacing, path }: Pick<ImageRule, "spacing" | "path">, file: string): Grid {
  if (!spacing) return grid;
  if (!grid.spacing) return makeGrid(file, grid.shape, spacing);
  const own = grid.spacing;
  if (spacing.every((size, axis) => Math.abs(size - own[axis]) <= 0.01 * size)) return grid;
  throw new DataError(
    `${file}: says that its spacing is ${own.join(" x ")} mm, but ${path} says ${spacing.join(" x ")}; remove spacing there`,
  );
}

/** How shapes are kept where they are. */
export function keptShape(size: WorkingSize): { mode?: FrameMode } {
  const { mode } = size === "whole" ? { mode: "stretch" as const } : frameOf(size);
  return mode === "stretch" ? {} : { mode };
}

/** An image whose values are those that networks are given. */
export interface ValuedImage extends StoredImage {
  readonly samples: Values;
}

/**
 * A picture, or a slice of a volume, of the values that networks are given, in the frame that they work at.
 * @param size "whole" keeps the image's own size
 */
export function frameValues(
  image: ValuedImage,
  { channels, filter }: Pick<ImageRule, "channels" | "filter">,
  size: WorkingSize,
): PreparedImage {
  const { grid: stored, samples: values } = image;
  const working = size === "whole" ? stored : framedGrid(stored, frameOf(size));
  const resize = (planes: Values, from: readonly number[], to: readonly number[]) =>
    resizeValues(planes, from, to, filter);
  const samples = size === "whole" ? values.slice() : intoFrame(values, stored, frameOf(size), resize);
  const prepared = toChannels({ grid: working, channels: image.channels, samples }, channels);
  return {
    ...{ image: prepared.samples as Values, channels, wide: false, stored, working },
    ...keptShape(size),
  };
}

/**
 * A picture as the network sees it.
 * @param size "whole" keeps the image's own size
 * @param file the image's name, for messages
 * @throws DataError for an image of more than 8 bits without an `intensity` rule, or of another spacing than the data set's
 */
export function prepareImage(image: StoredImage, rule: ImageRule, size: WorkingSize, file: string): PreparedImage {
  const grid = withSpacing(image.grid, rule, file);
  const wide = !(image.samples instanceof Uint8Array);
  return { ...frameValues(withValues({ ...image, grid }, rule, file), rule, size), wide };
}
