/**
 * Sizes that a network of pictures may work at. They have the shape of the data set's median image, so that stretching
 * changes shapes as little as it can, and are never larger than it: enlarging shows nothing new. nnU-Net takes the median
 * size itself and shrinks it to what memory allows; here time is what runs out first.
 */
import type { Dataset } from "../data/dataset.js";
import type { Frame } from "../grid/frame.js";
import type { CaseFingerprint } from "./case-fingerprint.js";
import { medians } from "./fingerprint.js";

/** Sides of squares; the first is what whole photographs were trained at in studies/real-smoke. */
const sides = [96, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 1024];
/** The networks halve four times. */
const stride = 16;
const smallest = 2 * stride;
/** Images this much taller or wider than a square, or less, are brought into one. */
const squareEnough = 1.1;

function nearest(side: number): number {
  return Math.max(smallest, Math.round(side / stride) * stride);
}

/** Height of an image, or slice, beside its width, in millimetres where they are known. */
export function heightToWidth({ shape, spacing }: Pick<CaseFingerprint, "shape" | "spacing">): number {
  const [height, width] = shape.slice(-2).map((side, axis) => side * (spacing?.slice(-2)[axis] ?? 1));
  return height / width;
}

/** From the smallest to the median image's size, in its shape. @param cases at least one */
export function candidateFrames(cases: readonly CaseFingerprint[], { size }: Pick<Dataset, "size">): Frame[] {
  const [rows, columns] = medians(cases.map(({ shape }) => shape.slice(-2))) as number[];
  const [[median]] = [medians(cases.map((one) => [heightToWidth(one)])) as number[]];
  const ratio = Math.max(median, 1 / median) <= squareEnough ? 1 : median;
  const largest = nearest(Math.sqrt(rows * columns));
  const wanted = [...sides.filter((side) => side < largest), largest];
  const frames = wanted.map((side) => ({
    height: nearest(side * Math.sqrt(ratio)),
    width: nearest(side / Math.sqrt(ratio)),
    mode: size.mode,
  }));
  return frames.filter(
    ({ height, width }, i) => i === 0 || height * width > frames[i - 1].height * frames[i - 1].width,
  );
}

/** How many images a frame squeezes by more than 10 %, and the most; none where shapes are kept. */
export function squeezed(cases: readonly CaseFingerprint[], frame: Frame): { images: number; most: number } {
  if (frame.mode !== "stretch") return { images: 0, most: 1 };
  const times = cases.map((one) => {
    const change = heightToWidth(one) / (frame.height / frame.width);
    return Math.max(change, 1 / change);
  });
  return { images: times.filter((one) => one > squareEnough).length, most: times.reduce((a, b) => Math.max(a, b), 1) };
}
