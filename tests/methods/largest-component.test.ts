import fc from "fast-check";
import { expect, it } from "vitest";
import { keepLargestComponent } from "../../src/grid/mask-parts.js";
import { largestComponents } from "../../src/methods/parts/largest-component.js";
import { tensor } from "../../src/torch/index.js";
import { tensorTest } from "../support/tensors.js";

/** Rows of digits, "#" for a set pixel. */
const plane = (rows: string[]) => Uint8Array.from(rows.join(""), (letter) => (letter === "#" ? 1 : 0));

function kept(rows: string[]): string[] {
  const mask = plane(rows);
  const width = rows[0].length;
  keepLargestComponent(mask, [rows.length, width]);
  const letters = Array.from(mask, (value) => (value ? "#" : "."));
  return rows.map((_, i) => letters.slice(i * width, (i + 1) * width).join(""));
}

it("keeps the largest part, joined also by corners", () => {
  expect(kept(["##..#", "....#", "#....", ".#.##", "..#.#"])).toEqual([".....", ".....", "#....", ".#.##", "..#.#"]);
});

it("does not join the end of a row to the start of the next", () => {
  expect(kept(["...#", "#...", "...."])).toEqual(["...#", "....", "...."]);
});

it("keeps the first of equal parts, and leaves an empty or whole plane alone", () => {
  expect(kept(["#.#", "...", "#.#"])).toEqual(["#..", "...", "..."]);
  expect(kept(["...", "..."])).toEqual(["...", "..."]);
  expect(kept(["###", "###"])).toEqual(["###", "###"]);
});

it("changes nothing the second time and adds no pixel", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 1), { minLength: 30, maxLength: 30 }), (values) => {
      const once = Uint8Array.from(values);
      keepLargestComponent(once, [5, 6]);
      expect(once.every((value, i) => value <= values[i])).toBe(true);
      const twice = Uint8Array.from(once);
      keepLargestComponent(twice, [5, 6]);
      expect(twice).toEqual(once);
    }),
  );
});

it("joins the slices of a volume, also by corners, but not the last one's end to the next one's start", () => {
  // Slices of 2 x 7: a chain of three through edges and corners, and two pixels that are neighbours in memory only.
  const volume = plane(["...#...", "......#", "#......", "...#...", "....#..", "......."]);
  keepLargestComponent(volume, [3, 2, 7]);
  expect([...volume].flatMap((value, i) => (value ? [i] : []))).toEqual([3, 24, 32]);
});

tensorTest("works on each class, or channel, of each image", () => {
  const labels = tensor(
    [
      [
        [1, 1, 0, 1],
        [0, 2, 0, 0],
        [2, 2, 0, 2],
      ],
    ],
    { dtype: "int64" },
  );
  expect(largestComponents(labels, "softmax", 3).toArray()).toEqual([
    [
      [1, 1, 0, 0],
      [0, 2, 0, 0],
      [2, 2, 0, 0],
    ],
  ]);
  const channels = tensor([[[[1, 0, 1, 1]], [[1, 1, 0, 1]]]]);
  expect(largestComponents(channels, "sigmoid", 2).toArray()).toEqual([[[[0, 0, 1, 1]], [[1, 1, 0, 0]]]]);
});
