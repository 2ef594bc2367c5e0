/** What a perfect prediction loses at another size, with answers known beforehand. */
import { describe, expect, it } from "vitest";
import { ignoredLabel } from "../../src/core/target-kind.js";
import type { Dataset } from "../../src/data/dataset.js";
import type { DecodedCase } from "../../src/data/decode.js";
import type { Frame } from "../../src/grid/frame.js";
import { makeGrid } from "../../src/grid/grid.js";
import { perfectDice, perfectDiceResampled } from "../../src/planning/perfect-dice.js";

const part = (index: number, name: string) => ({ index, name, colour: "#000000" });
const softmax = {
  ...{ path: "dataset.yaml", target: "softmax", outputs: 3, filter: "bilinear" },
  parts: [part(1, "organ"), part(2, "lesion")],
} as const satisfies Partial<Dataset>;
const frame = (height: number, width: number, mode: Frame["mode"] = "stretch"): Frame => ({ height, width, mode });

/** A label map of a case by its value at each place, slowest axis first. */
function labelled(shape: readonly number[], valueAt: (...place: number[]) => number): DecodedCase {
  const grid = makeGrid(
    "labelled",
    shape,
    shape.map(() => 1),
  );
  const size = shape.reduce((product, side) => product * side, 1);
  const label = Uint8Array.from({ length: size }, (_, i) => {
    const place: number[] = [];
    let left = i;
    for (const side of [...shape].reverse()) {
      place.unshift(left % side);
      left = Math.floor(left / side);
    }
    return valueAt(...place);
  });
  return { image: new Uint8Array(size), label, channels: 1, wide: false, stored: grid, working: grid };
}

const within = (at: number, low: number, high: number) => at >= low && at < high;

describe("pictures", () => {
  const square = labelled([64, 64], (y, x) => (within(y, 16, 48) && within(x, 16, 48) ? 1 : 0));

  it("are the same at their own size, and nearly at half of it", () => {
    expect(perfectDice(square, softmax, frame(64, 64))).toEqual([1, Number.NaN]);
    expect(perfectDice(square, softmax, frame(32, 32))[0]).toBeGreaterThan(0.98);
    expect(perfectDice(square, softmax, frame(16, 16))[0]).toBeLessThan(1);
  });

  it("lose what lies between the pixels that are looked at, and that alone", () => {
    const dots = labelled([64, 64], (y, x) => (y === 1 && x === 1 ? 2 : within(y, 16, 48) ? 1 : 0));
    const [organ, lesion] = perfectDice(dots, softmax, frame(32, 32));
    expect(organ).toBeGreaterThan(0.95);
    // Nearest takes row and column 1 of each pair, so it is kept, and too large: it comes back as more than one pixel.
    expect(lesion).toBeGreaterThan(0);
    expect(lesion).toBeLessThan(1);
    const gone = labelled([64, 64], (y, x) => (y === 2 && x === 2 ? 2 : within(y, 16, 48) ? 1 : 0));
    expect(perfectDice(gone, softmax, frame(32, 32))[1]).toBe(0);
  });

  it("of overlapping classes, each by itself", () => {
    const overlapping = {
      ...softmax,
      target: "sigmoid",
      outputs: 2,
      parts: [part(0, "cup"), part(1, "disc")],
    } as const;
    const disc = labelled([2, 32, 32], (plane, y, x) =>
      (plane === 0 ? within(y, 13, 20) && within(x, 13, 20) : within(y, 4, 28) && within(x, 4, 28)) ? 1 : 0,
    );
    const grid = makeGrid("disc", [32, 32]);
    const [cup, whole] = perfectDice({ ...disc, stored: grid, working: grid }, overlapping, frame(16, 16));
    expect(whole).toBeGreaterThan(cup);
    expect(cup).toBeGreaterThan(0.8);
  });

  it("padded keep what cropping cuts off", () => {
    const tall = labelled([64, 32], (y) => (within(y, 0, 8) ? 1 : 0));
    expect(perfectDice(tall, softmax, frame(32, 32, "pad"))[0]).toBeGreaterThan(0.9);
    expect(perfectDice(tall, softmax, frame(32, 32, "crop"))[0]).toBe(0);
  });

  it("are not judged where nobody labelled", () => {
    const half = labelled([32, 32], (y, x) => (x >= 16 ? ignoredLabel : within(y, 8, 24) ? 1 : 0));
    expect(perfectDice(half, softmax, frame(32, 32))[0]).toBe(1);
  });
});

describe("volumes", () => {
  const slices = { plane: "axial", intensity: { low: 0, high: 1 }, emptySlices: "keep" } as const;
  // A ball that ends between slices that are left.
  const ball = labelled([16, 32, 32], (z, y, x) => (Math.hypot(z - 8, y - 16, x - 16) < 6 ? 1 : 0));

  it("as slices are summed over all of them", () => {
    const [dice] = perfectDice(ball, { ...softmax, slices }, frame(16, 16));
    expect(dice).toBeGreaterThan(0.85);
    expect(dice).toBeLessThan(1);
    expect(perfectDice(ball, { ...softmax, slices }, frame(32, 32))[0]).toBe(1);
  });

  it("lose nothing where they are not resampled, and more the coarser they are", () => {
    const at = (resample?: [number, number, number]) =>
      perfectDiceResampled(ball, { ...softmax, slices: { ...slices, ...(resample ? { resample } : {}) } })[0];
    expect(at()).toBe(1);
    expect(at([1, 1, 1])).toBe(1);
    expect(at([2, 2, 2])).toBeLessThan(1);
    expect(at([4, 4, 4])).toBeLessThan(at([2, 2, 2]));
  });
});
