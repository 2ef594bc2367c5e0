import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearestDistances } from "../../src/evaluation/distance-transform.js";
import { PointList } from "../../src/evaluation/point-list.js";
import { coordinatesOf, distancesByTrying, maskPairs, spacings } from "./masks.js";

function listOf(points: readonly number[][]): PointList {
  const list = new PointList();
  for (const [z, y, x] of points) list.push(z, y, x);
  return list;
}

/** Points of a box in raster order, those for which `keep` holds. */
function box(shape: readonly number[], keep: (...at: number[]) => boolean = () => true): number[][] {
  const all = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => coordinatesOf(i, shape));
  return all.filter((at) => keep(...at));
}

/** Object voxels of a mask as (z, y, x) points. */
function objectPoints(mask: Uint8Array, shape: readonly number[]): number[][] {
  const padded = shape.length === 2 ? [1, ...shape] : shape;
  return box(padded, (z, y, x) => mask[(z * padded[1] + y) * padded[2] + x] !== 0);
}

describe("nearestDistances", () => {
  it("is the 3-4-5 triangle for single points, whatever the order of near and far", () => {
    const a = listOf([[0, 2, 3]]);
    const b = listOf([[0, 5, 7]]);
    expect([...nearestDistances(a, b, [1, 1, 1])]).toEqual([5]);
    expect([...nearestDistances(b, a, [1, 2, 0.5])]).toEqual([Math.sqrt(40)]);
  });

  it("agrees with scipy's distance_transform_edt on an anisotropic volume", () => {
    const sites = listOf([
      [0, 1, 2],
      [2, 3, 0],
    ]);
    const queries = listOf([
      [0, 0, 0],
      [1, 0, 4],
      [2, 0, 4],
      [2, 3, 4],
    ]);
    const want = [1.7088007490635064, 3.4525353003264136, 3.671511950137164, 3.2];
    const got = [...nearestDistances(queries, sites, [3, 0.6, 0.8])];
    for (const [i, value] of want.entries()) expect(got[i]).toBeCloseTo(value, 12);
  });

  it("has infinite distances without sites and nothing without queries", () => {
    expect([...nearestDistances(listOf([[0, 0, 0]]), listOf([]), [1, 1, 1])]).toEqual([Infinity]);
    expect(nearestDistances(listOf([]), listOf([[0, 0, 0]]), [1, 1, 1])).toHaveLength(0);
  });

  it("stays exact where every voxel of long rows asks for a far site", () => {
    const queries = box([1, 20, 80], (_z, _y, x) => x < 60);
    const sites = [
      [0, 3, 79],
      [0, 12, 71],
    ];
    const got = [...nearestDistances(listOf(queries), listOf(sites), [1, 1, 1])];
    expect(got).toEqual(distancesByTrying(queries, sites, [1, 1, 1]));
  });

  it("is the distance to the nearest site by trying all, 2-D and 3-D, any spacing", () => {
    const pair = fc.constantFrom<2 | 3>(2, 3).chain((rank) => fc.tuple(maskPairs(rank), spacings(3)));
    fc.assert(
      fc.property(pair, ([{ shape, prediction, reference }, spacing]) => {
        const queries = objectPoints(prediction, shape);
        const sites = objectPoints(reference, shape);
        const got = nearestDistances(listOf(queries), listOf(sites), spacing as [number, number, number]);
        distancesByTrying(queries, sites, spacing).forEach((want, i) => {
          expect(Math.abs(got[i] - want)).toBeLessThanOrEqual(1e-12 * (1 + want));
        });
      }),
      { numRuns: 200 },
    );
  });

  it("is the same up to a limit, and beyond it wherever the distance is", () => {
    const pair = fc.constantFrom<2 | 3>(2, 3).chain((rank) => fc.tuple(maskPairs(rank), spacings(3), fc.nat()));
    fc.assert(
      fc.property(pair, ([{ shape, prediction, reference }, spacing, choice]) => {
        const queries = listOf(objectPoints(prediction, shape));
        const sites = listOf(objectPoints(reference, shape));
        const sizes = spacing as [number, number, number];
        const whole = nearestDistances(queries, sites, sizes);
        const limit = whole.length === 0 ? 1 : whole[choice % whole.length];
        nearestDistances(queries, sites, sizes, limit).forEach((distance, i) => {
          if (whole[i] <= limit) expect(distance).toBe(whole[i]);
          else expect(distance).toBeGreaterThan(limit);
        });
      }),
      { numRuns: 300 },
    );
  });

  it("is exact to the last bit for unit spacing", () => {
    fc.assert(
      fc.property(maskPairs(3), ({ shape, prediction, reference }) => {
        const queries = objectPoints(prediction, shape);
        const sites = objectPoints(reference, shape);
        const squared = queries.map((q) =>
          Math.min(...sites.map((s) => q.reduce((sum, c, axis) => sum + (c - s[axis]) ** 2, 0))),
        );
        expect([...nearestDistances(listOf(queries), listOf(sites), [1, 1, 1])]).toEqual(squared.map(Math.sqrt));
      }),
    );
  });
});
