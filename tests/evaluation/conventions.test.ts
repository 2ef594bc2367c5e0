import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import { type ConventionName, conventionNames, conventions } from "../../src/evaluation/conventions.js";
import { evaluateMask } from "../../src/evaluation/evaluate-mask.js";
import { fill } from "./masks.js";

const shape = [6, 9];
const none = new Uint8Array(54);
const full = fill(shape, () => true);
const pixel = fill(shape, (y, x) => y === 4 && x === 2);
const edge = fill(shape, (_y, x) => x === 0);

function evaluate(prediction: Uint8Array, reference: Uint8Array, convention: ConventionName) {
  return evaluateMask(prediction, reference, { shape, convention, surfaceDiceTolerances: [1] });
}

/** Dice, Jaccard, every distance, surface Dice. */
type Row = [number, number, number, number];

const table: Record<ConventionName, { prediction: Row; reference: Row; both: Row }> = {
  medpy: { prediction: [0, 0, NaN, NaN], reference: [0, 0, NaN, NaN], both: [1, 1, NaN, NaN] },
  monai: { prediction: [0, 0, Infinity, 0], reference: [NaN, NaN, Infinity, 0], both: [NaN, NaN, NaN, NaN] },
  "monai-count-empty": { prediction: [0, 0, Infinity, 0], reference: [0, 0, Infinity, 0], both: [1, 1, NaN, NaN] },
  midss: { prediction: [0, 0, 100, 0], reference: [0, 0, 100, 0], both: [1, 1, 0, 1] },
};

describe.each(conventionNames)("%s", (name) => {
  it.each([
    ["prediction", none, full],
    ["prediction", none, pixel],
    ["prediction", none, edge],
    ["reference", full, none],
    ["reference", pixel, none],
    ["reference", edge, none],
    ["both", none, none],
  ] as const)("has its own values when %s is empty", (empty, prediction, reference) => {
    const metrics = evaluate(prediction, reference, name);
    const [dice, jaccard, distance, nsd] = table[name][empty];
    expect(metrics).toMatchObject({ dice, jaccard, nsd: [nsd], empty });
    for (const key of ["hd", "hd95", "asd", "asdFromReference", "assd"] as const) expect(metrics[key]).toBe(distance);
  });

  it.each([
    ["full", full],
    ["one pixel", pixel],
    ["border", edge],
  ])("is perfect for %s against itself", (_, mask) => {
    expect(evaluate(mask, mask, name)).toMatchObject({ dice: 1, hd: 0, hd95: 0, asd: 0, nsd: [1], empty: "none" });
  });

  it("measures full, one-pixel and border masks against each other", () => {
    expect(evaluate(full, pixel, name)).toMatchObject({ jaccard: 1 / 54, asdFromReference: 1, empty: "none" });
    expect(evaluate(pixel, edge, name)).toMatchObject({ dice: 0, asd: 2, hd: Math.sqrt(20) });
  });

  it("describes itself", () => {
    expect(conventions[name].description).toMatch(/empty/);
  });
});

it("takes HD95 of both directions together, or the larger one for MONAI", () => {
  const prediction = fill(shape, (y, x) => y === 0 && x < 8);
  const reference = fill(shape, (y, x) => y === 0 && x === 0);
  expect(evaluate(prediction, reference, "medpy").hd95).toBeCloseTo(6.6, 12);
  expect(evaluate(prediction, reference, "midss").hd95).toBeCloseTo(6.6, 12);
  expect(evaluate(prediction, reference, "monai").hd95).toBeCloseTo(6.65, 12);
});

it.each([
  [{ shape: [54] }, /shape has 1 axes; expected \[H, W\] or \[D, H, W\]/],
  [{ shape: [6, 0] }, /shape is \[6,0\]; expected positive integers/],
  [{ shape: [6, 8] }, /prediction has 54 values but shape \[6, 8\] has 48/],
  [{ spacing: [1, 1, 1] }, /spacing has 3 values but shape \[6,9\] has 2 axes/],
  [{ spacing: [1, 0] }, /spacing is \[1,0\]; expected positive finite numbers/],
  [{ spacing: [1, NaN] }, /spacing is \[1,NaN\]/],
  [{ convention: "medpi" as ConventionName }, /convention is "medpi"; expected one of medpy, monai/],
  [{ surfaceDiceTolerances: [1, -2] }, /tolerance is -2; expected a number of at least 0/],
])("refuses %o", (wrong, message) => {
  const options = { shape, convention: "midss" as const, ...wrong };
  expect(() => evaluateMask(pixel, full, options)).toThrow(UsageError);
  expect(() => evaluateMask(pixel, full, options)).toThrow(message);
});

it("names the reference when it is the one of another size", () => {
  expect(() => evaluate(pixel, new Uint8Array(53), "midss")).toThrow(/reference has 53 values/);
});
