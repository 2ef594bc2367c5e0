/** Pictures of any shape in frames of any shape: what keeps its shape, what is seen, and where it lies. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Frame,
  framedGrid,
  frameModes,
  frameOf,
  frameRecord,
  frameText,
  intoFrame,
  placeInFrame,
  withoutMargin,
} from "../../src/grid/frame.js";
import { makeGrid, resampledGrid, worldOf } from "../../src/grid/grid.js";
import { resizeNearest } from "../../src/grid/resize.js";

const side = fc.integer({ min: 1, max: 60 });
const pixel = fc.double({ min: 0.2, max: 5, noNaN: true });
const frames = fc.record({ height: side, width: side, mode: fc.constantFrom(...frameModes) });
const pictures = fc.tuple(side, side, pixel, pixel).map(([rows, columns, row, column]) =>
  makeGrid("picture", [rows, columns], null, [
    [0, column, -20],
    [row, 0, 7],
    [0, 0, 3],
  ]),
);

describe("placeInFrame", () => {
  it("sees and fills what lies inside, all of one of them, in the middle", () => {
    fc.assert(
      fc.property(pictures, frames, (picture, frame) => {
        const [rows, columns] = picture.shape;
        const { seen, filled } = placeInFrame(picture, frame);
        for (const [area, height, width] of [
          [seen, rows, columns],
          [filled, frame.height, frame.width],
        ] as const) {
          const [below, right] = [height - area.height - area.top, width - area.width - area.left];
          expect(Math.min(area.height, area.width)).toBeGreaterThanOrEqual(1);
          expect([0, 1]).toContain(below - area.top);
          expect([0, 1]).toContain(right - area.left);
        }
        if (frame.mode !== "crop") expect(seen).toEqual({ top: 0, left: 0, height: rows, width: columns });
        if (frame.mode !== "pad") expect(filled).toEqual({ top: 0, left: 0, height: frame.height, width: frame.width });
      }),
    );
  });

  it("keeps shapes to half a pixel, in millimetres where the spacing is known", () => {
    fc.assert(
      fc.property(pictures, frames, (picture, frame) => {
        fc.pre(frame.mode !== "stretch");
        const { seen, filled } = placeInFrame(picture, frame);
        const [row, column] = picture.spacing as readonly number[];
        // What is rounded, and what it would be if pixels had parts.
        const [rounded, wanted] =
          frame.mode === "pad"
            ? [
                [filled.height, filled.width],
                [
                  (filled.width * seen.height * row) / (seen.width * column),
                  (filled.height * seen.width * column) / (seen.height * row),
                ],
              ]
            : [
                [seen.height, seen.width],
                [
                  (seen.width * column * filled.height) / (filled.width * row),
                  (seen.height * row * filled.width) / (filled.height * column),
                ],
              ];
        const isKept = (axis: number) => Math.abs(rounded[axis] - Math.max(wanted[axis], 1)) <= 0.5 + 1e-9;
        // One of the two is as long as can be, and the other one follows it.
        expect(isKept(0) || isKept(1)).toBe(true);
      }),
    );
  });

  it("is worked out by hand", () => {
    const picture = { shape: [30, 40], spacing: null };
    expect(placeInFrame(picture, { height: 20, width: 20, mode: "pad" }).filled).toEqual({
      ...{ top: 2, left: 0, height: 15, width: 20 },
    });
    expect(placeInFrame(picture, { height: 20, width: 20, mode: "crop" }).seen).toEqual({
      ...{ top: 0, left: 5, height: 30, width: 30 },
    });
    // Ten rows of 4 mm are as long as forty columns of 1 mm.
    const oblong = { shape: [10, 40], spacing: [4, 1] };
    expect(placeInFrame(oblong, { height: 20, width: 20, mode: "pad" }).filled).toEqual({
      ...{ top: 0, left: 0, height: 20, width: 20 },
    });
  });
});

describe("framedGrid", () => {
  it("is a resampled grid where pictures are stretched", () => {
    fc.assert(
      fc.property(pictures, side, side, (picture, height, width) => {
        const frame = { height, width, mode: "stretch" } as const;
        expect(framedGrid(picture, frame)).toEqual(resampledGrid(picture, [height, width]));
      }),
    );
  });

  it("has the corners of what is seen where the frame is filled", () => {
    fc.assert(
      fc.property(pictures, frames, (picture, frame) => {
        const { seen, filled } = placeInFrame(picture, frame);
        const grid = framedGrid(picture, frame);
        expect(grid.shape).toEqual([frame.height, frame.width]);
        for (const [down, across] of [
          [0, 0],
          [0, 1],
          [1, 0],
          [1, 1],
        ]) {
          const corner = ({ top, left, height, width }: typeof seen) => [
            top - 0.5 + down * height,
            left - 0.5 + across * width,
          ];
          const [there, here] = [worldOf(picture, corner(seen)), worldOf(grid, corner(filled))];
          here.forEach((value, axis) => {
            expect(value).toBeCloseTo(there[axis], 6);
          });
        }
      }),
    );
  });

  it("frames every slice of a stack alike", () => {
    const stack = makeGrid("stack", [5, 30, 40], [3, 1, 1]);
    const frame: Frame = { height: 20, width: 20, mode: "pad" };
    const { shape, spacing } = framedGrid(stack, frame);
    expect(shape).toEqual([5, 20, 20]);
    expect(spacing).toEqual([3, 2, 2]);
  });
});

describe("intoFrame", () => {
  const grid = makeGrid("picture", [2, 4]);
  const picture = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

  it("pads with 0 and crops to the middle", () => {
    const padded = intoFrame(picture, grid, { height: 4, width: 4, mode: "pad" }, resizeNearest);
    expect([...padded]).toEqual([0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0]);
    const cropped = intoFrame(picture, grid, { height: 2, width: 2, mode: "crop" }, resizeNearest);
    expect([...cropped]).toEqual([2, 3, 6, 7]);
  });

  it("withoutMargin empties what the picture does not fill", () => {
    const frame: Frame = { height: 4, width: 4, mode: "pad" };
    const framed = { stored: grid, working: framedGrid(grid, frame), mode: frame.mode };
    const all = new Uint8Array(2 * 16).fill(1);
    const kept = withoutMargin(all, framed);
    expect([...kept.subarray(0, 16)]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
    expect([...kept.subarray(16)]).toEqual([...kept.subarray(0, 16)]);
  });
});

describe("frames in files and words", () => {
  it("are a number only where they are stretched squares", () => {
    fc.assert(
      fc.property(frames, (frame) => {
        expect(frameOf(frameRecord(frame))).toEqual(frame);
      }),
    );
    expect(frameRecord({ height: 8, width: 8, mode: "stretch" })).toBe(8);
    expect(frameText(frameOf(8))).toBe("8 x 8 pixels");
    expect(frameText({ height: 8, width: 12, mode: "pad" })).toBe("12 x 8 pixels, padded");
  });
});
