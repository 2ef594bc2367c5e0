import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contourLengths, surfaceAreas } from "../../src/evaluation/contour-size.js";
import { evaluateMask } from "../../src/evaluation/evaluate-mask.js";
import { confusionCounts } from "../../src/evaluation/overlap.js";
import { surfacePoints } from "../../src/evaluation/surface.js";
import { makeGrid } from "../../src/grid/grid.js";
import { coordinatesOf, distancesByTrying, fill, maskOf, maskPairs, spacings, surfaceByDefinition } from "./masks.js";

const convention = "medpy";

describe("analytic answers", () => {
  it("gives the hand-computed numbers of two overlapping rectangles", () => {
    const shape = [8, 8];
    const prediction = fill(shape, (y, x) => y >= 2 && y <= 4 && x >= 2 && x <= 4);
    const reference = fill(shape, (y, x) => y >= 2 && y <= 5 && x >= 3 && x <= 6);
    const metrics = evaluateMask(prediction, reference, { shape, convention });
    expect(metrics.dice).toBeCloseTo(0.48, 12);
    expect(metrics.jaccard).toBeCloseTo(0.3157894737, 10);
    expect(metrics.hd95).toBeCloseTo(2.0118033989, 10);
    expect(metrics.asd).toBeCloseTo(0.625, 12);
    expect(surfacePoints(prediction, makeGrid("test", shape)).count).toBe(8);
    expect(surfacePoints(reference, makeGrid("test", shape)).count).toBe(12);
  });

  it("gives the distance of two squares side by side", () => {
    const shape = [32, 48];
    const prediction = fill(shape, (y, x) => y >= 10 && y < 20 && x >= 10 && x < 20);
    const reference = fill(shape, (y, x) => y >= 10 && y < 20 && x >= 30 && x < 40);
    const metrics = evaluateMask(prediction, reference, { shape, spacing: [3, 0.5], convention });
    expect(metrics.dice).toBe(0);
    expect(metrics.hd).toBe(10);
    expect(metrics.asd).toBeCloseTo(7.75, 12);
    expect(metrics.asdFromReference).toBeCloseTo(7.75, 12);
    expect(metrics.assd).toBeCloseTo(7.75, 12);
  });

  it("gives the difference of radii of concentric spheres, in millimetres", () => {
    const shape = [15, 41, 41];
    const spacing = [3, 1, 1];
    const ball = (radius: number) => fill(shape, (z, y, x) => Math.hypot((z - 7) * 3, y - 20, x - 20) <= radius + 1e-9);
    const metrics = evaluateMask(ball(18), ball(12), { shape, spacing, convention });
    expect(metrics.dice).toBeCloseTo((2 * 12 ** 3) / (18 ** 3 + 12 ** 3), 1);
    expect(Math.abs(metrics.hd - 6)).toBeLessThan(2);
    expect(Math.abs(metrics.asd - 6)).toBeLessThan(1);
    expect(Math.abs(metrics.asdFromReference - 6)).toBeLessThan(1);
  });

  it("weights contour lengths in the surface Dice of a shifted square", () => {
    const shape = [12, 20];
    const square = (left: number) => fill(shape, (y, x) => y >= 1 && y < 11 && x >= left && x < left + 10);
    const surfaceDiceTolerances = [0, 3.9, 4];
    const { nsd } = evaluateMask(square(2), square(6), { shape, convention, surfaceDiceTolerances });
    const corner = Math.SQRT1_2;
    expect(nsd[0]).toBeCloseTo((4 * (6 + corner)) / (2 * (36 + 4 * corner)), 12);
    expect(nsd[1]).toBeLessThan(1);
    expect(nsd[2]).toBe(1);
  });

  it("measures pixels at the image's edge, single pixels and full masks", () => {
    const shape = [5, 7];
    const full = fill(shape, () => true);
    const centre = fill(shape, (y, x) => y === 2 && x === 3);
    const corner = fill(shape, (y, x) => y === 0 && x === 0);
    expect(surfacePoints(full, makeGrid("test", shape)).count).toBe(20);
    expect(evaluateMask(full, full, { shape, convention })).toMatchObject({ dice: 1, jaccard: 1, hd95: 0, assd: 0 });
    expect(evaluateMask(centre, corner, { shape, convention }).hd).toBe(Math.sqrt(13));
    expect(evaluateMask(full, centre, { shape, convention }).asdFromReference).toBe(2);
    expect(evaluateMask(corner, corner, { shape, convention, surfaceDiceTolerances: [0] }).nsd).toEqual([1]);
  });

  it("treats any nonzero value as object and a volume of one slice as all surface", () => {
    const { mask, shape } = maskOf("....", ".##.", ".##.", ".##.");
    const loud = mask.map((value) => 255 * value);
    expect(evaluateMask(loud, mask, { shape, convention }).dice).toBe(1);
    const full = new Uint8Array(16).fill(1);
    expect(surfacePoints(full, makeGrid("test", [1, 4, 4])).count).toBe(16);
    expect(surfacePoints(full, makeGrid("test", [4, 4])).count).toBe(12);
  });

  it("reads masks that are views at odd offsets of a larger buffer", () => {
    const { mask, shape } = maskOf("#....", "..##.", "..##.", "....#");
    const buffer = new Uint8Array(64).fill(9);
    const view = buffer.subarray(3, 3 + mask.length);
    view.set(mask);
    expect(confusionCounts(view, mask)).toEqual({
      truePositive: 6,
      falsePositive: 0,
      falseNegative: 0,
      trueNegative: 14,
    });
    expect(evaluateMask(view, mask, { shape, convention }).hd).toBe(0);
  });
});

