/** Images of other sample types, and files that say their own spacing. */
import { describe, expect, it } from "vitest";
import { type ImageRule, prepareImage } from "../../src/data/images/prepare-image.js";
import { createLabelDecoder } from "../../src/data/masks/labels.js";
import { makeGrid } from "../../src/grid/grid.js";
import { stored } from "./stored.js";

const rule: ImageRule = { path: "/set/dataset.yaml", channels: 1, filter: "bilinear" };
const classes = [
  { index: 0, name: "background", colour: "#000000" },
  { index: 1, name: "bone", colour: "#ff0000" },
];

describe("prepareImage", () => {
  it("maps a window of negative or fractional values to bytes", () => {
    const window = { ...rule, intensity: { low: -1000, high: 1000 } };
    const hounsfield = stored(2, 2, Int16Array.from([-1024, -1000, 0, 3000]));
    expect([...prepareImage(hounsfield, window, 2, "ct").image]).toEqual([0, 0, 128, 255]);
    const fractions = stored(2, 2, Float32Array.from([-0.5, 0, 0.25, 1]));
    const unit = { ...rule, intensity: { low: 0, high: 1 } };
    expect([...prepareImage(fractions, unit, 2, "map").image]).toEqual([0, 0, 64, 255]);
    expect(() => prepareImage(hounsfield, rule, 2, "ct")).toThrow(
      "ct: has samples of type int16; add intensity: {low, high} to /set/dataset.yaml",
    );
  });

  it("repeats grey after resizing, with the same values in every plane", () => {
    const grey = stored(
      3,
      5,
      Uint8Array.from({ length: 15 }, (_, i) => (37 * i) % 256),
    );
    const one = prepareImage(grey, rule, 4, "x");
    const three = prepareImage(grey, { ...rule, channels: 3 }, 4, "x");
    expect([...three.image]).toEqual([...one.image, ...one.image, ...one.image]);
  });

  it("keeps shapes with black beside them, or with the middle alone", () => {
    const grey = stored(2, 4, Uint8Array.of(10, 20, 30, 40, 50, 60, 70, 80));
    const padded = prepareImage(grey, rule, { height: 4, width: 4, mode: "pad" }, "x");
    expect([...padded.image]).toEqual([0, 0, 0, 0, 10, 20, 30, 40, 50, 60, 70, 80, 0, 0, 0, 0]);
    const cropped = prepareImage(grey, { ...rule, spacing: [1, 1] }, { height: 2, width: 2, mode: "crop" }, "x");
    expect([...cropped.image]).toEqual([20, 30, 60, 70]);
    expect(cropped.working).toEqual(makeGrid("x", [2, 2], [1, 1]));
    expect([padded.mode, cropped.mode]).toEqual(["pad", "crop"]);
  });

  it("takes the file's own spacing, and refuses one that contradicts the data set's", () => {
    const grid = makeGrid("scan", [4, 2], [0.7, 0.7]);
    const scan = { ...stored(4, 2, new Uint8Array(8)), grid };
    expect(prepareImage(scan, rule, 2, "scan").working.spacing).toEqual([1.4, 0.7]);
    expect(prepareImage(scan, { ...rule, spacing: [0.7001, 0.7] }, 2, "scan").stored).toEqual(grid);
    expect(() => prepareImage(scan, { ...rule, spacing: [0.5, 0.5] }, 2, "scan")).toThrow(
      "scan: says that its spacing is 0.7 x 0.7 mm, but /set/dataset.yaml says 0.5 x 0.5; remove spacing there",
    );
  });
});

describe("labels of other sample types", () => {
  const source = { target: "softmax", classes } as const;

  it("names values that no whole number from 0 is", () => {
    const decoder = createLabelDecoder({ ...source, labels: { kind: "values", map: { 0: "background", 1: "bone" } } });
    expect([...decoder.decode(stored(1, 3, Float32Array.from([1, 0, 1])), "m")]).toEqual([1, 0, 1]);
    for (const wrong of [-1, 0.5, 70000])
      expect(() => decoder.decode(stored(1, 2, Float32Array.from([0, wrong])), "m")).toThrow(
        `m: unknown label value ${wrong} (known: 0, 1) at row 0, column 1`,
      );
  });

  it("asks in which range values lie, below 0 and above 65535 too", () => {
    const labels = { kind: "thresholds", classes: { bone: { atLeast: 300 } } } as const;
    const ct = stored(1, 4, Int32Array.from([-1000, 299, 300, 100000]));
    expect([...createLabelDecoder({ ...source, labels }).decode(ct, "m")]).toEqual([0, 0, 1, 1]);
    const dark = { kind: "thresholds", classes: { bone: { atMost: 0 } } } as const;
    expect([...createLabelDecoder({ ...source, labels: dark }).decode(ct, "m")]).toEqual([1, 0, 0, 0]);
  });
});
