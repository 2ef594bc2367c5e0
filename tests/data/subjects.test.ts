/** Which subject a case is of, by every kind of rule, and one sentence for every mistake in one. */
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError, UsageError } from "../../src/core/errors.js";
import type { Case } from "../../src/data/case-files.js";
import { allCases, loadDataset } from "../../src/data/dataset.js";
import { splitProtocol } from "../../src/data/protocol.js";
import { splitText } from "../../src/data/split-text.js";
import { subjectPatternFault } from "../../src/data/subject-pattern.js";
import { png, put, putDatasetYaml, temporaryFolder } from "./files.js";

const base = temporaryFolder();
let count = 0;
const pixel = png(1, 1, [0]);

type Ids = Record<string, Partial<Record<"train" | "test", readonly string[]>>>;

/** Writes images `DOMAIN/SPLIT/ID.png`, with masks unless the id ends with `-`, and a dataset.yaml. */
function setOf(ids: Ids, changes: Record<string, unknown> = {}, ofDomain: Record<string, object> = {}): string {
  const folder = join(base, `set${count++}`);
  const domains = Object.entries(ids).map(([name, splits]) => {
    const sources = Object.entries(splits).map(([split, names]) => {
      put(join(folder, name, `${split}-masks`, ".keep"), "");
      for (const id of names) {
        put(join(folder, name, split, `${id}.png`), pixel);
        if (!id.endsWith("-")) put(join(folder, name, `${split}-masks`, `${id}.png`), pixel);
      }
      return [split, { images: `${name}/${split}/{id}.png`, masks: `${name}/${split}-masks/{id}.png`, ids: names }];
    });
    return { name, ...Object.fromEntries(sources), ...ofDomain[name] };
  });
  return putDatasetYaml(folder, { domains, ...changes });
}

const load = (...options: Parameters<typeof setOf>) => loadDataset(setOf(...options));
const subjects = (...options: Parameters<typeof setOf>) => allCases(load(...options)).map((one) => one.subject);

describe("subject in dataset.yaml", () => {
  const ids: Ids = { a: { train: ["p1_1", "p1_2"], test: ["p1_3", "p2"] }, b: { train: ["p1_1"] } };

  it("makes every case a subject of its own where nothing is said", () => {
    const names = subjects({ a: { train: ["1", "2"], test: ["1"] }, b: { train: ["1"] } });
    expect(names).toEqual(["a/train/1", "a/train/2", "a/test/1", "b/train/1"]);
  });

  it("before: takes the id up to the first such text, all of it without one, within the domain", () => {
    expect(subjects(ids, { subject: { before: "_" } })).toEqual(["a/p1", "a/p1", "a/p1", "a/p2", "b/p1"]);
    const sliced: Ids = { a: { train: ["UCL_3_slice1", "UCL_3_slice2"] } };
    expect(subjects(sliced, { subject: { before: "_slice" } })).toEqual(["a/UCL_3", "a/UCL_3"]);
  });

  it("within: tells where equal names are one subject", () => {
    const within = (place: string) => subjects(ids, { subject: { before: "_", within: place } });
    expect(within("dataset")).toEqual(["p1", "p1", "p1", "p2", "p1"]);
    expect(within("split")).toEqual(["a/train/p1", "a/train/p1", "a/test/p1", "a/test/p2", "b/train/p1"]);
  });

  it("pattern: takes the first group, and a domain may have a rule of its own", () => {
    const own = { b: { subject: { pattern: "^([a-z])", within: "dataset" } } };
    expect(subjects(ids, { subject: { pattern: "(\\d+)" } }, own)).toEqual(["a/1", "a/1", "a/1", "a/2", "p"]);
  });

  it("csv: looks cases up, columns in any order, with a byte order mark", () => {
    const path = setOf(ids, { subject: { csv: "people.csv", case: "image", subject: "patient no." } });
    const table =
      '\uFEFFage,patient no.,image\r\n40,"A, B",p1_1\r\n40,"A, B",p1_2\r\n,C,p1_3\r\n,C ,p2\r\n,D,elsewhere\r\n\r\n';
    put(join(path, "..", "people.csv"), table);
    const found = allCases(loadDataset(path)).map((one) => one.subject);
    expect(found).toEqual(["a/A, B", "a/A, B", "a/C", "a/C", "b/A, B"]);
  });

  it.each([
    ["p1_2", "image,who\np1_1,A\n", /a, train: subject gives the case "p1_2" no subject by .*people\.csv; correct/],
    ["p1_1", "image,who\np1_1,\n", /gives the case "p1_1" no subject/],
    ["p1_1", "image,who\np1_1,A\np1_1,B\n", /people\.csv gives the case "p1_1" the subjects "A" and "B"; keep one/],
    ["p1_1", "image,patient\n", /people\.csv has no column "who"; its columns are image, patient$/],
    ["p1_1", 'image,who\n"p1', /cannot read .*people\.csv: line 2 has a quote in a wrong place/],
    ["p1_1", undefined, /cannot read .*people\.csv: it does not exist/],
  ])("names the case %s or the table at fault", (id, table, message) => {
    const path = setOf({ a: { train: [id] } }, { subject: { csv: "people.csv", case: "image", subject: "who" } });
    if (table !== undefined) put(join(path, "..", "people.csv"), table);
    expect(() => loadDataset(path)).toThrow(DataError);
    expect(() => loadDataset(path)).toThrow(message);
    expect(() => loadDataset(path)).toThrow(/dataset\.yaml: /);
  });

  it("refuses a case that a rule gives no name", () => {
    expect(() => load({ a: { train: ["_1"] } }, { subject: { before: "_" } })).toThrow(
      /domain a, train: subject gives the case "_1" no subject by before "_"; correct the rule or the case/,
    );
    expect(() => load({ a: { train: ["x"] } }, { subject: { pattern: "^P(\\d+)" } })).toThrow(
      /gives the case "x" no subject by pattern \^P\(\\d\+\)/,
    );
  });

  it.each([
    [{}, /subject needs exactly one of before, pattern and csv/],
    [{ before: "_", pattern: "(a)" }, /subject needs exactly one of/],
    [{ csv: "a.csv" }, /subject needs case and subject, columns of csv/],
    [{ before: "_", case: "id" }, /subject has case or subject, which belong to csv/],
    [{ before: "_", whithin: "split" }, /"whithin".*within/],
    [{ pattern: "^(a+)+_" }, /subject\.pattern \^\(a\+\)\+_ repeats a group that holds a quantifier/],
    [{ pattern: "^P\\d+" }, /subject\.pattern \^P\\d\+ has no group; put the part that names the subject/],
  ])("refuses the rule %j", (subject, message) => {
    const broken = () => load(ids, { subject });
    expect(broken).toThrow(UsageError);
    expect(broken).toThrow(message);
  });
});

