/** What tables say of empty masks: a dash, a mark, and the sentences that explain them. */
import { expect, it } from "vitest";
import { evaluationTable } from "../../src/cli/terminal/evaluation-table.js";
import { absentPartsNote, emptyMasksNotes } from "../../src/judging/empty-masks-text.js";
import type { PartScore } from "../../src/judging/evaluate-network.js";
import { summarise } from "../../src/judging/summarise.js";

function row(domain: string, id: string, part: string, dice: number, empty: PartScore["empty"] = "none"): PartScore {
  const metrics = { dice, jaccard: dice, hd: 0, hd95: 1, asd: 1, assd: 1 };
  return { domain, id, subject: `${domain}/${id}`, part, ...metrics, empty };
}

/** Two cases of x without a cup, and of y one with it and one without. */
const rows = [
  ...[row("x", "1", "cup", 1, "both"), row("x", "1", "disc", 0.5), row("x", "2", "cup", 0, "reference")],
  ...[row("x", "2", "disc", 0.7), row("y", "1", "cup", 0.5), row("y", "1", "disc", 0.8)],
  ...[row("y", "2", "cup", 1, "both"), row("y", "2", "disc", 0.6)],
];
const absent = "– No reference mask holds the part: cup in x. The means leave it out";

it("shows a dash for what cannot be judged and marks what two empty masks count in", () => {
  const table = evaluationTable(summarise(rows, { labelledDomain: "x" }), "pixels");
  expect(table).toMatch(/\nx \(labelled\) +cup +2 +– +– +– +– +–\n/);
  expect(table).toMatch(/\ny +cup +2 +0 +75\.00\* +75\.00\* +1\.00\* +1\.00\*\n/);
  expect(table).toMatch(/\ny +disc +2 +0 +70\.00 +70\.00 +1\.00 +1\.00\n/);
  expect(table).toContain(
    `\n${absent}, and the gap is over the parts that the labelled domain and another one hold.\n`,
  );
  expect(table).toMatch(
    /\n\* Counts cases in which neither mask holds the part, with the values that the convention gives them: cup in 1 of 2 cases of y\.$/,
  );
});

it("speaks of the gap only where one could be", () => {
  expect(absentPartsNote(summarise(rows))).toEqual([`${absent}.`]);
  const apart = rows.map((one) =>
    one.domain === "y" && one.part === "disc" ? { ...one, empty: "both" as const } : one,
  );
  const nothingShared = summarise(apart, { labelledDomain: "x" });
  expect(absentPartsNote(nothingShared)[0]).toContain(
    "there is no gap, as the labelled domain shares no part with another.",
  );
});

it("says nothing where every reference holds every part", () => {
  const full = rows.map((one) => ({ ...one, empty: "none" as const }));
  expect(emptyMasksNotes(summarise(full, { labelledDomain: "x" }))).toEqual([]);
});

it("shows beside every mean how many structures were missed, also where the convention leaves them out", () => {
  const missed = (one: PartScore): PartScore => ({ ...one, dice: 0, hd95: Number.NaN, empty: "prediction" });
  const some = rows.map((one) => (one.id === "2" && one.part === "disc" ? missed(one) : one));
  const table = evaluationTable(summarise(some), "pixels");
  for (const line of [
    "x +disc +2 +1",
    "x +average +2 +1",
    "y +cup +2 +0",
    "mean of domains +disc +4 +2",
    "mean of domains +cup +4 +0",
  ])
    expect(table).toMatch(new RegExp(`\\n${line} `));
});
