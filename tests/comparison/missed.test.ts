/** What a comparison says of missed structures: a mean must not look better for those that its convention leaves out. */
import { expect, it } from "vitest";
import { compareGroups } from "../../src/comparison/comparison.js";
import { comparisonCsv, formatLatex, formatMarkdown } from "../../src/comparison/formats.js";
import { groupRuns } from "../../src/comparison/groups.js";
import { type ComparisonContext, comparisonTable } from "../../src/comparison/table.js";
import { parseCsv } from "../../src/core/formats/csv.js";
import type { PartScore } from "../../src/judging/evaluate-network.js";
import { runOf, scoresOf, withSam } from "./compared-runs.js";

const dice = { a: [0.9, 0.8, 0.5, 0.4], b: [0.7, 0.8] };
const undefinedDistances = { hd: Number.NaN, hd95: Number.NaN, asd: Number.NaN, assd: Number.NaN };

/** The structures of domain a with these ids are missed, as medpy scores them, or as MiDSS does. */
function missing(ids: readonly string[], distances: Partial<PartScore> = undefinedDistances): PartScore[] {
  return scoresOf(dice).map((row) =>
    row.domain === "a" && ids.includes(row.id)
      ? { ...row, dice: 0, jaccard: 0, ...distances, empty: "prediction" }
      : row,
  );
}

const hundred = { hd: 100, hd95: 100, asd: 100, assd: 100 };
const [full, blind, other] = [runOf("full", 1, dice), missing(["2", "3"]), missing(["3"])];
const blindRun = (seed: number, scores: PartScore[]) => runOf("blind", seed, {}, { ...withSam, scores });
const compared = compareGroups(groupRuns([full, blindRun(1, blind)]));
const context: ComparisonContext = {
  ...{ judgement: full.judgement, checkpoint: "last", network: "student" },
  labelled: { count: 2, validation: 1 },
};
const table = comparisonTable(compared, context);

/** The cells of one column, row by row. */
const column = ({ header, rows }: typeof table, name: string) => rows.map((row) => row[header.indexOf(name)]?.text);

it("marks the means that left out what was missed, and sets them side by side on what all rows have", () => {
  // Full: a (1 + 2 + 5 + 6) / 4 = 3.5, b 2.5. Blind: a (1 + 2) / 2 = 1.5, b 2.5, as if it were the better one.
  expect(column(table, "HD95 px")).toEqual(["3.0", "2.0 (2 missed)"]);
  expect(column(table, "HD95 px, in common")).toEqual(["2.0", "2.0"]);
  expect(column(table, "ASD px")).toEqual(["1.5", "1.0 (2 missed)"]);
  expect(column(table, "a (labelled)")).toEqual(["65.0", "42.5"]);
  const notes = table.notes.join("\n");
  expect(notes).toContain(
    "Missed: cases whose reference holds the part, and of which nothing at all was predicted; blind 2 of 6, the others none.",
  );
  expect(notes).toContain(
    "A mean with (n missed) is without n of them, as the convention has no value there, and looks better for it.",
  );
  expect(notes).toContain(
    "HD95 px and ASD px are not over the same cases in every run; in common: over the 4 of 6 values that all have.",
  );
});

it("counts over seeds and parts", () => {
  const two = [...scoresOf(dice, "cup"), ...blind];
  const seeds = [blindRun(1, two), blindRun(2, [...scoresOf(dice, "cup"), ...other])];
  const { groups } = compareGroups(groupRuns(seeds));
  expect(groups[0].structures).toEqual({ count: 24, missed: 3 });
  expect(groups[0].counts.hd95).toEqual({ values: 21, missed: 3 });
  expect(groups[0].counts.dice).toEqual({ values: 24, missed: 0 });
  const { notes } = comparisonTable(compareGroups(groupRuns(seeds)), context);
  expect(notes.join("\n")).toContain("nothing at all was predicted, counted over parts and seeds; blind 3 of 24.");
});

it("tells missed structures also where the convention counts them, without another column or mark", () => {
  const counting = compareGroups(groupRuns([full, blindRun(1, missing(["2", "3"], hundred))]));
  const { header, rows, notes } = comparisonTable(counting, context);
  expect(header.filter((name) => name.includes("common"))).toEqual([]);
  expect(rows[1].map(({ text }) => text).join()).not.toContain("missed");
  expect(notes.join("\n")).toContain("blind 2 of 6, the others none.");
  expect(notes.join("\n")).not.toContain("(n missed)");
});

it("has no column in common where all rows lack the same, and says nothing where nothing is missed", () => {
  const alike = compareGroups(groupRuns([runOf("full", 1, {}, { scores: blind }), blindRun(1, blind)]));
  expect(column(comparisonTable(alike, context), "HD95 px")).toEqual(["2.0 (2 missed)", "2.0 (2 missed)"]);
  expect(alike.uneven).toEqual([]);
  const { header, notes } = comparisonTable(compareGroups(groupRuns([full])), context);
  expect([...header, ...notes].join()).not.toMatch(/missed|common/i);
});

it("takes structures apart that one row has no value of for another reason", () => {
  // By MONAI two empty masks have no distance, and a false alarm has an infinite one.
  const rows = (empty: PartScore["empty"], distance: number) =>
    scoresOf(dice).map((row) => (row.id === "0" && row.domain === "a" ? { ...row, empty, hd95: distance } : row));
  const runs = [
    runOf("right", 1, {}, { scores: rows("both", Number.NaN) }),
    blindRun(1, rows("reference", Number.POSITIVE_INFINITY)),
  ];
  const result = comparisonTable(compareGroups(groupRuns(runs)), context);
  expect(column(result, "HD95 px")).toEqual(["3.4", "infinite"]);
  expect(column(result, "HD95 px, in common")).toEqual(["3.4", "3.4"]);
  expect(result.notes.join()).toContain(
    "HD95 px is not over the same cases in every run; in common: over the 5 of 6 values",
  );
  expect(result.notes.join()).not.toMatch(/missed/i);
});

it("says of each mean in the CSV what it is of, in every table the same columns", () => {
  const [header, first, second] = parseCsv(comparisonCsv(compared));
  const at = (row: string[], name: string) => row[header.indexOf(name)];
  expect(at(second, "hd95 in common")).toBe(at(first, "hd95 in common"));
  expect(
    ["test cases", "structures", "missed", "hd95, values", "hd95, missed", "dice, values", "dice, missed"].map((name) =>
      at(second, name),
    ),
  ).toEqual(["6", "6", "2", "4", "2", "6", "0"]);
  const even = parseCsv(comparisonCsv(compareGroups(groupRuns([full]))));
  expect(even[0]).toEqual(header);
  expect(even[1][header.indexOf("hd95 in common")]).toBe(even[1][header.indexOf("hd95")]);
});

it("stands in every format and beside published rows", () => {
  const withPublished = comparisonTable(
    { ...compared, labelledDomain: "Domain2" },
    { ...context, published: "fundus" },
  );
  for (const row of withPublished.rows) expect(row).toHaveLength(withPublished.header.length);
  expect(formatMarkdown(table)).toContain("| 2.0 (2 missed) |");
  expect(formatLatex(table)).toContain("& 2.0 (2 missed) &");
});
