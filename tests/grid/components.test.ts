/** Connected parts and holes for every neighbourhood, by hand and against a flood that looks at one neighbour at a time. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Connectivity, connectedComponents, connectivities } from "../../src/grid/components.js";
import { holesOf } from "../../src/grid/fill-holes.js";
import { dropSmallComponents } from "../../src/grid/mask-parts.js";

/** Rows of "#" for object. */
const plane = (...rows: string[]) => Uint8Array.from(rows.join(""), (letter) => (letter === "#" ? 1 : 0));
const rowsOf = (mask: Uint8Array, width: number) =>
  (Array.from(mask, (value) => (value ? "#" : "."))
    .join("")
    .match(new RegExp(`.{${width}}`, "g")) ?? []) as string[];

const axesAtOnce = { 4: 1, 8: 2, 6: 1, 18: 2, 26: 3 };

/** Indices that can be reached from one by steps between equal values. */
function flood(mask: Uint8Array, [depth, height, width]: readonly number[], connectivity: Connectivity, from: number) {
  const seen = new Set([from]);
  const left = [from];
  const push = (index: number) => {
    seen.add(index);
    left.push(index);
  };
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    const [z, y, x] = [Math.floor(at / (height * width)), Math.floor(at / width) % height, at % width];
    for (const dz of [-1, 0, 1])
      for (const dy of [-1, 0, 1])
        for (const dx of [-1, 0, 1]) {
          const inside = [z + dz, y + dy, x + dx].every((i, axis) => i >= 0 && i < [depth, height, width][axis]);
          const next = ((z + dz) * height + y + dy) * width + x + dx;
          if (!inside || Math.abs(dz) + Math.abs(dy) + Math.abs(dx) > axesAtOnce[connectivity]) continue;
          if (mask[next] === mask[from] && !seen.has(next)) push(next);
        }
  }
  return seen;
}

const masks = fc.record({
  shape: fc.constantFrom<number[]>([4, 7], [1, 5], [3, 4, 5], [5, 3, 3], [1, 4, 4]),
  seed: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 60, maxLength: 60 }),
});

it("parts are those that a flood finds, numbered as reading meets them", () => {
  fc.assert(
    fc.property(masks, ({ shape, seed }) => {
      const mask = Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (seed[i] > 0 ? 1 : 0));
      const three = shape.length === 2 ? [1, ...shape] : shape;
      for (const connectivity of connectivities(shape.length)) {
        const { labels, sizes } = connectedComponents(mask, shape, connectivity);
        const expected = new Int32Array(mask.length);
        let parts = 0;
        mask.forEach((value, i) => {
          if (value === 0 || expected[i] !== 0) return;
          parts++;
          for (const at of flood(mask, three, connectivity, i)) expected[at] = parts;
        });
        expect(labels).toEqual(expected);
        expect(sizes).toEqual(Array.from({ length: parts }, (_, p) => expected.filter((one) => one === p + 1).length));
      }
    }),
  );
});

describe("holes", () => {
  it("are shut off by corners where corners connect, and open where they do not", () => {
    const ring = plane(".#...", "#.#..", ".#...", "....#");
    expect(rowsOf(holesOf(ring, [4, 5]), 5)).toEqual([".....", ".#...", ".....", "....."]);
    expect(holesOf(ring, [4, 5], 4).some((value) => value !== 0)).toBe(false);
  });

  it("of a volume are shut on all sides, whatever a slice looks like", () => {
    const [whole, ring] = [
      ["###", "###", "###"],
      ["###", "#.#", "###"],
    ];
    const shut = plane(...whole, ...ring, ...whole);
    expect([...holesOf(shut, [3, 3, 3])].flatMap((value, i) => (value ? [i] : []))).toEqual([13]);
    expect(holesOf(plane(...whole, ...ring, ...ring), [3, 3, 3]).includes(1)).toBe(false);
  });

  it("are what no flood from the border reaches", () => {
    fc.assert(
      fc.property(masks, ({ shape, seed }) => {
        const mask = Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (seed[i] > 0 ? 1 : 0));
        const [depth, height, width] = shape.length === 2 ? [1, ...shape] : shape;
        const around = { 4: 8, 8: 4, 6: 26, 18: 6, 26: 6 } as const;
        for (const connectivity of connectivities(shape.length)) {
          const holes = holesOf(mask, shape, connectivity);
          const open = new Set<number>();
          mask.forEach((value, i) => {
            const [z, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
            const ends = [y === 0, y === height - 1, x === 0, x === width - 1];
            const atBorder = ends.includes(true) || (shape.length === 3 && (z === 0 || z === depth - 1));
            if (value !== 0 || !atBorder || open.has(i)) return;
            for (const at of flood(mask, [depth, height, width], around[connectivity], i)) open.add(at);
          });
          expect(holes).toEqual(mask.map((value, i) => (value === 0 && !open.has(i) ? 1 : 0)));
        }
      }),
    );
  });
});

it("small parts go, parts of just the least size stay", () => {
  const mask = plane("##..#", "....#", "#...#", ".....");
  dropSmallComponents(mask, [4, 5], 2);
  expect(rowsOf(mask, 5)).toEqual(["##..#", "....#", "....#", "....."]);
  dropSmallComponents(mask, [4, 5], 2.5);
  expect(rowsOf(mask, 5)).toEqual(["....#", "....#", "....#", "....."]);
});
