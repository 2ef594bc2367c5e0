/** Confusion between parts on masks small enough to count by hand. */
import { describe, expect, it } from "vitest";
import { addConfusions, confusionOf, confusionShares } from "../../../src/analysis/errors/confusion.js";
import { UsageError } from "../../../src/core/errors.js";
import { ignoredLabel } from "../../../src/core/target-kind.js";

const colour = "#000000";
const softmax = {
  target: "softmax",
  classes: [
    { index: 0, name: "back", colour },
    { index: 1, name: "left", colour },
    { index: 2, name: "right", colour },
  ],
} as const;
const sigmoid = {
  target: "sigmoid",
  classes: [
    { index: 0, name: "cup", colour, inside: "disc" },
    { index: 1, name: "disc", colour },
  ],
} as const;

describe("confusionOf", () => {
  it("counts class numbers by reference and prediction", () => {
    const { classes, counts } = confusionOf(Uint8Array.of(0, 0, 1, 1, 2, 2), Uint8Array.of(0, 1, 1, 2, 2, 2), softmax);
    expect(classes).toEqual(["back", "left", "right"]);
    expect(counts).toEqual([
      [1, 1, 0],
      [0, 1, 1],
      [0, 0, 2],
    ]);
  });

  it("gives a pixel of nested classes to the innermost", () => {
    const reference = Uint8Array.of(...[1, 0, 0, 0], ...[1, 1, 1, 0]);
    const prediction = Uint8Array.of(...[1, 1, 0, 0], ...[1, 1, 0, 1]);
    const { classes, counts } = confusionOf(reference, prediction, sigmoid);
    expect(classes).toEqual(["background", "cup", "disc"]);
    expect(counts).toEqual([
      [0, 0, 1],
      [0, 1, 0],
      [1, 1, 0],
    ]);
  });

  it("leaves out pixels that the reference ignores", () => {
    const [none, all] = [ignoredLabel, 1];
    const softmaxOf = (reference: number[]) => confusionOf(Uint8Array.from(reference), Uint8Array.of(0, 1, 2), softmax);
    expect(softmaxOf([0, none, 1]).counts).toEqual([
      [1, 0, 0],
      [0, 0, 1],
      [0, 0, 0],
    ]);
    const reference = Uint8Array.of(...[none, 0, 1], ...[none, 1, 1]);
    expect(confusionOf(reference, Uint8Array.of(...[all, 0, 0], ...[all, 1, 1]), sigmoid).counts).toEqual([
      [0, 0, 0],
      [0, 0, 1],
      [0, 0, 1],
    ]);
  });

  it("refuses maps of two sizes", () => {
    expect(() => confusionOf(new Uint8Array(4), new Uint8Array(8), softmax)).toThrow(UsageError);
  });
});

describe("several cases", () => {
  const one = confusionOf(Uint8Array.of(0, 0, 1), Uint8Array.of(0, 1, 1), softmax);

  it("add up pixel by pixel", () => {
    const same = confusionOf(Uint8Array.of(0, 0, 0), Uint8Array.of(0, 0, 0), softmax);
    expect(addConfusions([one, same]).counts).toEqual([
      [4, 1, 0],
      [0, 1, 0],
      [0, 0, 0],
    ]);
  });

  it("become shares of the reference, without a share where there is none", () => {
    expect(confusionShares(one)).toEqual([
      [0.5, 0.5, 0],
      [0, 1, 0],
      [null, null, null],
    ]);
  });

  it("are refused when there are none or their classes differ", () => {
    expect(() => addConfusions([])).toThrow(UsageError);
    const other = confusionOf(new Uint8Array(4), new Uint8Array(4), sigmoid);
    expect(() => addConfusions([one, other])).toThrow(/classes/);
  });
});
