import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Quadtree } from "../../src/embedding/quadtree.js";

/** Σ_j q² (y_i − y_j) and Σ q, pair by pair. */
function pairByPair(points: Float64Array): { total: number; forces: Float64Array } {
  const forces = new Float64Array(points.length);
  let total = 0;
  for (let i = 0; i < points.length; i += 2) {
    for (let j = 0; j < points.length; j += 2) {
      if (i === j) continue;
      const [dx, dy] = [points[i] - points[j], points[i + 1] - points[j + 1]];
      const q = 1 / (1 + dx * dx + dy * dy);
      total += q;
      forces[i] += q * q * dx;
      forces[i + 1] += q * q * dy;
    }
  }
  return { total, forces };
}

function byTree(points: Float64Array, angle: number) {
  const tree = new Quadtree(points.length / 2);
  const forces = new Float64Array(points.length).fill(Number.NaN);
  tree.build(points);
  return { total: tree.repulsion(angle, forces), forces };
}

// Whole numbers make many points coincide or share a coordinate.
const places = fc
  .array(fc.tuple(fc.integer({ min: -8, max: 8 }), fc.integer({ min: -8, max: 8 })), { minLength: 1, maxLength: 120 })
  .map((pairs) => Float64Array.from(pairs.flat()));

describe("Quadtree", () => {
  it("computes every pair at angle 0", () => {
    fc.assert(
      fc.property(places, (points) => {
        const [got, want] = [byTree(points, 0), pairByPair(points)];
        expect(got.total).toBeCloseTo(want.total, 8);
        got.forces.forEach((force, at) => {
          expect(force).toBeCloseTo(want.forces[at], 10);
        });
      }),
      { numRuns: 60 },
    );
  });

  it("is near at the angle that t-SNE uses", () => {
    const points = Float64Array.from({ length: 2000 }, (_, at) => 30 * Math.sin(at * (at % 2 === 0 ? 1.3 : 0.7)));
    const [got, want] = [byTree(points, 0.4), pairByPair(points)];
    expect(Math.abs(got.total / want.total - 1)).toBeLessThan(0.005);
    const size = Math.hypot(...want.forces);
    expect(Math.hypot(...got.forces.map((force, at) => force - want.forces[at])) / size).toBeLessThan(0.01);
  });

  it("can be filled again, and separates neighbouring doubles and vast distances", () => {
    const tree = new Quadtree(40);
    const near = Float64Array.from({ length: 80 }, (_, at) => 1 + (at % 3) * Number.EPSILON);
    const far = Float64Array.from({ length: 80 }, (_, at) => (at % 2 === 0 ? 1 : -1) * 10 ** (at / 2));
    for (const points of [near, far, near]) {
      tree.build(points);
      const forces = new Float64Array(80);
      expect(tree.repulsion(0.4, forces)).toBeCloseTo(pairByPair(points).total, 3);
      expect(forces.every(Number.isFinite)).toBe(true);
    }
  });
});
