/**
 * What the pixels of masks show, value by value, and where they lie: inside areas, on borders between two other values,
 * in smooth surroundings, on the masks' edges. Everything that is guessed about masks follows from these counts.
 */

/** Counts of one grey value, palette number or colour 0xRRGGBB, in pixels unless said otherwise. */
export interface ValueFacts {
  count: number;
  /** Masks that hold it. */
  masks: number;
  /** All pixels of these masks. */
  room: number;
  /** All eight neighbours have the same value. */
  inner: number;
  /** Farther from other values than a drawn border is wide. */
  deep: number;
  /** On a border, with neighbours that it lies between: a lower and a higher value, or two colours it is mixed of. */
  between: number;
  /** The neighbours differ by little, as they do inside an area that was saved with loss. */
  smooth: number;
  /** Of `count`, in masks of more than one value: the others say nothing about what is background. */
  area: number;
  /** On the four edges of such masks. */
  edge: number;
}

/** What some masks show together. */
export interface MaskTally {
  readonly masks: number;
  /** Ascending. */
  readonly values: ReadonlyMap<number, ValueFacts>;
  /** The values of each mask, ascending; of a mask of very many only how many it has is told by `values`. */
  readonly sets: readonly (readonly number[])[];
  readonly coloured: boolean;
  /** Whether one of the files keeps pictures with loss: JPEG, lossy WebP. */
  readonly lossy: boolean;
}

/** One decoded mask. */
export interface MaskPixels {
  /** Row by row. */
  readonly pixels: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
  readonly coloured: boolean;
  readonly lossy: boolean;
}

/** Neighbours within this share of the range are alike in masks that were saved with loss. */
const alikeShare = 0.12;

/** Depths are counted up to here. */
const mostDepth = 250;

/** Of more pixels on borders, as pictures have, only some are looked at, each for several. */
const mostBorderPixels = 50_000;

/** Masks of more colours are pictures. */
const mostColours = 20_000;

/** Masks of more values are no label maps, and which values they hold together says nothing. */
const mostListed = 300;

/** A border of a mask drawn by people is at most twice this wide, in pixels. */
function borderDepth(height: number, width: number): number {
  return Math.max(2, Math.round(0.008 * Math.max(height, width)));
}

/** Colours as they are; of a picture, which has very many, each channel in 16 steps from 0 to 255. */
function fewColours(pixels: ArrayLike<number>): ArrayLike<number> {
  const seen = new Set<number>();
  for (let i = 0; i < pixels.length; i++) if (seen.add(pixels[i]).size > mostColours) break;
  if (seen.size <= mostColours) return pixels;
  return Int32Array.from(pixels, (colour) => ((colour >> 4) & 0x0f0f0f) * 17);
}

/** The values that occur, ascending, and for each pixel which one it has. */
function indexed(pixels: ArrayLike<number>): { values: number[]; index: Int32Array } {
  const places = new Map<number, number>();
  const index = new Int32Array(pixels.length);
  let last = -1;
  let place = 0;
  for (let i = 0; i < pixels.length; i++) {
    if (pixels[i] !== last) {
      last = pixels[i];
      place = places.get(last) ?? places.size;
      places.set(last, place);
    }
    index[i] = place;
  }
  const values = [...places.keys()].sort((a, b) => a - b);
  const rank = new Int32Array(values.length);
  values.forEach((value, i) => {
    rank[places.get(value) as number] = i;
  });
  for (let i = 0; i < index.length; i++) index[i] = rank[index[i]];
  return { values, index };
}

/** A mask with a frame of one pixel that goes on with the values at its edges, so that every pixel has neighbours. */
interface Framed {
  readonly index: Int32Array;
  readonly stride: number;
  readonly height: number;
  readonly width: number;
}

function framed(index: Int32Array, height: number, width: number): Framed {
  const stride = width + 2;
  const all = new Int32Array((height + 2) * stride);
  for (let row = 0; row < height + 2; row++) {
    const from = Math.min(height - 1, Math.max(0, row - 1)) * width;
    all.set(index.subarray(from, from + width), row * stride + 1);
    all[row * stride] = index[from];
    all[row * stride + width + 1] = index[from + width - 1];
  }
  return { index: all, stride, height, width };
}

/** How far each pixel lies from the nearest one of another value, as a king walks: 1 on a border. Edges are no border. */
function depthsOf({ index, stride, height, width }: Framed): Uint8Array {
  const depths = new Uint8Array(index.length).fill(mostDepth);
  const visit = (at: number, neighbours: readonly number[]) => {
    let least = depths[at];
    for (let k = 0; k < 4; k++) {
      const from = at + neighbours[k];
      const depth = index[from] === index[at] ? depths[from] + 1 : 1;
      if (depth < least) least = depth;
    }
    depths[at] = least;
  };
  const before = [-1, -stride - 1, -stride, -stride + 1];
  const after = before.map((offset) => -offset);
  for (let y = 1; y <= height; y++) for (let x = 1; x <= width; x++) visit(y * stride + x, before);
  for (let y = height; y >= 1; y--) for (let x = width; x >= 1; x--) visit(y * stride + x, after);
  return depths;
}

/** The indices of the values around a pixel and its own. */
function around({ index, stride }: Framed, at: number): number[] {
  const rows = [at - stride, at, at + stride];
  return rows.flatMap((row) => [index[row - 1], index[row], index[row + 1]]);
}

