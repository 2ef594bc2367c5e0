/** One mask from several readers: votes by hand, reliabilities that were drawn, and the equations of STAPLE. */
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import { RandomStream } from "../../src/core/random.js";
import { majorityMask, staple } from "../../src/statistics/readers.js";

const mask = (...values: number[]) => Uint8Array.from(values);

/** Readers of known reliability, wrong independently of each other, on 40,000 pixels of which a quarter is object. */
function simulated(reliabilities: readonly (readonly [sensitivity: number, specificity: number])[]) {
  const stream = new RandomStream(3, "test.readers");
  const truth = Uint8Array.from({ length: 40_000 }, () => (stream.uniform(0, 1) < 0.25 ? 1 : 0));
  const masks = reliabilities.map(([sensitivity, specificity]) =>
    truth.map((value) => {
      const right = stream.uniform(0, 1) < (value === 1 ? sensitivity : specificity);
      return right ? value : 1 - value;
    }),
  );
  return { truth, masks };
}

const wrong = (got: ArrayLike<number>, truth: Uint8Array) =>
  truth.reduce((count, value, i) => count + (value === (got[i] >= 0.5 ? 1 : 0) ? 0 : 1), 0);

describe("majorityMask", () => {
  it("is what more than half of the readers marked, by any value", () => {
    const masks = [mask(0, 1, 255, 1), mask(0, 0, 7, 1), mask(1, 0, 0, 1)];
    expect(majorityMask(masks)).toEqual(mask(0, 0, 1, 1));
    expect(majorityMask(masks.slice(0, 2))).toEqual(mask(0, 0, 1, 1));
    expect(majorityMask([mask(0, 3)])).toEqual(mask(0, 1));
  });
});

describe("readers who left pixels out", () => {
  it("do not count there: a majority is that of the others", () => {
    const masks = [mask(1, 1, 0, 1), mask(1, 0, 0, 1), mask(0, 0, 1, 0)];
    const labelled = [mask(1, 1, 1, 0), mask(1, 0, 0, 0), mask(1, 0, 1, 0)];
    expect(majorityMask(masks, labelled)).toEqual(mask(1, 1, 0, 0));
  });

  it("are as reliable as they are where they labelled", () => {
    const drawn = [
      [0.95, 0.9],
      [0.8, 0.95],
      [0.85, 0.85],
    ] as const;
    const { truth, masks } = simulated(drawn);
    // The first one labelled the first half alone, and marks everything in the other.
    const labelled = masks.map((one, reader) => one.map((_, i) => (reader > 0 || i < one.length / 2 ? 1 : 0)));
    const given = masks.map((one, reader) => one.map((value, i) => (labelled[reader][i] === 0 ? 1 : value)));
    const { probability, readers } = staple(given, labelled);
    readers.forEach(({ sensitivity, specificity }, reader) => {
      expect(Math.abs(sensitivity - drawn[reader][0])).toBeLessThan(0.04);
      expect(Math.abs(specificity - drawn[reader][1])).toBeLessThan(0.04);
    });
    expect(wrong(probability, truth)).toBeLessThan(0.12 * truth.length);
  });
});

describe("staple", () => {
  it("is the mask where all readers agree", () => {
    const one = mask(0, 1, 1, 0, 0);
    const { probability, readers } = staple([one, one, one]);
    probability.forEach((value, i) => {
      expect(value).toBeCloseTo(one[i], 12);
    });
    for (const { sensitivity, specificity } of readers) {
      expect(sensitivity).toBeCloseTo(1, 12);
      expect(specificity).toBeCloseTo(1, 12);
    }
  });

  it("finds how reliable the readers are", () => {
    const drawn = [
      [0.95, 0.9],
      [0.7, 0.99],
      [0.85, 0.8],
      [0.6, 0.95],
    ] as const;
    const { masks } = simulated(drawn);
    staple(masks).readers.forEach(({ sensitivity, specificity }, reader) => {
      expect(Math.abs(sensitivity - drawn[reader][0])).toBeLessThan(0.03);
      expect(Math.abs(specificity - drawn[reader][1])).toBeLessThan(0.03);
    });
  });

  it("listens to the better reader, whom a majority outvotes", () => {
    const poor = [0.65, 0.65] as const;
    const { truth, masks } = simulated([[0.98, 0.98], poor, poor, poor, poor]);
    expect(wrong(staple(masks).probability, truth)).toBeLessThan(0.5 * wrong(majorityMask(masks), truth));
  });

  it("ends where both of its equations hold", () => {
    const { masks } = simulated([
      [0.9, 0.8],
      [0.8, 0.9],
      [0.7, 0.95],
    ]);
    const { probability, readers } = staple(masks);
    const sum = (value: (p: number, i: number) => number) => probability.reduce((all, p, i) => all + value(p, i), 0);
    readers.forEach(({ sensitivity, specificity }, reader) => {
      const marked = masks[reader];
      expect(sum((p, i) => p * marked[i]) / sum((p) => p)).toBeCloseTo(sensitivity, 9);
      expect(sum((p, i) => (1 - p) * (1 - marked[i])) / sum((p) => 1 - p)).toBeCloseTo(specificity, 9);
    });
    const prior = masks.flatMap((one) => [...one]).reduce((all, value) => all + value, 0) / (3 * probability.length);
    const chance = (i: number, rate: (reader: number) => number) =>
      masks.reduce((all, one, reader) => all * (one[i] === 1 ? rate(reader) : 1 - rate(reader)), 1);
    for (const i of [0, 1, 2, 3, 4, 5, 6, 7]) {
      const object = prior * chance(i, (reader) => readers[reader].sensitivity);
      const rest = (1 - prior) * chance(i, (reader) => 1 - readers[reader].specificity);
      expect(probability[i]).toBeCloseTo(object / (object + rest), 6);
    }
  });

  it("has an answer where nobody, or everybody, marked anything", () => {
    const nothing = staple([mask(0, 0), mask(0, 0)]);
    expect([...nothing.probability]).toEqual([0, 0]);
    expect(nothing.readers[0]).toEqual({ sensitivity: Number.NaN, specificity: 1 });
    expect([...staple([mask(1, 1), mask(1, 1)]).probability]).toEqual([1, 1]);
  });
});

it("refuses no masks, too many, and masks of two sizes", () => {
  expect(() => staple([])).toThrow(UsageError);
  expect(() => staple(Array(31).fill(mask(1)))).toThrow("staple: there are 31 masks; pass 1 to 30");
  expect(() => majorityMask([mask(1), mask(1, 0)])).toThrow(
    "majorityMask: mask 1 has 2 pixels but mask 0 has 1; pass masks of one image",
  );
});
