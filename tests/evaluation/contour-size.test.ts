import { describe, expect, it } from "vitest";
import { contourOf } from "../../src/evaluation/contour.js";
import { contourLengths, surfaceAreas } from "../../src/evaluation/contour-size.js";
import { surfacePoints } from "../../src/evaluation/surface.js";
import { makeGrid } from "../../src/grid/grid.js";
import { fill } from "./masks.js";

/** Code of a 2×2×2 neighbourhood from its object voxels, each (z, y, x) in {0, 1}³. */
function codeOf(...voxels: [number, number, number][]): number {
  return voxels.reduce((code, [z, y, x]) => code | (1 << (7 - (4 * x + 2 * y + z))), 0);
}

/** Area of a planar polygon given by its corners in order. */
function polygonArea(...corners: number[][]): number {
  const sum = [0, 0, 0];
  corners.forEach(([az, ay, ax], i) => {
    const [bz, by, bx] = corners[(i + 1) % corners.length];
    sum[0] += ay * bx - ax * by;
    sum[1] += ax * bz - az * bx;
    sum[2] += az * by - ay * bz;
  });
  return Math.hypot(...sum) / 2;
}

function totalOf(mask: Uint8Array, shape: number[], spacing: number[]): number {
  const grid = makeGrid("test", shape, spacing);
  return contourOf(mask, surfacePoints(mask, grid), grid).total;
}

describe("contourLengths", () => {
  it("gives half diagonals, sides and whole diagonals in millimetres", () => {
    const lengths = contourLengths([1, 3, 4]);
    const sizes = [0, 2.5, 2.5, 3, 2.5, 4, 5, 2.5, 2.5, 5, 4, 2.5, 3, 2.5, 2.5, 0];
    expect([...lengths]).toEqual(sizes);
  });

  it("adds up to the perimeter with its corners cut", () => {
    const shape = [12, 14];
    const mask = fill(shape, (y, x) => y >= 0 && y < 5 && x >= 2 && x < 9);
    expect(totalOf(mask, shape, [2, 1])).toBeCloseTo(2 * (2 * 4 + 6) + 4 * 0.5 * Math.hypot(2, 1), 12);
  });
});

describe("surfaceAreas", () => {
  const spacing = [2, 3, 5] as const;
  const areas = surfaceAreas(spacing);
  // Midpoints of the cube's edges in millimetres: the corners of every patch.
  const at = (z: number, y: number, x: number) => [2 * z, 3 * y, 5 * x];

  it("is a triangle for one voxel, a rectangle for two and the plane for four in a layer", () => {
    expect(areas[codeOf([0, 0, 0])]).toBeCloseTo(polygonArea(at(0.5, 0, 0), at(0, 0.5, 0), at(0, 0, 0.5)), 12);
    expect(areas[codeOf([0, 0, 0], [0, 0, 1])]).toBeCloseTo(5 * Math.hypot(1, 1.5), 12);
    expect(areas[codeOf([0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1])]).toBeCloseTo(15, 12);
    expect(areas[codeOf([0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0])]).toBeCloseTo(6, 12);
  });

  it("is a triangle and a trapezium for three in an angle", () => {
    const triangle = polygonArea(at(0.5, 0, 0), at(0.5, 1, 0), at(0.5, 0, 1));
    const trapezium = polygonArea(at(0.5, 1, 0), at(0.5, 0, 1), at(0, 0.5, 1), at(0, 1, 0.5));
    expect(areas[codeOf([0, 0, 0], [0, 1, 0], [0, 0, 1])]).toBeCloseTo(triangle + trapezium, 12);
  });

  it("is a flat hexagon for a voxel with its three neighbours", () => {
    const hexagon = [at(0.5, 1, 0), at(0, 1, 0.5), at(0, 0.5, 1), at(0.5, 0, 1), at(1, 0, 0.5), at(1, 0.5, 0)];
    expect(areas[codeOf([0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1])]).toBeCloseTo(polygonArea(...hexagon), 12);
  });

  it("is a bent hexagon, two parallel triangles and two beside the middle link, for a chain of four", () => {
    // (1,0,0) – (0,0,0) – (0,1,0) – (0,1,1): links along z, y, x.
    const large = polygonArea(at(0.5, 1, 0), at(1, 0, 0.5), at(0, 0.5, 1));
    const small = polygonArea(at(0.5, 1, 0), at(1, 0.5, 0), at(1, 0, 0.5));
    const chain = areas[codeOf([1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 1, 1])];
    expect(chain).toBeGreaterThan(large + small);
    const unit = surfaceAreas([1, 1, 1]);
    expect(unit[codeOf([1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 1, 1])]).toBeCloseTo(Math.sqrt(3) / 2 + Math.SQRT1_2, 12);
  });

  it("separates diagonal neighbours, agrees with the complement, and is 0 for empty and full", () => {
    const single = areas[codeOf([0, 0, 0])];
    expect(areas[codeOf([0, 0, 0], [0, 1, 1])]).toBeCloseTo(2 * single, 12);
    expect(areas[codeOf([0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0])]).toBeCloseTo(4 * single, 12);
    for (let code = 0; code < 256; code++) expect(areas[code]).toBeCloseTo(areas[255 - code], 12);
    expect([areas[0], areas[255]]).toEqual([0, 0]);
  });

  it("adds up to the faces of a box with its edges and corners cut", () => {
    const shape = [6, 7, 8];
    const box = fill(shape, (z, y, x) => z >= 1 && z < 4 && y >= 1 && y < 6 && x >= 0 && x < 6);
    const faces = 2 * (4 * 5 * 15 + 2 * 5 * 10 + 2 * 4 * 6);
    const edges = 4 * (2 * 2 * Math.hypot(1.5, 2.5) + 4 * 3 * Math.hypot(1, 2.5) + 5 * 5 * Math.hypot(1, 1.5));
    expect(totalOf(box, shape, [...spacing])).toBeCloseTo(faces + edges + 8 * areas[1], 9);
  });
});
