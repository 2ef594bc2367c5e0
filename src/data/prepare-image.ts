/**
 * From an image as a file holds it to the bytes that a network sees: grey where the data set is grey, grey levels 0 … 255
 * of the data set's window, the data set's frame, colours where the data set has them. Each step copies only what it
 * changes, and grey is repeated last, so that one plane is resized in place of three equal ones.
 */
import { DataError } from "../core/errors.js";
import { type Framed, type FrameMode, type FrameRecord, framedGrid, frameOf, intoFrame } from "../grid/frame.js";
import { type Grid, makeGrid } from "../grid/grid.js";
import { resizeFiltered } from "../grid/resize.js";
import { type Samples, type StoredImage, sampleWords } from "../grid/stored-image.js";
import { toChannels, toGrey } from "./colour.js";
import type { Dataset } from "./dataset.js";
import type { ValueWindow } from "./volumes/windows.js";

/** What of a data set decides how its images are prepared. */
export type ImageRule = Pick<Dataset, "path" | "channels" | "filter" | "intensity" | "spacing">;

/**
 * What networks work at: pictures, and slices of volumes, brought into a frame; or "whole", volumes
 * at the data set's spacing, and pictures in their own size where they are judged there.
 */
export type WorkingSize = FrameRecord | "whole";

/** An image ready for a network; of `image` the working grid, of the file the stored one: its own size, spacing and place. */
export interface PreparedImage extends Framed {
  /** `[C, S]` on the working grid, 0 … 255. */
  readonly image: Uint8Array;
  readonly channels: number;
  /** Whether the file has more than 8 bits a sample, so that `intensity` made its grey levels. */
  readonly wide: boolean;
}

/**
 * Samples as 0 … 255: those of an 8-bit image as they are, all others mapped by the data set's `intensity`.
 * @throws DataError for an image of more than 8 bits without an `intensity` rule
 */
export function toBytes({ samples }: StoredImage, rule: Pick<Dataset, "path" | "intensity">, file: string): Uint8Array {
  if (samples instanceof Uint8Array) return samples;
  if (!rule.intensity) {
    throw new DataError(
      `${file}: has ${sampleWords(samples)}; add intensity: {low, high} to ${rule.path}, the values that become 0 and 255`,
    );
  }
  return windowed(samples, rule.intensity);
}

/** Values as 0 … 255, evenly spaced between those of a window and cut off beyond them; NaN becomes 0. */
export function windowed(samples: Samples, { low, high }: ValueWindow): Uint8Array {
  const bytes = new Uint8Array(samples.length);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Math.min(255, Math.max(0, Math.floor(((samples[i] - low) / (high - low)) * 255 + 0.5)));
  return bytes;
}

/**
 * The stored grid with the spacing that the data set's file says for images that do not say it themselves.
 * @throws DataError when both say it and differ
 */
function withSpacing(grid: Grid, { spacing, path }: Pick<Dataset, "spacing" | "path">, file: string): Grid {
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

/**
 * An image as the network sees it.
 * @param size "whole" keeps the image's own size
 * @param file the image's name, for messages
 * @throws DataError for an image of more than 8 bits without an `intensity` rule, or of another spacing than the data set's
 */
export function prepareImage(image: StoredImage, rule: ImageRule, size: WorkingSize, file: string): PreparedImage {
  const stored = withSpacing(image.grid, rule, file);
  const working = size === "whole" ? stored : framedGrid(stored, frameOf(size));
  const shaped = rule.channels === 1 ? toGrey(image) : image;
  const bytes = toBytes(shaped, rule, file);
  const resize = (planes: Uint8Array, from: readonly number[], to: readonly number[]) =>
    resizeFiltered(planes, from, to, rule.filter);
  const samples = size === "whole" ? bytes.slice() : intoFrame(bytes, stored, frameOf(size), resize);
  const prepared = toChannels({ grid: working, channels: shaped.channels, samples }, rule.channels);
  const wide = !(image.samples instanceof Uint8Array);
  return {
    ...{ image: prepared.samples as Uint8Array, channels: rule.channels, wide, stored, working },
    ...keptShape(size),
  };
}
