/** Class masks and index maps of exclusive and of overlapping, nested classes. */
import { describe, expect, it } from "vitest";
import { ignoredLabel } from "../../src/core/target-kind.js";
import type { DatasetClass } from "../../src/data/dataset.js";
import { classMask, ignoredCount, indexMap, indexValue, outermostFirst } from "../../src/inference/label-map.js";

const colour = "#ffffff";
const nested: DatasetClass[] = [
  { index: 0, name: "cup", inside: "disc", colour },
  { index: 1, name: "disc", inside: "eye", colour },
  { index: 2, name: "eye", colour },
  { index: 3, name: "vessel", colour },
];

describe("indexMap", () => {
  it("is the class number with exclusive classes", () => {
    const labels = Uint8Array.of(0, 2, 1, 0);
    const classes = ["background", "left", "right"].map((name, index) => ({ index, name, colour }));
    expect(indexMap(labels, { target: "softmax", classes })).toEqual(labels);
    expect(classes.map((one) => indexValue(one, "softmax"))).toEqual([0, 1, 2]);
    expect(classMask(labels, 2, "softmax", 4)).toEqual(Uint8Array.of(0, 1, 0, 0));
  });

  it("lets the innermost class win, then the later one", () => {
    const cup = [1, 0, 0, 0, 1, 0];
    const disc = [1, 1, 0, 0, 0, 0];
    const eye = [1, 1, 1, 0, 0, 1];
    const vessel = [0, 0, 0, 0, 0, 1];
    const labels = Uint8Array.from([cup, disc, eye, vessel].flat());
    expect(indexMap(labels, { target: "sigmoid", classes: nested })).toEqual(Uint8Array.of(1, 2, 3, 0, 1, 4));
    expect(nested.map((one) => indexValue(one, "sigmoid"))).toEqual([1, 2, 3, 4]);
    expect(classMask(labels, 1, "sigmoid", 6)).toEqual(Uint8Array.from(disc));
  });

  it("has no class where nobody labelled, and says so in an index map", () => {
    const classes = nested.slice(0, 2);
    const planes = Uint8Array.of(...[1, ignoredLabel, 0], ...[1, ignoredLabel, 1]);
    expect(classMask(planes, 0, "sigmoid", 3)).toEqual(Uint8Array.of(1, 0, 0));
    expect(classMask(planes, 1, "sigmoid", 3)).toEqual(Uint8Array.of(1, 0, 1));
    expect(indexMap(planes, { target: "sigmoid", classes })).toEqual(Uint8Array.of(1, ignoredLabel, 2));
    expect(classMask(Uint8Array.of(1, ignoredLabel, 0), 1, "softmax", 3)).toEqual(Uint8Array.of(1, 0, 0));
    expect(ignoredCount(planes)).toBe(2);
  });

  it("orders classes from the outermost in", () => {
    expect(outermostFirst(nested).map(({ name }) => name)).toEqual(["eye", "vessel", "disc", "cup"]);
  });
});
