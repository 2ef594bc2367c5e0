/** Runs that must not stand in one table are refused with the reason. */
import { expect, it } from "vitest";
import { checkComparable } from "../../src/comparison/comparable.js";
import type { ComparedRun } from "../../src/comparison/read-run.js";
import { UsageError } from "../../src/core/errors.js";
import { runOf, scoresOf, withSam } from "./compared-runs.js";

const dice = { a: [0.5, 0.6], b: [0.7] };
const reference = runOf("x", 1, dice);

it("takes runs of different methods, seeds and places of the data", () => {
  expect(() => checkComparable([reference, runOf("y", 2, dice, withSam)])).not.toThrow();
});

it("takes runs that name the same subjects otherwise", () => {
  const named = (domain: string, i: number) => `of ${domain}: ${i}`;
  expect(() =>
    checkComparable([reference, runOf("y", 1, dice, { scores: scoresOf(dice, "disc", named) })]),
  ).not.toThrow();
});

const labels = (changes: object) => ({ config: { labelled: { domain: "a", count: 2, validation: 1, ...changes } } });
const judged = (changes: Partial<ComparedRun["judgement"]>) => ({ judgement: { ...reference.judgement, ...changes } });
const split = (changes: Partial<ComparedRun["split"]>) => ({ split: { ...reference.split, ...changes } });

it.each([
  [
    labels({ domain: "b" }),
    "2 of a and 1 for validation against 2 of b and 1 for validation; choose one labelled domain with --labelled",
  ],
  [labels({ count: 3 }), "their labels differ: 2 of a and 1 for validation against 3 of a"],
  [labels({ validation: 0 }), "against 2 of a and 0 for validation"],
  [judged({ convention: { name: "monai", description: "" } }), "another convention: midss against monai"],
  [judged({ size: 128 }), "another image size: 64 x 64 pixels against 128 x 128 pixels"],
  [judged({ testTimeFlips: true }), "another averaging over mirror images: false against true"],
  [split({ labelled: ["a/train/0", "a/train/9"] }), "their labelled cases differ: only /runs/x-seed1 has a/train/1"],
  [
    split({ validation: ["a/train/2", "a/train/3"] }),
    "their validation cases differ: only /runs/y-seed1 has a/train/3",
  ],
  [split({ unlabelled: [] }), "their unlabelled cases differ: only /runs/x-seed1 has b/train/0"],
  [{ scores: scoresOf({ a: [0.5, 0.6], b: [0.7, 0.8] }) }, "their test cases differ: only /runs/y-seed1 has b/1, disc"],
  [
    { scores: scoresOf(dice, "disc", (domain) => `${domain}/p`) },
    "their subjects differ: only /runs/x-seed1 has a/1 as the first of its subject; judge them again with `dimseg",
  ],
  [{ scores: scoresOf(dice, "cup") }, "their test cases differ: only /runs/x-seed1 has a/0, disc"],
])("refuses another run with %j", (changes, message) => {
  const other = runOf("y", 1, dice, changes);
  const compare = () => checkComparable([reference, runOf("x", 2, dice), other]);
  expect(compare).toThrow(UsageError);
  expect(compare).toThrow("/runs/x-seed1 and /runs/y-seed1 cannot be compared: ");
  expect(compare).toThrow(message);
});
