/**
 * Draws a rectangle of the overlay in the pixels of the screen: parts filled, their edges two pixels wide at every
 * scale with a thin dark line outside, and the model's edges dashed. It looks at nothing beyond the rectangle and a rim
 * of three pixels, so that a brush costs what it covers and not what the image holds.
 */
import type { Box, Size } from "../model/box.js";
import type { OverlayColours } from "./overlay-colours.js";
import { toStage, type View } from "./transform.js";

/** A mask and how it is shown. */
export interface OverlayLayer {
  readonly codes: Uint8Array;
  readonly colours: OverlayColours;
}

/** Screen pixels of an edge on the inside of its part. */
const edgeWidth = 2;
/** Screen pixels that a rectangle depends on around it: an edge, and the dark line outside it. */
export const rimWidth = edgeWidth + 1;
/** Black, 55 % opaque. */
const halo = 0x8c000000;
/** Screen pixels of a dash and of the gap after it. */
const dash = 4;

/** The image's column (row) under the middle of each screen column (row), or −1 beside the image. */
function indicesUnder(first: number, count: number, scale: number, offset: number, length: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => {
    const index = Math.floor((first + i + 0.5 - offset) / scale);
    return index >= 0 && index < length ? index : -1;
  });
}

/** The bytes under the pixels of a rectangle of the screen; 0 beside the image. */
function sample(codes: Uint8Array, image: Size, view: View, box: Box): Uint8Array {
  const columns = indicesUnder(box.x, box.width, view.scale, view.x, image.width);
  const rows = indicesUnder(box.y, box.height, view.scale * view.tall, view.y, image.height);
  const samples = new Uint8Array(box.width * box.height);
  for (let y = 0, at = 0; y < box.height; y++) {
    if (rows[y] < 0) {
      at += box.width;
      continue;
    }
    const row = rows[y] * image.width;
    for (let x = 0; x < box.width; x++, at++) if (columns[x] >= 0) samples[at] = codes[row + columns[x]];
  }
  return samples;
}

/** The colour of the edge that the pixel at `at` is part of, or 0. */
function edgeAt(samples: Uint8Array, at: number, width: number, edge: Uint32Array): number {
  const here = samples[at];
  const row = 256 * here;
  for (let step = 1; step <= edgeWidth; step++) {
    const across = step * width;
    for (const other of [samples[at - step], samples[at + step], samples[at - across], samples[at + across]])
      if (other !== here && edge[row + other] !== 0) return edge[row + other];
  }
  return 0;
}

/** Whether the pixel at `at` touches an edge from outside. */
function isBesideEdge(samples: Uint8Array, at: number, width: number, edge: Uint32Array): boolean {
  const here = samples[at];
  return (
    edge[256 * samples[at - 1] + here] !== 0 ||
    edge[256 * samples[at + 1] + here] !== 0 ||
    edge[256 * samples[at - width] + here] !== 0 ||
    edge[256 * samples[at + width] + here] !== 0
  );
}

/** Whether a pixel differs from one beside it, so that the edge through it runs up and down. */
function runsUpright(samples: Uint8Array, at: number): boolean {
  const here = samples[at];
  for (let step = 1; step <= edgeWidth; step++)
    if (samples[at - step] !== here || samples[at + step] !== here) return true;
  return false;
}

/**
 * Draws one layer over what is there.
 * @param out words of the rectangle's pixels, `[height, width]`
 * @param box rectangle of the screen
 * @param view scale and place of the image in screen pixels
 * @param isDashed edges only, with gaps
 */
export function drawLayer(
  out: Uint32Array,
  box: Box,
  view: View,
  image: Size,
  { codes, colours: { fill, edge } }: OverlayLayer,
  isDashed: boolean,
): void {
  const width = box.width + 2 * rimWidth;
  const rimmed = { x: box.x - rimWidth, y: box.y - rimWidth, width, height: box.height + 2 * rimWidth };
  const samples = sample(codes, image, view, rimmed);
  for (let y = 0, at = 0; y < box.height; y++) {
    let from = (y + rimWidth) * width + rimWidth;
    for (let x = 0; x < box.width; x++, at++, from++) {
      const here = samples[from];
      if (!isDashed && fill[here] !== 0) out[at] = fill[here];
      // Most pixels are like those around them.
      if (
        here === samples[from - edgeWidth] &&
        here === samples[from + edgeWidth] &&
        here === samples[from - edgeWidth * width] &&
        here === samples[from + edgeWidth * width] &&
        here === samples[from - 1] &&
        here === samples[from + 1] &&
        here === samples[from - width] &&
        here === samples[from + width]
      )
        continue;
      if (isDashed && ((runsUpright(samples, from) ? box.y + y : box.x + x) & (2 * dash - 1)) >= dash) continue;
      const colour = edgeAt(samples, from, width, edge);
      if (colour !== 0) out[at] = colour;
      else if (isBesideEdge(samples, from, width, edge)) out[at] = halo;
    }
  }
}

/** The rectangle of the screen that shows a box of the image, with the edges that it may change. */
export function screenBox({ x, y, width, height }: Box, view: View): Box {
  const [first, last] = [toStage(view, { x, y }), toStage(view, { x: x + width, y: y + height })];
  const [left, top] = [Math.floor(first.x), Math.floor(first.y)];
  const [right, bottom] = [Math.ceil(last.x), Math.ceil(last.y)];
  return {
    ...{ x: left - rimWidth, y: top - rimWidth },
    ...{ width: right - left + 2 * rimWidth, height: bottom - top + 2 * rimWidth },
  };
}
