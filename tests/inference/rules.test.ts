/** Rules after inference on label maps small enough to read. */
import { describe, expect, it } from "vitest";
import { DataError, UsageError } from "../../src/core/errors.js";
import type { Dataset, DatasetClass } from "../../src/data/dataset.js";
import { makeGrid } from "../../src/grid/grid.js";
import { applyRules, checkRules, type MaskRules } from "../../src/inference/rules.js";
import { rulesText } from "../../src/judging/rules-text.js";

const named = (name: string, index: number): DatasetClass => ({ name, index, colour: "#ff0000" });
const softmax = { target: "softmax", parts: [named("organ", 1), named("tumour", 2)] } as const;

/** Rows of digits. */
const map = (...rows: string[]) => Uint8Array.from(rows.join(""), Number);
const rowsOf = (labels: Uint8Array, width: number) => labels.join("").match(new RegExp(`.{${width}}`, "g"));

function ruled(rows: readonly string[], rules: MaskRules, set: Pick<Dataset, "target" | "parts"> = softmax) {
  const grid = makeGrid("test", [rows.length / (set.target === "sigmoid" ? 2 : 1), rows[0].length]);
  return rowsOf(applyRules(map(...rows), { grid }, set, rules, "image"), rows[0].length);
}

describe("rules on exclusive classes", () => {
  const rows = ["1110000", "1021011", "1110010", "0000020", "2200000"];

  it("keep the largest part of the named class alone; what goes is background", () => {
    expect(ruled(rows, { keepLargest: ["organ"] })).toEqual(["1110000", "1021000", "1110000", "0000020", "2200000"]);
    expect(ruled(rows, { keepLargest: "all" })).toEqual(["1110000", "1001000", "1110000", "0000000", "2200000"]);
  });

  it("fill a hole with the class around it, but for what is of another class", () => {
    expect(ruled(rows, { fillHoles: ["organ"] })).toEqual(["1110000", "1121011", "1110010", "0000020", "2200000"]);
  });

  it("count pixels, by class too, and with corners or without", () => {
    expect(ruled(rows, { minVolume: 2 })).toEqual(["1110000", "1001011", "1110010", "0000000", "2200000"]);
    expect(ruled(rows, { minVolume: { organ: 4 } })).toEqual(["1110000", "1021000", "1110000", "0000020", "2200000"]);
    const corner = ["1100", "0010", "0000"];
    expect(ruled(corner, { keepLargest: "all" })).toEqual(corner);
    expect(ruled(corner, { keepLargest: "all", connectivity: 4 })).toEqual(["1100", "0000", "0000"]);
  });

  it("come in their order, whatever the order they are given in: what goes leaves a hole that is filled", () => {
    expect(
      ruled(["11111", "10001", "10201", "10001", "11111", "00000", "22000"], {
        fillHoles: ["organ"],
        keepLargest: ["tumour"],
      }),
    ).toEqual(["11111", "11111", "11111", "11111", "11111", "00000", "22000"]);
  });

  it("leave the labels that they were given", () => {
    const labels = map("10", "01", "00", "10");
    const grid = makeGrid("test", [4, 2]);
    applyRules(labels, { grid }, softmax, { keepLargest: "all" }, "image");
    expect([...labels]).toEqual([1, 0, 0, 1, 0, 0, 1, 0]);
  });
});

it("each of overlapping classes is a mask of its own", () => {
  const overlapping = { target: "sigmoid", parts: [named("cup", 0), named("disc", 1)] } as const;
  const rows = ["1000", "0011", "0000", "1111", "1011", "1110"];
  expect(ruled(rows, { keepLargest: ["cup"], fillHoles: ["disc"], connectivity: 4 }, overlapping)).toEqual([
    ...["0000", "0011", "0000"],
    ...["1111", "1111", "1110"],
  ]);
});

describe("sizes", () => {
  const labels = map("1101", "0001");

  it("are pixels of the stored picture, whatever the network's size", () => {
    const grid = makeGrid("test", [2, 4]);
    const least = (minVolume: number) => [...applyRules(labels, { grid, pixels: 4 }, softmax, { minVolume }, "image")];
    expect(least(8)).toEqual([...labels]);
    expect(least(8.1)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("are mm3 of a volume, a part of exactly the least stays, and without a spacing nobody knows", () => {
    const grid = makeGrid("test", [1, 2, 4], [3, 0.7, 0.1]);
    const least = (minVolume: number) => [...applyRules(labels, { grid }, softmax, { minVolume }, "v")];
    expect(least(0.42)).toEqual([...labels]);
    expect(least(0.43)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    const unknown = makeGrid("test", [1, 2, 4]);
    expect(() => applyRules(labels, { grid: unknown }, softmax, { minVolume: 1 }, "v.nii")).toThrow(
      new DataError(
        "v.nii: nothing says its spacing, so parts cannot be measured in mm3; leave out minVolume, or give it as a file that says",
      ),
    );
  });
});

it("a class that is not there, or neighbours of another kind of images, are refused by name", () => {
  const slices = { plane: "axial", intensity: { percentiles: [0, 100] }, emptySlices: "keep" } as const;
  const check =
    (rules: MaskRules, volumes = false) =>
    () =>
      checkRules(rules, { parts: softmax.parts, ...(volumes ? { slices } : {}) }, "config.yaml: rules");
  expect(check({ keepLargest: ["orgam"] })).toThrow(
    new UsageError(
      'config.yaml: rules: "orgam" is no class of the run; did you mean organ? the classes are organ, tumour, or all',
    ),
  );
  expect(check({ minVolume: { liver: 3 } })).toThrow('"liver" is no class of the run');
  expect(check({ fillHoles: "all", connectivity: 26 })).toThrow("connectivity is 26; pictures have 4, 8 neighbours");
  expect(check({ fillHoles: "all", connectivity: 8 }, true)).toThrow("volumes have 6, 18, 26 neighbours");
  expect(check({ fillHoles: ["organ"], minVolume: 4, connectivity: 18 }, true)).not.toThrow();
});

it("are told in the order in which they come", () => {
  expect(
    rulesText({ fillHoles: "all", connectivity: 6, keepLargest: ["organ"], minVolume: { tumour: 5 } }, "mm3"),
  ).toBe(
    "only the largest part of organ kept, parts of tumour under 5 mm3 removed, holes of every class filled (6 neighbours)",
  );
});