/** What a mask's values mean to each other. */
interface Relation {
  /** Whether a value lies between some of its neighbours; all by index. */
  between(own: number, neighbours: readonly number[]): boolean;
  /** Whether they differ by little. */
  alike(neighbours: readonly number[]): boolean;
}

function greyRelation(values: readonly number[]): Relation {
  const alike = alikeShare * (values[values.length - 1] - values[0]);
  return {
    between: (own, neighbours) => neighbours.some((one) => one < own) && neighbours.some((one) => one > own),
    alike: (neighbours) => values[Math.max(...neighbours)] - values[Math.min(...neighbours)] <= alike,
  };
}

/** The three channels of a colour 0xRRGGBB. */
export function channelsOf(colour: number): number[] {
  return [colour >> 16, (colour >> 8) & 0xff, colour & 0xff];
}

/** How far colours lie apart, 0 to 442. */
export function colourDistance(a: number, b: number): number {
  const [one, other] = [channelsOf(a), channelsOf(b)];
  return Math.hypot(...one.map((level, i) => level - other[i]));
}

function colourRelation(values: readonly number[]): Relation {
  const mixed = (own: number, a: number, b: number) => {
    const [toA, toB] = [colourDistance(own, a), colourDistance(own, b)];
    return toA > 0 && toB > 0 && toA + toB <= 1.05 * colourDistance(a, b) + 4;
  };
  const spread = (colours: readonly number[], channel: number) => {
    const levels = colours.map((colour) => channelsOf(colour)[channel]);
    return Math.max(...levels) - Math.min(...levels);
  };
  return {
    between: (own, neighbours) => {
      const others = [...new Set(neighbours)].map((one) => values[one]);
      return others.some((a, i) => others.slice(i + 1).some((b) => mixed(values[own], a, b)));
    },
    alike: (neighbours) => {
      const colours = neighbours.map((one) => values[one]);
      return [0, 1, 2].every((channel) => spread(colours, channel) <= alikeShare * 255);
    },
  };
}

function noFacts(): ValueFacts {
  return { count: 0, masks: 0, room: 0, inner: 0, deep: 0, between: 0, smooth: 0, area: 0, edge: 0 };
}

/** The facts of one mask, in the order of its values. */
function measure({ pixels, height, width, coloured }: MaskPixels): { values: number[]; facts: ValueFacts[] } {
  const { values, index } = indexed(coloured ? fewColours(pixels) : pixels);
  const facts = values.map(() => ({ ...noFacts(), masks: 1, room: index.length }));
  const relation = coloured ? colourRelation(values) : greyRelation(values);
  const frame = framed(index, height, width);
  const depths = depthsOf(frame);
  const border = borderDepth(height, width);
  const several = values.length > 1;
  const onBorder = depths.reduce((sum, depth) => sum + (depth === 1 ? 1 : 0), 0);
  const step = Math.max(1, Math.ceil(onBorder / mostBorderPixels));
  let met = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const own = facts[index[y * width + x]];
      const at = (y + 1) * frame.stride + x + 1;
      own.count++;
      if (several) own.area++;
      if (several && (y === 0 || x === 0 || y === height - 1 || x === width - 1)) own.edge++;
      if (depths[at] > border) own.deep++;
      if (depths[at] > 1) {
        own.inner++;
        own.smooth++;
        continue;
      }
      if (met++ % step > 0) continue;
      const neighbours = around(frame, at);
      if (relation.between(frame.index[at], neighbours)) own.between += step;
      if (relation.alike(neighbours)) own.smooth += step;
    }
  return { values, facts };
}

/** Adds the counts of several tallies, or of masks one by one. */
export function addTallies(tallies: readonly MaskTally[]): MaskTally {
  const all = new Map<number, ValueFacts>();
  for (const { values } of tallies)
    for (const [value, facts] of values) {
      const sum = all.get(value) ?? noFacts();
      for (const key of Object.keys(sum) as (keyof ValueFacts)[]) sum[key] += facts[key];
      all.set(value, sum);
    }
  return {
    masks: tallies.reduce((sum, one) => sum + one.masks, 0),
    values: new Map([...all].sort((a, b) => a[0] - b[0])),
    sets: tallies.flatMap((one) => one.sets),
    coloured: tallies.some((one) => one.coloured),
    lossy: tallies.some((one) => one.lossy),
  };
}

/** The tally of one mask. */
export function tallyMask(mask: MaskPixels): MaskTally {
  const { values, facts } = measure(mask);
  return {
    masks: 1,
    values: new Map(values.map((value, i) => [value, facts[i]])),
    sets: [values.slice(0, mostListed)],
    coloured: mask.coloured,
    lossy: mask.lossy,
  };
}

/** The share of the masks' edges that values have, 0 … 1; 0 where every mask has one value alone. */
export function edgeShare(tally: MaskTally, holds: (value: number) => boolean): number {
  return share(tally, "edge", holds);
}

/** The share of the pixels that values have, in masks of more than one value. */
export function areaShare(tally: MaskTally, holds: (value: number) => boolean): number {
  return share(tally, "area", holds);
}

function share({ values }: MaskTally, key: "edge" | "area", holds: (value: number) => boolean): number {
  let [held, all] = [0, 0];
  for (const [value, facts] of values) {
    all += facts[key];
    if (holds(value)) held += facts[key];
  }
  return all === 0 ? 0 : held / all;
}
