/** Stored images for tests, with a conversion to planes that shares no code with the product's. */
import { makeGrid } from "../../src/grid/grid.js";
import type { Samples, StoredImage } from "../../src/grid/stored-image.js";

/** A picture of planes `[C, H, W]`. */
export function stored(height: number, width: number, samples: Samples, channels = 1): StoredImage {
  return { grid: makeGrid("test", [height, width]), channels, samples };
}

/** `[S, C]` as `[C, S]`. */
export function planesOf(interleaved: ArrayLike<number>, channels: number): number[] {
  return Array.from({ length: channels }, (_, c) =>
    Array.from(interleaved).filter((_, i) => i % channels === c),
  ).flat();
}