describe("properties", () => {
  const pairs = fc
    .constantFrom<2 | 3>(2, 3)
    .chain((rank) => fc.record({ pair: maskPairs(rank), spacing: spacings(rank), factor: spacings(1) }));
  const near = (got: number, want: number) => expect(Math.abs(got - want)).toBeLessThanOrEqual(1e-9 * (1 + want));
  const surfaceDiceTolerances = [0.5, 1.7];

  it("agrees with the definitions computed by trying all pairs", () => {
    fc.assert(
      fc.property(pairs, ({ pair: { shape, prediction, reference }, spacing }) => {
        const metrics = evaluateMask(prediction, reference, { shape, spacing, convention });
        const predicted = surfaceByDefinition(prediction, shape);
        const expected = surfaceByDefinition(reference, shape);
        const forth = distancesByTrying(predicted, expected, spacing);
        const back = distancesByTrying(expected, predicted, spacing);
        const all = [...forth, ...back].sort((a, b) => a - b);
        const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
        const position = 0.95 * (all.length - 1);
        const [low, high] = [Math.floor(position), Math.ceil(position)].map((rank) => all[rank]);
        near(metrics.hd, all[all.length - 1]);
        near(metrics.hd95, low + (high - low) * (position % 1));
        near(metrics.asd, mean(forth));
        near(metrics.asdFromReference, mean(back));
        near(metrics.assd, mean(all));
      }),
    );
  });

  it("has the surface Dice that its definition gives, corner by corner", () => {
    /** Every place where object and background meet: corners of pixels with their neighbourhoods' codes. */
    const contour = (mask: Uint8Array, shape: readonly number[], spacing: readonly number[]) => {
      const at = (position: readonly number[]) =>
        position.every((p, axis) => p >= 0 && p < shape[axis])
          ? mask[position.reduce((index, p, axis) => index * shape[axis] + p, 0)]
          : 0;
      const flat = shape.length === 2;
      const table = flat
        ? contourLengths([1, ...spacing] as unknown as [number, number, number])
        : surfaceAreas(spacing as unknown as [number, number, number]);
      const larger = shape.map((side) => side + 1);
      const count = larger.reduce((product, side) => product * side, 1);
      return Array.from({ length: count }, (_, i) => coordinatesOf(i, larger)).flatMap((corner) => {
        // From the highest bit on, with the first axis changing fastest, as the tables have it.
        const voxels = Array.from({ length: 2 ** shape.length }, (_, bits) => bits);
        const code = voxels.reduce((sum, bits) => {
          const value = at(corner.map((c, axis) => c - 1 + ((bits >> axis) & 1)));
          return 2 * sum + (value !== 0 ? 1 : 0);
        }, 0);
        return code === 0 || code === 2 ** voxels.length - 1 ? [] : [{ corner, size: table[code] }];
      });
    };
    fc.assert(
      fc.property(pairs, ({ pair: { shape, prediction, reference }, spacing }) => {
        const { nsd } = evaluateMask(prediction, reference, { shape, spacing, convention, surfaceDiceTolerances });
        const [predicted, expected] = [prediction, reference].map((mask) => contour(mask, shape, spacing));
        const corners = (list: typeof predicted) => list.map(({ corner }) => corner);
        const forth = distancesByTrying(corners(predicted), corners(expected), spacing);
        const back = distancesByTrying(corners(expected), corners(predicted), spacing);
        const total = [...predicted, ...expected].reduce((sum, { size }) => sum + size, 0);
        surfaceDiceTolerances.forEach((tolerance, t) => {
          const within = (list: typeof predicted, distances: number[]) =>
            list.reduce((sum, { size }, i) => sum + (distances[i] <= tolerance ? size : 0), 0);
          near(nsd[t], (within(predicted, forth) + within(expected, back)) / total);
        });
      }),
    );
  });

  it("swaps its directions with its arguments", () => {
    fc.assert(
      fc.property(pairs, ({ pair: { shape, prediction, reference }, spacing }) => {
        const options = { shape, spacing, convention, surfaceDiceTolerances } as const;
        const one = evaluateMask(prediction, reference, options);
        const other = evaluateMask(reference, prediction, options);
        for (const name of ["dice", "jaccard", "hd", "hd95", "assd"] as const) near(one[name], other[name]);
        near(one.asd, other.asdFromReference);
        one.nsd.forEach((value, i) => {
          near(value, other.nsd[i]);
        });
      }),
    );
  });

  it("scales distances with the spacing and leaves overlaps alone", () => {
    fc.assert(
      fc.property(pairs, ({ pair: { shape, prediction, reference }, spacing, factor: [factor] }) => {
        const one = evaluateMask(prediction, reference, { shape, spacing, convention });
        const scaled = { shape, spacing: spacing.map((size) => size * factor), convention } as const;
        const other = evaluateMask(prediction, reference, scaled);
        expect(other.dice).toBe(one.dice);
        for (const name of ["hd", "hd95", "asd", "asdFromReference", "assd"] as const) {
          near(other[name], factor * one[name]);
        }
      }),
    );
  });

  it("finds no distance between a mask and itself", () => {
    fc.assert(
      fc.property(pairs, ({ pair: { shape, prediction }, spacing }) => {
        const options = { shape, spacing, convention, surfaceDiceTolerances } as const;
        const perfect = { dice: 1, jaccard: 1, hd: 0, hd95: 0, asd: 0, asdFromReference: 0, assd: 0, nsd: [1, 1] };
        expect(evaluateMask(prediction, prediction, options)).toMatchObject(perfect);
      }),
    );
  });

  it("keeps the order asd ≤ hd, hd95 ≤ hd and surface Dice growing with the tolerance", () => {
    fc.assert(
      fc.property(pairs, ({ pair: { shape, prediction, reference }, spacing }) => {
        const options = { shape, spacing, convention, surfaceDiceTolerances } as const;
        const { hd, hd95, asd, assd, nsd } = evaluateMask(prediction, reference, options);
        expect(Math.max(hd95, asd, assd)).toBeLessThanOrEqual(hd * (1 + 1e-12));
        expect(nsd[0]).toBeLessThanOrEqual(nsd[1]);
        expect(nsd[1]).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });
});
