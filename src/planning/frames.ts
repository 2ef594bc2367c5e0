/**
 * Sizes that a network of pictures may work at. They have the shape of the data set's median image, so that stretching
 * changes shapes as little as it can, and are never larger than it: enlarging shows nothing new. nnU-Net takes the median
 * size itself and shrinks it to what memory allows; here time is what runs out first.
 */
import type { Dataset } from "../data/dataset.js";
import type { Frame } from "../grid/frame.js";
import { heightToWidth, keptShape, squeeze } from "../grid/squeeze.js";
import type { CaseFingerprint } from "./case-fingerprint.js";
import { medians } from "./fingerprint.js";

/** Sides of squares; the first is what whole photographs were trained at in studies/real-smoke. */
const sides = [96, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 1024];
/** The networks halve four times. */
const stride = 16;
const smallest = 2 * stride;

function nearest(side: number): number {
  return Math.max(smallest, Math.round(side / stride) * stride);
}

/** From the smallest to the median image's size, in its shape. @param cases at least one */
export function candidateFrames(cases: readonly CaseFingerprint[], { size }: Pick<Dataset, "size">): Frame[] {
  const [rows, columns] = medians(cases.map(({ shape }) => shape.slice(-2))) as number[];
  const [[median]] = [medians(cases.map((one) => [heightToWidth(one)])) as number[]];
  const ratio = Math.max(median, 1 / median) <= keptShape ? 1 : median;
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
  const times = cases.map((one) => squeeze(one, frame));
  return { images: times.filter((one) => one > keptShape).length, most: times.reduce((a, b) => Math.max(a, b), 1) };
}
