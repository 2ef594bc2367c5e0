/** Which checkpoint is chosen by what unlabelled images say of each. */
import { expect, it } from "vitest";
import { RandomStream } from "../../src/core/random.js";
import { agreements, chooseCandidate } from "../../src/quality/checkpoint-choice.js";
import { drawn } from "./observed.js";

/** Ten images of each of two domains; of each candidate about so much agreement there. */
function images(scores: readonly (readonly [number, number])[], noise = 0.02) {
  const stream = new RandomStream(1, "images");
  return ["a", "b"].flatMap((domain, d) =>
    Array.from({ length: 10 }, () => ({ domain, agreement: scores.map((own) => own[d] + stream.normal(0, noise)) })),
  );
}

it("the better one, by the mean over domains", () => {
  const [fair, better, last] = [
    [0.9, 0.3],
    [0.8, 0.7],
    [0.95, 0.4],
  ] as const;
  const { chosen, scores } = chooseCandidate(images([fair, better, last]), 3);
  expect(chosen).toBe(1);
  expect(scores[1].score).toBeCloseTo(0.75, 1);
  expect(scores[1].domains.b).toBeCloseTo(0.7, 1);
  // A domain counts once, however many images it has.
  const many = [
    ...images([fair, better, last]),
    ...Array.from({ length: 90 }, () => ({ domain: "a", agreement: [0.9, 0.8, 0.95] })),
  ];
  expect(chooseCandidate(many, 3).chosen).toBe(1);
});

it("the last one where another is better by chance alone, or nothing can be told", () => {
  expect(
    chooseCandidate(
      images(
        [
          [0.7, 0.701],
          [0.7, 0.7],
        ],
        0.3,
      ),
      2,
    ).chosen,
  ).toBe(1);
  expect(chooseCandidate([{ domain: "a", agreement: [0.9, 0.1] }], 2).chosen).toBe(1);
  const nothing = { domain: "a", agreement: [Number.NaN, Number.NaN] };
  expect(chooseCandidate([nothing, nothing], 2)).toEqual({
    chosen: 1,
    scores: [
      { score: 0, domains: {} },
      { score: 0, domains: {} },
    ],
  });
});

it("agreement is the mean Dice with the masks of the others over parts; where both are empty it says nothing", () => {
  const [all, half, none] = [
    ["##", "##"],
    ["##", ".."],
    ["..", ".."],
  ].map(drawn);
  expect(agreements([[all], [all], [half]])).toEqual([(1 + 2 / 3) / 2, (1 + 2 / 3) / 2, 2 / 3]);
  expect(
    agreements([
      [all, none],
      [half, none],
    ]),
  ).toEqual([2 / 3, 2 / 3]);
  expect(agreements([[none], [none], [all]])).toEqual([0, 0, 0]);
  expect(agreements([[none], [none]])).toEqual([Number.NaN, Number.NaN]);
});
