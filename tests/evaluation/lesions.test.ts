import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluateMask } from "../../src/evaluation/evaluate-mask.js";
import { lesionF1, matchLesions } from "../../src/evaluation/lesions.js";
import { connectedComponents } from "../../src/grid/components.js";
import { coordinatesOf, maskOf, maskPairs, spacings } from "./masks.js";

/** The lesions of a mask by the definition: points reached from one another by steps of at most one along each axis. */
function lesionsByGrowing(mask: Uint8Array, shape: readonly number[]): Set<number>[] {
  const left = new Set([...mask.keys()].filter((i) => mask[i] !== 0));
  const touch = (a: number, b: number) => {
    const [p, q] = [coordinatesOf(a, shape), coordinatesOf(b, shape)];
    return p.every((c, axis) => Math.abs(c - q[axis]) <= 1);
  };
  const lesions: Set<number>[] = [];
  while (left.size > 0) {
    const lesion = new Set<number>();
    const edge = [Math.min(...left)];
    left.delete(edge[0]);
    for (const at of edge) {
      lesion.add(at);
      for (const other of left) {
        if (!touch(at, other)) continue;
        left.delete(other);
        edge.push(other);
      }
    }
    lesions.push(lesion);
  }
  return lesions;
}

describe("connected components", () => {
  it("join what touches by a corner, in reading order", () => {
    const { mask, shape } = maskOf("#..#", ".#..", "...#");
    const { labels, sizes } = connectedComponents(mask, shape);
    expect([...labels]).toEqual([1, 0, 0, 2, 0, 1, 0, 0, 0, 0, 0, 3]);
    expect(sizes).toEqual([2, 1, 1]);
  });

  it("are those found by growing, in both ranks", () => {
    const pairs = fc.constantFrom<2 | 3>(2, 3).chain((rank) => maskPairs(rank));
    fc.assert(
      fc.property(pairs, ({ shape, prediction }) => {
        const { labels, sizes } = connectedComponents(prediction, shape);
        const want = lesionsByGrowing(prediction, shape);
        expect(sizes).toEqual(want.map(({ size }) => size));
        want.forEach((lesion, n) => {
          for (const at of lesion) expect(labels[at]).toBe(n + 1);
        });
      }),
    );
  });
});

describe("lesions", () => {
  const count = (prediction: string[], reference: string[], leastOverlap = 0.1) => {
    const [p, r] = [maskOf(...prediction), maskOf(...reference)];
    return matchLesions(p.mask, r.mask, p.shape, { leastOverlap });
  };

  it("are found, missed and imagined", () => {
    const reference = ["##....#", "##.....", "....##."];
    const prediction = ["##.....", "##..###", "......."];
    // The one at the left is found; the three at the right touch two others without overlap.
    expect(count(prediction, reference)).toEqual({ reference: 3, predicted: 2, matched: 1 });
    expect(lesionF1(count(prediction, reference))).toBeCloseTo(2 / 5, 12);
  });

  it("match one to one: of two that run together one is found, the one that overlaps more", () => {
    expect(count(["#######"], ["###.##."])).toEqual({ reference: 2, predicted: 1, matched: 1 });
    expect(count(["###.##."], ["#######"])).toEqual({ reference: 1, predicted: 2, matched: 1 });
  });

  it("match from the least overlap on", () => {
    const [prediction, reference] = [["####......"], ["...####..."]];
    expect(count(prediction, reference, 1 / 7).matched).toBe(1);
    expect(count(prediction, reference, 1 / 7 + 1e-9).matched).toBe(0);
  });

  it("have no F1 where there is none in either mask", () => {
    expect(lesionF1(count(["..."], ["..."]))).toBeNaN();
    expect(lesionF1(count(["#.."], ["..."]))).toBe(0);
  });

  it("match as pairs chosen by falling overlap, in both ranks", () => {
    const pairs = fc
      .constantFrom<2 | 3>(2, 3)
      .chain((rank) => fc.tuple(maskPairs(rank), fc.constantFrom(0.05, 0.1, 0.5, 1)));
    fc.assert(
      fc.property(pairs, ([{ shape, prediction, reference }, leastOverlap]) => {
        const got = matchLesions(prediction, reference, shape, { leastOverlap });
        const [predicted, expected] = [prediction, reference].map((mask) => lesionsByGrowing(mask, shape));
        const all = predicted.flatMap((p, i) =>
          expected.map((r, j) => {
            const both = [...p].filter((at) => r.has(at)).length;
            return { i, j, overlap: both / (p.size + r.size - both) };
          }),
        );
        let left = all.filter(({ overlap }) => overlap > 0 && overlap >= leastOverlap);
        left.sort((a, b) => b.overlap - a.overlap || a.j - b.j || a.i - b.i);
        let matched = 0;
        while (left.length > 0) {
          const [best] = left;
          left = left.filter(({ i, j }) => i !== best.i && j !== best.j);
          matched++;
        }
        expect(got).toEqual({ reference: expected.length, predicted: predicted.length, matched });
      }),
    );
  });

  it("are counted by evaluateMask where asked for, and the rule is checked", () => {
    const { mask, shape } = maskOf("#..", "..#");
    const empty = new Uint8Array(mask.length);
    const options = { shape, convention: "medpy" } as const;
    expect(evaluateMask(mask, mask, options).lesions).toBeUndefined();
    const lesions = { leastOverlap: 0.1 };
    expect(evaluateMask(mask, mask, { ...options, lesions }).lesions).toEqual({
      reference: 2,
      predicted: 2,
      matched: 2,
    });
    expect(evaluateMask(empty, mask, { ...options, lesions }).lesions?.reference).toBe(2);
    expect(() => evaluateMask(mask, mask, { ...options, lesions: { leastOverlap: 0 } })).toThrow(
      /lesions.leastOverlap is 0; expected a number in \(0, 1\]/,
    );
  });
});

describe("volumes", () => {
  it("are counted in the unit of the spacing, signed, and relative to the reference", () => {
    const [small, large] = [maskOf("##..", "...."), maskOf("###.", "##..")];
    const options = { shape: small.shape, spacing: [2, 0.5], convention: "medpy" } as const;
    const { volumes } = evaluateMask(small.mask, large.mask, options);
    expect(volumes).toEqual({ predicted: 2, reference: 5, difference: -3, relativeDifference: -0.6 });
    const empty = new Uint8Array(8);
    expect(evaluateMask(small.mask, empty, options).volumes.relativeDifference).toBeNaN();
    expect(evaluateMask(empty, empty, options).volumes.difference).toBe(0);
  });

  it("scale with the spacing and change sign with the order, in both ranks", () => {
    const pairs = fc
      .constantFrom<2 | 3>(2, 3)
      .chain((rank) => fc.record({ pair: maskPairs(rank), spacing: spacings(rank) }));
    fc.assert(
      fc.property(pairs, ({ pair: { shape, prediction, reference }, spacing }) => {
        const one = evaluateMask(prediction, reference, { shape, spacing, convention: "medpy" }).volumes;
        const other = evaluateMask(reference, prediction, { shape, convention: "medpy" }).volumes;
        const voxel = spacing.reduce((product, size) => product * size, 1);
        const sum = (mask: Uint8Array) => mask.reduce((total, value) => total + value, 0);
        expect(one.predicted).toBeCloseTo(sum(prediction) * voxel, 9);
        expect(one.difference).toBeCloseTo(-other.difference * voxel, 9);
        expect(one.relativeDifference).toBeCloseTo((sum(prediction) - sum(reference)) / sum(reference), 12);
      }),
    );
  });
});
