/** The record of a run's training cases: it survives a round trip, and a run goes on only with the cases it names. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { TrainingConfig } from "../../src/config/config.js";
import { DataError } from "../../src/core/errors.js";
import { sha256 } from "../../src/core/sha256.js";
import { caseName, loadDataset } from "../../src/data/dataset.js";
import { type ProtocolSplit, splitProtocol } from "../../src/data/protocol.js";
import { checkDatasetFacts, formatDatasetFacts } from "../../src/runs/dataset-facts.js";
import { type ContentsByCase, checkContents, checkSplit, formatSplit, readSplit } from "../../src/runs/split-record.js";
import { png, put, temporaryFolder } from "../data/files.js";
import { nestedClasses, putDataset } from "../data/tiny.js";

const base = temporaryFolder();
const options = { labelledDomain: "a", labelledCount: 4, validationCount: 2 };
const labelled = { domain: "a", count: 4, validation: 2 };
let count = 0;

/** Hashes of everything that a split names. */
function filesOf({ labelled, validation, unlabelled }: ProtocolSplit): ContentsByCase {
  const hash = (path: string) => sha256(readFileSync(path));
  return new Map(
    [...labelled, ...validation, ...unlabelled].map((one) => [
      caseName(one),
      { image: hash(one.imagePath), ...(one.maskPath ? { mask: hash(one.maskPath) } : {}) },
    ]),
  );
}

/** A data set of its own with the record of its split beside it. */
function fresh() {
  const folder = join(base, `${count++}`);
  const dataset = putDataset(join(folder, "data"));
  const split = () => splitProtocol(loadDataset(dataset), options);
  const record = put(join(folder, "split.json"), formatSplit(split(), filesOf(split())));
  return { data: join(folder, "data"), dataset, split, record, config: { dataset, labelled } as TrainingConfig };
}

describe("readSplit", () => {
  it("gives back the cases of each use in their order", () => {
    const { record, config, data } = fresh();
    rmSync(data, { recursive: true });
    expect(readSplit(record, config)).toEqual({
      labelled: ["a/train/0", "a/train/1", "a/train/2", "a/train/3"],
      validation: ["a/train/4", "a/train/5"],
      unlabelled: ["a/train/6", "b/train/0", "b/train/1", "b/train/2", "b/train/3"],
    });
  });

  it("asks the data set where a run keeps no record", () => {
    const { record, config } = fresh();
    const kept = readSplit(record, config);
    rmSync(record);
    expect(readSplit(record, config)).toEqual(kept);
  });

  it.each([
    ["no JSON", "{"],
    ["another content", '{"labelled": []}'],
  ])("refuses %s by name", (_, text) => {
    const { record, config } = fresh();
    writeFileSync(record, text);
    expect(() => readSplit(record, config)).toThrow(DataError);
    expect(() => readSplit(record, config)).toThrow(/split\.json is damaged; delete it/);
  });
});

describe("checkSplit", () => {
  const image = png(32, 32, Array(1024).fill(9));

  it("lets the same cases through, also after the folder moved", () => {
    const { record, split, dataset } = fresh();
    const moved = fresh();
    expect(() => checkSplit(record, split(), dataset)).not.toThrow();
    expect(() => checkSplit(record, moved.split(), moved.dataset)).not.toThrow();
  });

  it("lets any cases through where there is no record", () => {
    const { record, split, dataset, data } = fresh();
    put(join(data, "b/train/images/9.png"), image);
    expect(() => checkSplit(record, split(), dataset)).toThrow(DataError);
    expect(() => checkSplit(`${record}.missing`, split(), dataset)).not.toThrow();
  });

  it.each<[string, (data: string) => unknown, RegExp]>([
    ["added", (data) => put(join(data, "b/train/images/9.png"), image), /: 1 added \(b\/train\/9\); make the data set/],
    [
      "removed",
      (data) => ["0", "2"].forEach((id) => void rmSync(join(data, `b/train/images/${id}.png`))),
      /: 2 removed \(b\/train\/0 and others\); make the data set as it was, or begin a new run/,
    ],
    [
      "used otherwise, because a mask went",
      (data) => rmSync(join(data, "a/train/masks/0.png")),
      /: 3 used otherwise \(a\/train\/4: validation became labelled and others\)/,
    ],
  ])("refuses when cases were %s", (_, change, sentence) => {
    const { record, split, dataset, data } = fresh();
    change(data);
    expect(() => checkSplit(record, split(), dataset)).toThrow(DataError);
    expect(() => checkSplit(record, split(), dataset)).toThrow(sentence);
  });

  it("refuses another order of the same cases", () => {
    const { record, split, dataset } = fresh();
    const { unlabelled, ...rest } = split();
    const turned = { ...rest, unlabelled: [...unlabelled].reverse() };
    expect(() => checkSplit(record, turned, dataset)).toThrow(/they stand in another order/);
  });
});

describe("checkContents", () => {
  const other = png(32, 32, Array(1024).fill(9));

  it("lets the same files through, and says when there is nothing to compare with", () => {
    const { record, split, dataset } = fresh();
    const moved = fresh();
    const notes: string[] = [];
    checkContents(record, filesOf(moved.split()), moved.dataset, (note) => notes.push(note));
    expect(notes).toEqual([]);
    const { labelled, validation, unlabelled } = JSON.parse(readFileSync(record, "utf8"));
    put(record, JSON.stringify({ labelled, validation, unlabelled }));
    checkContents(record, filesOf(split()), dataset, (note) => notes.push(note));
    expect(notes).toEqual([
      `${record} keeps no hashes of the run's images and masks: whether they were changed cannot be told`,
    ]);
    checkSplit(record, split(), dataset);
  });

  it.each<[string, (data: string) => unknown, RegExp]>([
    ["image", (data) => put(join(data, "b/train/images/3.png"), other), /: 1 image changed \(b\/train\/3\); make/],
    [
      "masks",
      (data) => ["0", "1"].forEach((id) => void put(join(data, `a/train/masks/${id}.png`), other)),
      /: 2 mask changed \(a\/train\/0 and others\); make the data set as it was, or begin a new run/,
    ],
    ["mask that went", (data) => rmSync(join(data, "b/train/masks/3.png")), /: 1 mask changed \(b\/train\/3\)/],
  ])("refuses another %s under the old name", (_, change, sentence) => {
    const { record, split, dataset, data } = fresh();
    change(data);
    checkSplit(record, split(), dataset);
    const check = () => checkContents(record, filesOf(split()), dataset, () => {});
    expect(check).toThrow(DataError);
    expect(check).toThrow(sentence);
  });
});

describe("checkDatasetFacts", () => {
  it("lets colours and places change, and names the keys whose change would be learnt", () => {
    const { dataset, data } = fresh();
    const facts = put(join(data, "../dataset.json"), formatDatasetFacts(loadDataset(dataset), "narrow"));
    const [cup, disc] = nestedClasses.classes;
    const others = putDataset(join(data, "../others"), { classes: [{ ...cup, colour: "#0000ff" }, disc] });
    checkDatasetFacts(facts, loadDataset(others), false);
    checkDatasetFacts(`${facts}.missing`, loadDataset(others), false);
    const renamed = putDataset(join(data, "../renamed"), {
      resize: { size: 32, filter: "lanczos" },
      labels: { kind: "values", map: { 0: "background", 1: "disc", 3: "cup" } },
    });
    expect(() => checkDatasetFacts(facts, loadDataset(renamed), false)).toThrow(
      /renamed\/dataset\.yaml: filter, labels differ from what the run began with; .*dataset\.json says how/,
    );
  });
});
