/** The frame of doubtful masks: all round, hatched, and nowhere else. */
import { expect, it } from "vitest";
import { doubtFrameSvg, paintDoubtFrame } from "../../src/drawing/doubt-frame.js";

it("is painted on the rim alone, in two colours", () => {
  const [height, width] = [60, 90];
  const picture = new Uint8Array(3 * height * width).fill(77);
  paintDoubtFrame(picture, { height, width });
  const at = (y: number, x: number) => picture.slice(3 * (y * width + x), 3 * (y * width + x) + 3).join();
  expect(at(30, 45)).toBe("77,77,77");
  expect(at(2, 2)).toBe("77,77,77");
  const rim = [
    ...Array.from({ length: width }, (_, x) => [at(0, x), at(height - 1, x)]),
    ...Array.from({ length: height }, (_, y) => [at(y, 0), at(y, width - 1)]),
  ].flat();
  expect(new Set(rim)).toEqual(new Set(["230,159,0", "0,0,0"]));
});

it("is the same as lines inside of the picture", () => {
  const svg = doubtFrameSvg({ height: 60, width: 90 });
  expect(svg.match(/<rect x="1" y="1" width="88" height="58"/g)?.length).toBe(2);
  expect(svg).toContain("stroke-dasharray");
});
