/** Labels of any domain beside those that are counted: they join the labelled cases and move no other one. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DataError, UsageError } from "../../src/core/errors.js";
import { type Case, loadDataset } from "../../src/data/dataset.js";
import { type FurtherLabels, splitProtocol } from "../../src/data/protocol.js";
import { splitText } from "../../src/data/split-text.js";
import { temporaryFolder } from "./files.js";
import { putDataset } from "./tiny.js";

const base = temporaryFolder();
const dataset = loadDataset(putDataset(join(base, "data")));
const bySubject = loadDataset(putDataset(join(base, "subjects"), { subject: { pattern: "^(.)", within: "dataset" } }));

const names = (cases: readonly Case[]) => cases.map(({ domain, id }) => domain + id);
const split = (further?: FurtherLabels, count: number | "all" = 3, validationCount = 2, set = dataset) =>
  splitProtocol(set, { labelledDomain: "a", labelledCount: count, validationCount, further });

describe("splitProtocol with further labels", () => {
  it("adds cases of any domain in its own order, whatever order they are named in, and moves no other case", () => {
    const plain = split();
    const { labelled, unlabelled, validation } = split({ b: ["3", "1"], a: ["6"] });
    expect(names(labelled)).toEqual(["a0", "a1", "a2", "a6", "b1", "b3"]);
    expect(validation).toEqual(plain.validation);
    expect(names(unlabelled)).toEqual(["a5", "b0", "b2"]);
    expect(splitText(split({ b: ["3", "1"] }))).toBe("3 labelled cases of a, 2 of b, 4 unlabelled, 2 for validation");
  });

  it("passes over them where cases are counted", () => {
    const { labelled, validation } = split({ a: ["1", "3"] });
    expect(names(labelled)).toEqual(["a0", "a2", "a4", "a1", "a3"]);
    expect(names(validation)).toEqual(["a5", "a6"]);
    expect(names(split({ a: ["1"] }, "all").labelled)).toEqual(["a0", "a2", "a3", "a4", "a1"]);
  });

  it("takes all masks of a domain", () => {
    expect(names(split({ b: "all" }).labelled)).toEqual(["a0", "a1", "a2", "b0", "b1", "b2", "b3"]);
  });

  it("validates on no subject that is labelled in another domain", () => {
    const { labelled, validation } = split({ b: ["3"] }, 3, 2, bySubject);
    expect(names(labelled)).toEqual(["a0", "a1", "a2", "b3"]);
    expect(names(validation)).toEqual(["a4", "a5"]);
  });

  it.each([
    [{ b: ["9"] }, DataError, /labelled\.further names 9 of domain b, which is no training case of it; correct the id/],
    [{ c: ["1"] }, UsageError, /has no domain "c"/],
    [{ a: "all" as const }, UsageError, /all of a, which is the labelled domain; take labelled\.count: all/],
    ["added" as const, DataError, /no mask of a training case was added; do so with `dimseg data add-masks`/],
    [{ a: ["0", "1", "2", "3"] }, DataError, /3 labelled and 2 validation .* has 3 training cases with a mask beside/],
  ])("refuses %j", (further, kind, sentence) => {
    expect(() => split(further as FurtherLabels)).toThrow(kind);
    expect(() => split(further as FurtherLabels)).toThrow(sentence);
  });
});