describe("subjectPatternFault", () => {
  it.each([
    "^(P\\d+)",
    "^(.*)_(?:L|R)$",
    "^(sub-\\w+?)_(?:ses-\\d+_)?slice\\d+",
    "([A-Z]{2}\\d{4})",
    "^([^_]*_[^_]*)_",
    "(?<id>\\d+)[(*+]",
  ])("takes %s", (pattern) => {
    expect(subjectPatternFault(pattern)).toBeUndefined();
  });

  it.each([
    ["(a", /is no regular expression: .*[Uu]nterminated group/],
    ["a+", /has no group/],
    ["(?:a)", /has no group/],
    ["(a+)+$", /repeats a group that holds a quantifier or alternatives, which can take for ever/],
    ["((ab?)c)*", /repeats a group/],
    ["(a|a)*$", /repeats a group/],
    ["(a?){40}", /repeats a group/],
    ["(.*)\\1", /refers back to a group/],
    ["(.*)(.*)(.*)(.*)(.*)x", /has more than four quantifiers/],
  ])("refuses %s", (pattern, message) => {
    expect(subjectPatternFault(pattern)).toMatch(message);
  });

  it("lets nothing through that an id of the greatest length makes slow", () => {
    const pieces = fc.constantFrom(
      "a",
      "(a)",
      "a+",
      "(a*)",
      "(a+)+",
      "(a|a)*",
      "a?",
      "a{1,9}",
      "(a?)*",
      "b",
      "(?:a+){9}",
    );
    const id = `${"a".repeat(40)}!`;
    fc.assert(
      fc.property(fc.array(pieces, { minLength: 1, maxLength: 6 }), (parts) => {
        const pattern = `^${parts.join("")}$`;
        fc.pre(subjectPatternFault(pattern) === undefined);
        // A pattern that grows exponentially would not come back from this.
        new RegExp(pattern, "u").exec(id);
      }),
      { numRuns: 300 },
    );
  });
});

