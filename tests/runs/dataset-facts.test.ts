/** What a run keeps of its data set is read as it was written, or refused by name. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { DataError } from "../../src/core/errors.js";
import { loadDataset } from "../../src/data/dataset.js";
import { formatDatasetFacts, readDatasetFacts } from "../../src/runs/dataset-facts.js";
import { temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";
import { errorOf } from "../support/tensors.js";

const folder = temporaryFolder();
const path = join(folder, "dataset.json");
const { domains: _, ...facts } = loadDataset(putDataset(folder));
const write = (content: unknown) => writeFileSync(path, JSON.stringify(content));

it("gives back what was written, without the cases", () => {
  writeFileSync(path, formatDatasetFacts({ ...facts, domains: [] }, "narrow"));
  expect(readDatasetFacts(path)).toEqual(JSON.parse(JSON.stringify({ ...facts, depths: "narrow", domains: [] })));
});

it("keeps a stretched square as its side, and other sizes with their mode", () => {
  expect(JSON.parse(formatDatasetFacts({ ...facts, domains: [] }, "narrow")).size).toBe(32);
  const size = { height: 32, width: 48, mode: "pad" } as const;
  writeFileSync(path, formatDatasetFacts({ ...facts, size, domains: [] }, "narrow"));
  expect(readDatasetFacts(path).size).toEqual(size);
});

it.each([
  ["null", null, ""],
  ["an empty object", {}, " at path"],
  ["no parts", { ...facts, parts: undefined }, " at parts"],
  ["a part without a name", { ...facts, parts: [{ index: 0, colour: "#ff0000" }] }, " at parts.0.name"],
  ["no channels", { ...facts, channels: 0 }, " at channels"],
  ["a size of nothing", { ...facts, size: 0 }, " at size"],
  ["more outputs than classes", { ...facts, outputs: facts.outputs + 1 }, ""],
  ["a spacing of nothing", { ...facts, spacing: [0, 1] }, " at spacing.0"],
])("refuses %s", (_, content, place) => {
  write(content);
  const error = errorOf(() => readDatasetFacts(path));
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toBe(`${path} was changed or damaged${place}; restore the file from a copy of the run`);
});
