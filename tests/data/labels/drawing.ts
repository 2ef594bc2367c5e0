/** Masks drawn for tests: discs of known classes, and what programs do to them when they save or resize them. */
import sharp from "sharp";

/** A square label map and what was stored for it. */
export interface Drawn {
  readonly size: number;
  /** Class numbers that were meant. */
  readonly truth: readonly number[];
}

/** Repeatable numbers in [0, 1). */
export function randomNumbers(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Discs inside each other at a random place, class 1 outermost. @param radii from the outermost inwards */
export function discs(size: number, radii: readonly number[], random: () => number): Drawn {
  const [outer] = radii;
  const [cy, cx] = [random(), random()].map((at) => outer + 1 + at * (size - 2 * outer - 2));
  const truth = Array.from({ length: size * size }, (_, i) => {
    const distance = Math.hypot(Math.floor(i / size) - cy, (i % size) - cx);
    return radii.filter((radius) => distance <= radius).length;
  });
  return { size, truth };
}

/** Each class written as its value. */
export function valued({ truth }: Drawn, values: readonly number[]): number[] {
  return truth.map((number) => values[number]);
}

/** Values after a Gaussian blur; beyond the edges they go on. */
export function blurred(values: readonly number[], size: number, sigma: number): number[] {
  const reach = Math.ceil(3 * sigma);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)));
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  const inside = (at: number) => Math.min(size - 1, Math.max(0, at));
  const pass = (from: readonly number[], indexAt: (y: number, x: number, by: number) => number) =>
    from.map((_, i) => {
      const [y, x] = [Math.floor(i / size), i % size];
      return kernel.reduce((sum, weight, k) => sum + weight * from[indexAt(y, x, k - reach)], 0) / total;
    });
  const rows = pass(values, (y, x, by) => y * size + inside(x + by));
  return pass(rows, (y, x, by) => inside(y + by) * size + x).map(Math.floor);
}

function greyImage(values: readonly number[], size: number) {
  return sharp(Buffer.from(values), { raw: { width: size, height: size, channels: 1 } }).toColourspace("b-w");
}

function colourImage(colours: readonly number[], size: number) {
  const samples = colours.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]);
  return sharp(Buffer.from(samples), { raw: { width: size, height: size, channels: 3 } });
}

/** Grey values as a JPEG file. */
export function greyJpeg(values: readonly number[], size: number, quality: number): Promise<Buffer> {
  return greyImage(values, size).jpeg({ quality }).toBuffer();
}

/** Grey values as a lossy WebP file. */
export function greyWebp(values: readonly number[], size: number, quality: number): Promise<Buffer> {
  return greyImage(values, size).webp({ quality }).toBuffer();
}

/** Colours as a JPEG file. */
export function colourJpeg(colours: readonly number[], size: number, quality: number): Promise<Buffer> {
  return colourImage(colours, size).jpeg({ quality }).toBuffer();
}

/** Grey values or colours of a file. */
export async function pixelsOf(file: Buffer, coloured: boolean): Promise<number[]> {
  const image = coloured ? sharp(file) : sharp(file).toColourspace("b-w");
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return Array.from({ length: info.width * info.height }, (_, i) => {
    const [red, green, blue] = data.subarray(i * info.channels, i * info.channels + 3);
    return coloured ? (red << 16) | (green << 8) | blue : red;
  });
}

/** Grey values or colours resized to another square, with smoothed borders. */
export function resized(values: readonly number[], size: number, to: number, coloured = false): Promise<number[]> {
  const image = coloured ? colourImage(values, size) : greyImage(values, size);
  return image
    .resize(to, to, { kernel: "linear" })
    .png()
    .toBuffer()
    .then((file) => pixelsOf(file, coloured));
}

/** A label map resized without new values. */
export function resizedTruth({ truth, size }: Drawn, to: number): Drawn {
  const at = (i: number) => Math.min(size - 1, Math.floor(((i + 0.5) * size) / to));
  return {
    size: to,
    truth: Array.from({ length: to * to }, (_, i) => truth[at(Math.floor(i / to)) * size + at(i % to)]),
  };
}
