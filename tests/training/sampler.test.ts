/** Which cases make up a batch: shuffled epochs, nothing twice, the same again for the same index. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Sampler } from "../../src/training/batches/sampler.js";

const sizes = { count: fc.integer({ min: 1, max: 40 }), batch: fc.integer({ min: 1, max: 12 }) };

describe("Sampler", () => {
  it("goes through an epoch without repeating a case, and drops an incomplete last batch", () => {
    fc.assert(
      fc.property(sizes.count, sizes.batch, fc.nat(), (count, batch, seed) => {
        fc.pre(batch <= count);
        const sampler = new Sampler(count, batch, seed, "labelled");
        const perEpoch = Math.floor(count / batch);
        for (const epoch of [0, 3]) {
          const cases = Array.from({ length: perEpoch }, (_, i) => sampler.batch(epoch * perEpoch + i)).flat();
          expect(cases).toHaveLength(perEpoch * batch);
          expect(new Set(cases).size).toBe(cases.length);
          expect(cases.every((i) => Number.isInteger(i) && i >= 0 && i < count)).toBe(true);
        }
      }),
    );
  });

  it("takes every case in each epoch when batches fill it exactly", () => {
    const sampler = new Sampler(12, 4, 1, "labelled");
    for (const first of [0, 3, 30]) {
      const cases = [0, 1, 2].flatMap((i) => sampler.batch(first + i)).sort((a, b) => a - b);
      expect(cases).toEqual(Array.from({ length: 12 }, (_, i) => i));
    }
  });

  it("repeats cases within a batch when there are fewer than it holds, each as often as the others", () => {
    const sampler = new Sampler(3, 7, 1, "labelled");
    for (let index = 0; index < 5; index++) {
      const times = [0, 1, 2].map((one) => sampler.batch(index).filter((i) => i === one).length);
      expect(times.sort()).toEqual([2, 2, 3]);
    }
    expect(new Sampler(1, 4, 1, "labelled").batch(9)).toEqual([0, 0, 0, 0]);
  });

  it("is a pure function of seed, purpose and index", () => {
    fc.assert(
      fc.property(sizes.count, sizes.batch, fc.nat(), fc.array(fc.nat(500), { minLength: 1 }), (n, b, seed, order) => {
        const walked = new Sampler(n, b, seed, "labelled");
        for (const index of order) {
          expect(walked.batch(index)).toEqual(new Sampler(n, b, seed, "labelled").batch(index));
        }
      }),
    );
  });

  it("shuffles anew in every epoch, for every seed and for every purpose", () => {
    const epoch = (seed: number, purpose: string, number: number) => new Sampler(50, 50, seed, purpose).batch(number);
    const orders = [
      epoch(1, "labelled", 0),
      epoch(1, "labelled", 1),
      epoch(2, "labelled", 0),
      epoch(1, "unlabelled", 0),
      Array.from({ length: 50 }, (_, i) => i),
    ];
    expect(new Set(orders.map(String)).size).toBe(orders.length);
  });

  it("puts every case first about equally often", () => {
    const sampler = new Sampler(5, 5, 3, "labelled");
    const times = [0, 0, 0, 0, 0];
    for (let epoch = 0; epoch < 2000; epoch++) times[sampler.batch(epoch)[0]]++;
    // Four standard deviations of a binomial count.
    for (const n of times) expect(Math.abs(n - 400)).toBeLessThan(4 * Math.sqrt(2000 * 0.2 * 0.8));
  });
});
