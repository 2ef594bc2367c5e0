/** Signals of masks that are small enough to be counted by hand. */
import { describe, expect, it } from "vitest";
import { addShape, noShape, piecesOf } from "../../src/quality/mask-shape.js";
import { trueDice } from "../../src/quality/observation.js";
import { partReferences } from "../../src/quality/reference.js";
import { appliesTo, type SignalName, signalNames, signals } from "../../src/quality/signals/registry.js";
import { fitTemperature } from "../../src/quality/temperature.js";
import { drawn, observed } from "./observed.js";

const square = ["....", ".##.", ".##.", "...."];
const wide = ["....", ".###", ".###", "...."];
const corner = ["##..", "##..", "....", "...."];

/** Labelled images of two subjects with features 1 and 3, of a third with 2. */
const labelled = [
  { subject: "s", at: [1, 0], mask: square },
  { subject: "t", at: [3, 0], mask: square },
  { subject: "u", at: [2, 0], mask: wide },
].map(({ subject, at, mask }) => ({
  subject,
  seen: { parts: [observed({ mask, reference: mask })], feature: Float32Array.from(at) },
}));
const [reference] = partReferences(labelled);

function value(
  name: SignalName,
  given: Parameters<typeof observed>[0],
  feature = [2, 0],
  subject: string | null = null,
) {
  return signals[name].value({ part: observed(given), feature: Float32Array.from(feature), subject }, reference);
}

describe("a part that is many things", () => {
  const three = ["#..#", "....", ".#..", "...."];
  const two = ["#..#", "#..#", "....", "...."];
  const referenceOf = (masks: readonly (readonly string[])[]) =>
    partReferences(
      masks.map((mask, i) => ({
        subject: String(i),
        seen: { parts: [observed({ mask, reference: mask })], feature: Float32Array.from([i]) },
      })),
    )[0];

  it("has no signal that takes for granted how many of them an image holds, and how large they are", () => {
    const left = signalNames.filter((name) => !appliesTo(name, referenceOf([three, three, two])));
    expect(left).toEqual(["featureNearness", "shapeLikeness", "reverseClassification"]);
  });

  it.each([
    ["one thing", [square, wide, corner]],
    ["one on either side", [two, two, three]],
    ["nothing that a labelled image holds", [["....", "....", "....", "...."]]],
  ])("is not %s", (_, masks) => {
    expect(signalNames.every((name) => appliesTo(name, referenceOf(masks)))).toBe(true);
  });

  it("is counted by slices where volumes are seen so", () => {
    const sums = noShape();
    for (const mask of [square, two, ["....", "....", "....", "...."]]) addShape(sums, drawn(mask), [4, 4]);
    expect(piecesOf(sums)).toBe(1.5);
  });
});

describe("agreement", () => {
  it.each([
    ["mirrorAgreement", "mirror"],
    ["teacherAgreement", "teacher"],
    ["appearanceAgreement", "appearance"],
    ["runAgreement", "other"],
  ] as const)("%s is the mean Dice with those members", (name, kind) => {
    // 2 · 4 / (4 + 6) and 2 · 1 / (4 + 4).
    expect(value(name, { mask: square, members: { [kind]: [wide, corner] } })).toBeCloseTo((0.8 + 0.25) / 2, 12);
    expect(value(name, { mask: square })).toBeNaN();
  });
});

it("restyledDice is what the network makes of labelled images in the image's style", () => {
  expect(value("restyledDice", { mask: square, restyled: 0.3 })).toBe(0.3);
});

describe("softDice", () => {
  it("is the Dice that the probabilities expect at the part's temperature", () => {
    // Four pixels of 0.9 and twelve of 0.1, at a temperature of 1: 2 · 3.6 / (3.6 + 1.2 + 4).
    const seen = { part: observed({ mask: square }), feature: [2, 0], subject: null };
    expect(signals.softDice.value(seen, { ...reference, temperature: 1 })).toBeCloseTo(7.2 / 8.8, 2);
  });

  it("is calibrated: sure and right is cooled down, sure and half wrong warmed up", () => {
    const half = ["....", ".#..", ".#..", "...."];
    expect(fitTemperature([observed({ mask: square, reference: square })])).toBeCloseTo(0.25, 2);
    // Of pixels of 0.9 three quarters hold the part, of those of 0.1 one quarter: log(9) / T = log(3).
    const rows = ["####", "####", "####", "####"];
    const truth = ["###.", "###.", "...#", "...#"];
    const probabilities = [...truth.join("")].map((_, i) => (i < 8 ? 0.9 : 0.1));
    expect(fitTemperature([observed({ mask: rows, probabilities, reference: truth })])).toBeCloseTo(2, 1);
    expect(fitTemperature([observed({ mask: square, reference: half })])).toBeGreaterThan(0.25);
  });
});

describe("featureNearness", () => {
  it("falls with the distance to the nearest labelled image of another subject", () => {
    const [at, near, far] = [
      [3, 0],
      [3.2, 0],
      [9, 0],
    ].map((feature) => value("featureNearness", { mask: square }, feature));
    expect(at).toBeGreaterThan(near);
    expect(near).toBeGreaterThan(far);
    // From 3 the nearest other subject is at 2, as far as labelled images usually are from each other.
    expect(value("featureNearness", { mask: square }, [3, 0], "t")).toBeCloseTo(0, 2);
  });
});

describe("shapeLikeness", () => {
  it("falls with what is unlike the labelled masks: place, size, pieces", () => {
    const own = value("shapeLikeness", { mask: square });
    const scattered = ["#..#", "....", "....", "#..#"];
    const all = ["####", "####", "####", "####"];
    for (const mask of [corner, scattered, all]) expect(value("shapeLikeness", { mask })).toBeLessThan(own - 1);
  });
});

it("every signal is listed with what it is, its source and its cost", () => {
  expect(signalNames.length).toBeGreaterThan(6);
  for (const name of signalNames)
    for (const text of [signals[name].summary, signals[name].source, signals[name].cost]) expect(text).not.toBe("");
});

it("the true Dice is that of mask and reference, undefined without one or where both are empty", () => {
  const empty = ["....", "....", "....", "...."];
  expect(trueDice(observed({ mask: square, reference: wide }))).toBeCloseTo(0.8, 12);
  expect(trueDice(observed({ mask: square }))).toBeNaN();
  expect(trueDice(observed({ mask: empty, reference: empty }))).toBeNaN();
  expect(trueDice(observed({ mask: square, reference: empty }))).toBe(0);
});
