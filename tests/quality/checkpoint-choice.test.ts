/** Which checkpoint is chosen by what each says of labelled images in the looks of unlabelled ones. */
import { expect, it } from "vitest";
import { chooseCandidate } from "../../src/quality/checkpoint-choice.js";

const looks = (domain: string, ...dice: number[][]) => dice.map((own) => ({ domain, dice: own }));

it("the best one over the labelled images as they are and the looks of every domain, each counting once", () => {
  const labelled = [
    [0.9, 0.9],
    [0.7, 0.9],
  ];
  const shown = [...looks("a", [0.8, 0.7]), ...looks("b", [0.6, 0.2], [0.8, 0.4])];
  const { chosen, scores } = chooseCandidate(labelled, shown);
  expect(chosen).toBe(0);
  expect(scores[0].labelled).toBeCloseTo(0.8);
  expect(scores[0].domains.b).toBeCloseTo(0.7);
  expect(scores.map(({ score }) => score)).toEqual([
    expect.closeTo((0.8 + 0.8 + 0.7) / 3),
    expect.closeTo((0.9 + 0.7 + 0.3) / 3),
  ]);
  // However many images a domain has.
  const many = [...shown, ...Array.from({ length: 90 }, () => ({ domain: "a", dice: [0.8, 0.7] }))];
  expect(chooseCandidate(labelled, many).chosen).toBe(0);
});

it("the latest of equal ones; a look that holds no part says nothing, and who finds nothing has 0", () => {
  expect(chooseCandidate([[0.5, 0.5, 0.4]], looks("a", [0.5, 0.5, 0.4])).chosen).toBe(1);
  const empty = looks("a", [Number.NaN, Number.NaN], [0.2, 0.3]);
  expect(chooseCandidate([[0.5, 0.5]], empty).scores[0].domains).toEqual({ a: 0.2 });
  const { chosen, scores } = chooseCandidate([[Number.NaN, Number.NaN]], looks("a", [Number.NaN, Number.NaN]));
  expect([chosen, scores[1]]).toEqual([1, { score: 0, labelled: 0, domains: { a: 0 } }]);
});
