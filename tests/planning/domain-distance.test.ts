/** Distances of grey levels, with answers known beforehand. */
import { expect, it } from "vitest";
import { levelDistance, levelMoments, meanLevels, ownSpread } from "../../src/planning/domain-distance.js";

/** A histogram of grey levels with equal shares. */
function levels(...at: number[]): Float64Array {
  const shares = new Float64Array(256);
  for (const level of at) shares[level] += 1 / at.length;
  return shares;
}

it("is by how many levels the average pixel would have to change", () => {
  expect(levelDistance(levels(10, 200), levels(10, 200))).toBe(0);
  expect(levelDistance(levels(0), levels(255))).toBeCloseTo(255, 10);
  expect(levelDistance(levels(10, 20), levels(15, 25))).toBeCloseTo(5, 10);
  expect(levelDistance(levels(10, 20), levels(20, 30))).toBeCloseTo(levelDistance(levels(20, 30), levels(10, 20)), 10);
});

it("moments and means of histograms", () => {
  expect(levelMoments(levels(90, 110))).toEqual({ mean: expect.closeTo(100, 10), deviation: expect.closeTo(10, 10) });
  expect(meanLevels([levels(10), levels(20)])).toEqual(levels(10, 20));
});

it("the spread of a domain is how far most of its images are from their mean", () => {
  expect(ownSpread([levels(7), levels(7)])).toBe(0);
  expect(ownSpread([levels(100), levels(110)])).toBeCloseTo(5, 10);
});