describe("splitProtocol with subjects", () => {
  const bySubject = { subject: { before: "_" } };
  const names = (cases: readonly Case[]) => cases.map((one) => one.id);

  it("validates on other subjects and uses none of their further cases", () => {
    const train = ["p1_1", "p1_2", "p1_3", "p2_1", "p2_2", "p3_1", "p3_2", "p3_3-", "p4_1"];
    const dataset = load({ a: { train }, b: { train: ["p3_1"] } }, bySubject);
    const split = splitProtocol(dataset, { labelledDomain: "a", labelledCount: 4, validationCount: 1 });
    expect(names(split.labelled)).toEqual(["p1_1", "p1_2", "p1_3", "p2_1"]);
    expect(names(split.validation)).toEqual(["p3_1"]);
    expect(names(split.unused)).toEqual(["p3_2", "p3_3-"]);
    expect(split.unlabelled.map((one) => `${one.domain}:${one.id}`)).toEqual(["a:p2_2", "a:p4_1", "b:p3_1"]);
    expect(splitText(split)).toBe(
      "4 labelled cases of a (2 subjects), 3 unlabelled (1 of labelled subjects), 1 for validation (2 further cases of validation subjects left out)",
    );
  });

  it("takes whole subjects for validation where a list mixes them, and knows them in other domains", () => {
    const train = ["p1_1", "p2_1", "p3_1", "p2_2", "p3_2", "p2_3", "p3_3"];
    const dataset = load(
      { a: { train }, b: { train: ["p2_9", "p3_9"] } },
      { subject: { before: "_", within: "dataset" } },
    );
    const split = splitProtocol(dataset, { labelledDomain: "a", labelledCount: 1, validationCount: 3 });
    expect(names(split.validation)).toEqual(["p2_1", "p2_2", "p2_3"]);
    expect(names(split.unused)).toEqual(["p2_9"]);
    expect(names(split.unlabelled)).toEqual(["p3_1", "p3_2", "p3_3", "p3_9"]);
    expect(splitText(split)).toBe(
      "1 labelled case of a, 4 unlabelled, 3 for validation (1 subject; 1 further case of validation subjects left out)",
    );
  });

  it("labels all cases that validation on other subjects leaves", () => {
    const dataset = load({ a: { train: ["p1_1", "p1_2", "p2_1", "p2_2", "p3_1-"] }, b: { train: ["q_1"] } }, bySubject);
    const all = (validationCount: number) =>
      splitProtocol(dataset, { labelledDomain: "a", labelledCount: "all", validationCount });
    expect(names(all(0).labelled)).toEqual(["p1_1", "p1_2", "p2_1", "p2_2"]);
    expect(names(all(0).unlabelled)).toEqual(["p3_1-", "q_1"]);
    expect(names(all(1).labelled)).toEqual(["p1_1", "p1_2"]);
    expect(names(all(1).validation)).toEqual(["p2_1"]);
    expect(() => all(3)).toThrow(/3 validation cases are asked for/);
  });

  it("refuses more validation cases than other subjects have", () => {
    const dataset = load({ a: { train: ["p1_1", "p1_2", "p1_3", "p2_1"] } }, bySubject);
    expect(() => splitProtocol(dataset, { labelledDomain: "a", labelledCount: 2, validationCount: 2 })).toThrow(
      "2 validation cases are asked for, but the first 2 cases of domain a are of 1 subject, and those of other subjects with a mask are 1; ask for fewer",
    );
  });

  it("never lets a subject be learnt from and validated on, loses no other case, and is by position for own subjects", () => {
    const id = fc.tuple(fc.nat(5), fc.nat(3), fc.boolean()).map(([p, s, masked]) => `p${p}_${s}${masked ? "" : "-"}`);
    const list = fc.uniqueArray(id, { minLength: 1, maxLength: 14 });
    const counts = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(5));
    const rule = fc.constantFrom(undefined, { pattern: "(p\\d)" }, { pattern: "(p\\d)", within: "dataset" });
    fc.assert(
      fc.property(list, list, counts, rule, (a, b, [labelledCount, validationCount], subject) => {
        const dataset = load({ a: { train: a }, b: { train: b } }, subject ? { subject } : {});
        const masked = dataset.domains[0].cases("train").filter((one) => one.maskPath !== undefined);
        const of = (cases: readonly Case[]) => new Set(cases.map((one) => one.subject));
        const learnt = of(masked.slice(0, labelledCount));
        fc.pre(masked.length >= labelledCount + validationCount);
        fc.pre(masked.filter((one) => !learnt.has(one.subject)).length >= validationCount);
        const split = splitProtocol(dataset, { labelledDomain: "a", labelledCount, validationCount });
        const { labelled, unlabelled, validation, unused } = split;
        expect(labelled).toEqual(masked.slice(0, labelledCount));
        expect(validation).toHaveLength(validationCount);
        const judged = of(validation);
        for (const one of [...labelled, ...unlabelled]) expect(judged).not.toContain(one.subject);
        for (const one of unused) expect(judged).toContain(one.subject);
        const used = [...labelled, ...validation, ...unlabelled, ...unused];
        expect(new Set(used)).toEqual(new Set(allCases(dataset)));
        expect(used).toHaveLength(a.length + b.length);
        if (subject) return;
        expect(unused).toEqual([]);
        expect(validation).toEqual(masked.slice(labelledCount, labelledCount + validationCount));
        const taken = new Set([...labelled, ...validation]);
        expect(unlabelled).toEqual(allCases(dataset).filter((one) => !taken.has(one)));
      }),
      { numRuns: 60 },
    );
  });
});
