/** What is worth a label: doubts from known probabilities, and rules that every choice keeps. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PartEstimate } from "../../src/quality/estimate.js";
import {
  chooseAtRandom,
  chooseByEntropy,
  chooseCombined,
  type JudgedCandidate,
  type LabelledImage,
} from "../../src/quality/suggestion/choose.js";
import { partDoubt, predictiveEntropy } from "../../src/quality/suggestion/doubt.js";
import { Variety } from "../../src/quality/suggestion/variety.js";
import { observed } from "./observed.js";

const estimate = (changes: Partial<PartEstimate>): PartEstimate => ({
  ...{
    part: "cup",
    ground: "fitted",
    dice: 0.7,
    low: 0.5,
    high: 0.9,
    doubtful: false,
    pattern: [],
    measured: Number.NaN,
    hd95: { estimate: Number.NaN, low: 0, high: 90, measured: Number.NaN },
    diagonal: 90,
  },
  ...changes,
});

describe("doubts", () => {
  const seen = (p: number) => observed({ mask: ["##", ".."], probabilities: [p, p, 1 - p, 1 - p] });

  it("predictive entropy is one bit of pixels at one half, and the binary entropy elsewhere", () => {
    expect(predictiveEntropy({ parts: [seen(0.5)] })).toBeCloseTo(1, 2);
    expect(predictiveEntropy({ parts: [seen(0.9)] })).toBeCloseTo(0.469, 1);
    expect(predictiveEntropy({ parts: [seen(0.5), seen(0.999999)] })).toBeCloseTo(0.5, 2);
  });

  it("of a part is what its estimate misses; signals, then entropy stand in where there is none", () => {
    const unknown = { ground: "unknown", dice: Number.NaN } as const;
    expect(partDoubt(estimate({}), seen(0.9))).toBeCloseTo(0.3, 12);
    expect(partDoubt(estimate({ ground: "empty", dice: 0 }), seen(0.9))).toBe(1);
    expect(partDoubt(estimate({ dice: 1 }), seen(0.9))).toBe(0.01);
    expect(partDoubt(estimate({ ...unknown, pattern: [0.2, 0.4] }), seen(0.9))).toBeCloseTo(0.7, 12);
    // Four pixels of 0.469 bits over 1 + two expected pixels.
    const each = (4 * 0.469) / (1 + 2);
    expect(partDoubt(estimate(unknown), seen(0.9))).toBeCloseTo(each / (1 + each), 1);
  });
});

it("variety counts in distances of neighbours, from what is labelled or was taken", () => {
  const variety = new Variety([[0], [1], [2], [3]], [[-2]]);
  expect([0, 1, 3].map((i) => variety.distance(i))).toEqual([2, 3, 5].map((value) => expect.closeTo(value, 9)));
  variety.take([3]);
  expect([0, 1, 3].map((i) => variety.distance(i))).toEqual([2, 2, 0].map((value) => expect.closeTo(value, 9)));
});

/** Candidates spread over a line, so that none is near another. */
function pool(domain: string, doubts: readonly (readonly number[])[], from = 0): JudgedCandidate[] {
  return doubts.map((own, i) => ({ domain, subject: `${domain}${i}`, doubts: own, feature: [from + i, (i * 7) % 5] }));
}

const labelledOf = (domain: string, count: number): LabelledImage[] =>
  Array.from({ length: count }, (_, i) => ({ domain, feature: [-20 - i, 0] }));

describe("chooseCombined", () => {
  it("gives domains images in proportion to how badly they are known, labels they have included", () => {
    const one = [0.8];
    const candidates = [
      ...pool("good", Array(30).fill([0.1])),
      ...pool("bad", Array(30).fill(one), 100),
      ...pool("worse", Array(30).fill(one), 200),
      ...pool("home", Array(30).fill(one), 300),
    ];
    const picks = chooseCombined(candidates, labelledOf("home", 40), 0, { count: 20, seed: 3 });
    const share = (name: string) => picks.filter(({ candidate }) => candidates[candidate].domain === name).length;
    expect(picks.length).toBe(20);
    for (const name of ["bad", "worse"]) expect(share(name)).toBeGreaterThanOrEqual(8);
    expect(share("home")).toBe(0);
  });

  it("asks for one part after the other, so that a part that is bad alone gets its images", () => {
    const candidates = pool("a", [...Array(20).fill([0.05, 0.05]), ...Array(5).fill([0.05, 0.9])]);
    const picks = chooseCombined(candidates, [], 0, { count: 8, seed: 0 });
    expect(picks.map(({ part }) => part)).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
    for (const { candidate } of picks.filter(({ part }) => part === 1)) expect(candidate).toBeGreaterThanOrEqual(20);
  });

  it("takes no copy of an image that is labelled or was chosen", () => {
    const [first, ...others] = pool("a", Array(6).fill([0.5]));
    const copies = [0, 1, 2].map((i) => ({ ...first, subject: `copy ${i}`, doubts: [1] }));
    const labelled = [{ domain: "b", feature: others[0].feature }];
    const candidates = [...copies, ...others];
    const picks = chooseCombined(candidates, labelled, 0, { count: 9, seed: 1 });
    expect(picks.filter(({ candidate }) => candidate < 3).length).toBe(1);
    expect(picks.map(({ candidate }) => candidate)).not.toContain(3);
  });

  it("noise decays as labels are added: the doubt decides more often", () => {
    const candidates = pool(
      "a",
      Array.from({ length: 40 }, (_, i) => [i < 20 ? 0.3 : 0.6]),
    );
    const doubtful = (further: number) =>
      [0, 1, 2, 3, 4, 5, 6, 7]
        .flatMap((seed) => chooseCombined(candidates, [], further, { count: 5, seed }))
        .filter(({ doubt }) => doubt > 0.5).length;
    expect(doubtful(50)).toBeGreaterThan(doubtful(0));
  });
});

it("no strategy takes two images of a subject or one twice; each is fixed by its seed", () => {
  const candidate = fc.record({
    domain: fc.constantFrom("a", "b"),
    subject: fc.constantFrom("p", "q", "r", "s", "t"),
    doubts: fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 2, maxLength: 2 }),
    feature: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
  });
  fc.assert(
    fc.property(
      fc.array(candidate, { maxLength: 20 }),
      fc.integer({ min: 1, max: 8 }),
      fc.nat(),
      (all, count, seed) => {
        const entropies = all.map(({ doubts }) => doubts[0]);
        const combined = () => chooseCombined(all, [], 0, { count, seed }).map(({ candidate: one }) => one);
        const random = () => chooseAtRandom(all, { count, seed });
        const uncertain = chooseByEntropy(all, entropies, count);
        const subjects = new Set(all.map(({ subject }) => subject)).size;
        for (const chosen of [combined(), random(), uncertain]) {
          expect(new Set(chosen.map((i) => all[i].subject)).size).toBe(chosen.length);
          expect(chosen.length).toBeLessThanOrEqual(count);
        }
        expect(random().length).toBe(Math.min(count, subjects));
        expect(uncertain.length).toBe(Math.min(count, subjects));
        expect(uncertain.map((i) => entropies[i])).toEqual(uncertain.map((i) => entropies[i]).sort((a, b) => b - a));
        expect(combined()).toEqual(combined());
        expect(random()).toEqual(random());
      },
    ),
    { numRuns: 100 },
  );
});
