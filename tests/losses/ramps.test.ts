/** Ramps at their ends, beyond them, and where the specification gives values. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { midssRampUp, sigmoidRampUp, uncertaintyThreshold } from "../../src/losses/index.js";

const lowest = Math.exp(-5);

describe("ramps", () => {
  it.each<[string, (iteration: number) => number, number, number]>([
    ["sigmoid", (k) => sigmoidRampUp(k / 1000), lowest, 1],
    ["MiDSS", (k) => midssRampUp(k, 1000), lowest, 1],
    ["uncertainty", (k) => uncertaintyThreshold(k, 1000), (0.75 + 0.25 * lowest) * Math.LN2, Math.LN2],
  ])("%s begins, ends, stays there and never falls", (_, ramp, first, last) => {
    expect(ramp(0)).toBeCloseTo(first, 15);
    for (const k of [1000, 1001, 1e9]) expect(ramp(k)).toBeCloseTo(last, 15);
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), (a, b) => {
        expect(ramp(Math.max(a, b))).toBeGreaterThanOrEqual(ramp(Math.min(a, b)));
      }),
    );
  });

  it("sigmoid takes no negative progress", () => expect(sigmoidRampUp(-1)).toBe(sigmoidRampUp(0)));

  it("MiDSS climbs the specification's values in 200 stairs", () => {
    const K = 30000;
    const at = [0, 0.25, 0.5, 0.75].map((share) => midssRampUp(share * K, K));
    [0.0067, 0.0601, 0.2865, 0.7316].forEach((want, i) => void expect(at[i]).toBeCloseTo(want, 4));
    expect(midssRampUp(K - 1, K)).toBeCloseTo(0.9999, 4);
    expect(midssRampUp(149, K)).toBe(midssRampUp(0, K));
    expect(midssRampUp(150, K)).toBeGreaterThan(midssRampUp(149, K));
    expect(new Set(Array.from({ length: K }, (_, k) => midssRampUp(k, K))).size).toBe(200);
  });

  it("MiDSS holds for fewer iterations than stairs", () => {
    expect([0, 1, 2, 3].map((k) => midssRampUp(k, 4))).toEqual([0, 0.25, 0.5, 0.75].map((t) => sigmoidRampUp(t)));
  });

  it("uncertainty is half-way in the middle", () => {
    expect(uncertaintyThreshold(500, 1000)).toBeCloseTo((0.75 + 0.25 * Math.exp(-5 / 4)) * Math.LN2, 12);
  });
});
