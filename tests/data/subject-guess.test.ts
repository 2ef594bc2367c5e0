/** What ids tell about patients, and what they only seem to tell. */
import { describe, expect, it } from "vitest";
import { guessSubjects } from "../../src/data/inspect/splits/subject-guess.js";

const numbered = (count: number, name: (i: number) => string) => Array.from({ length: count }, (_, i) => name(i));
const pad = (value: number, digits = 2) => String(value).padStart(digits, "0");
/** Three images of each of several patients. */
const threeEach = (name: (patient: number, slice: number) => string) =>
  numbered(12, (i) => name(Math.floor(i / 3), i % 3));
const guess = (train: readonly string[], test: readonly string[] = []) => guessSubjects([{ name: "a", train, test }]);

describe("ids that name patients", () => {
  it.each([
    ["ACDC slices", threeEach((p, s) => `patient${pad(p + 1, 3)}_frame01_slice_${s}`), { before: "_frame" }],
    ["case and slice", threeEach((p, s) => `Case${pad(p)}_slice${pad(s)}`), { before: "_slice" }],
    ["a short word", threeEach((p, s) => `UCL_${p}_sl${s}`), { before: "_sl" }],
    ["a plane", threeEach((p, s) => `p-${p}-z${s}`), { before: "-z" }],
    ["a word without separator", threeEach((p, s) => `vol${p}slice${s}`), { before: "slice" }],
    ["names of people", threeEach((p, s) => `${["tom", "anna", "eve", "jo"][p]}_slice${s}`), { before: "_slice" }],
    ["two numbers", threeEach((p, s) => `${pad(p)}_${pad(s)}`), { before: "_" }],
    ["codes", threeEach((p, s) => `A${p}S9V9_ED_${s}`), { before: "_" }],
    ["a site first", threeEach((p, s) => `BIDMC_Case${pad(p)}_${s}`), { pattern: "^([^_]*_[^_]*)_" }],
    ["BIDS", threeEach((p, s) => `sub-${pad(p)}_ses-1_${s}`), { before: "_" }],
    ["some with one image", [...threeEach((p, s) => `P${p}_${s}`), "P7", "P8"], { before: "_" }],
  ])("%s", (_, ids, usual) => {
    const found = guess(ids);
    expect(found.usual).toEqual(usual);
    expect(found.guesses).toHaveLength(1);
    expect(found.guesses[0]).toMatch(
      /^a subject \(patient\) is .*: \S+ is of \S+; remove subject if the images are independent$/,
    );
  });

  it("does not trust numbers that begin anew in test", () => {
    const ids = threeEach((p, s) => `${pad(p)}_${pad(s)}`);
    const found = guess(ids, ids.slice(0, 6));
    expect(found.usual).toEqual({ before: "_", within: "split" });
    expect(found.guesses[0]).toMatch(
      /ids begin anew in test, so whether a patient of test is one of training cannot be told/,
    );
    expect(guess(ids.slice(0, 8), ids.slice(8)).usual).toEqual({ before: "_" });
  });

  it("gives each domain its own rule where they differ, and one rule where a domain merely agrees", () => {
    const underscore = threeEach((p, s) => `P${p}_${s}`);
    const domain = (name: string, train: readonly string[]) => ({ name, train, test: [] });
    const mixed = guessSubjects([domain("a", underscore), domain("b", numbered(9, String))]);
    expect(mixed.usual).toBeUndefined();
    expect([...mixed.byDomain]).toEqual([["a", { before: "_" }]]);
    expect(mixed.guesses[0]).toMatch(/^domain a: a subject/);
    const agreeing = guessSubjects([domain("a", underscore), domain("b", ["P1_1", "P1_2"])]);
    expect(agreeing.usual).toEqual({ before: "_" });
  });
});

describe("ids of independent images", () => {
  it.each([
    ["numbers", numbered(12, String)],
    ["a word and a number", numbered(12, (i) => `img_${pad(i, 3)}`)],
    ["a set's name", numbered(12, (i) => `IDRiD_${pad(i)}`)],
    ["a word with a number before the last", numbered(12, (i) => `ISIC_${pad(i, 7)}_downsampled`)],
    ["RIM-ONE, which numbers every image", numbered(12, (i) => `${"GNS"[i % 3]}-${i}-${"LR"[i % 2]}`)],
    ["one series", numbered(12, (i) => `scan1_${pad(i, 3)}`)],
    ["frames of one name", numbered(12, (i) => `image_frame_${i}`)],
    ["years", [...numbered(6, (i) => `2019_${i}`), ...numbered(6, (i) => `2020_${i}`)]],
    ["dates", [...numbered(6, (i) => `20190304-${i}`), ...numbered(6, (i) => `20190305-${i}`)]],
    ["DICOM's unique ids", numbered(12, (i) => `1.2.840.${i % 3}.${i}`)],
    ["hashes", numbered(12, (i) => `${(i * 2654435761).toString(16)}-${(i * 40503).toString(16)}-4f`)],
    ["words that end like slice words", numbered(12, (i) => `${["jazz", "oz"][i % 2]}${i}`)],
    ["a mixture", [...threeEach((p, s) => `P${p}_${s}`), ...threeEach((p, s) => `Q-${p}-${s}`)]],
    ["one of them", ["P1_1"]],
    ["none", []],
  ])("%s", (_, ids) => {
    expect(guess(ids)).toEqual({ byDomain: new Map(), guesses: [] });
  });
});
