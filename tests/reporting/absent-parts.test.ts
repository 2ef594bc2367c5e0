/** A report on parts that a domain lacks or a network missed: what `summary.json` says of them comes through to the tables. */
import { expect, it } from "vitest";
import type { PartScore } from "../../src/judging/evaluate-network.js";
import { summarise } from "../../src/judging/summarise.js";
import type { ReportData, ReportRun } from "../../src/reporting/data.js";
import { diceTable, domainTable, overviewTable } from "../../src/reporting/result-tables.js";
import { parseSummary } from "../../src/reporting/summary-file.js";

function row(domain: string, id: string, part: string, empty: PartScore["empty"] = "none"): PartScore {
  const metrics = { dice: 0.75, jaccard: 0.6, hd: 2, hd95: 1, asd: 1, assd: 1 };
  return { domain, id, subject: `${domain}/${id}`, part, ...metrics, empty };
}

const rows = [
  ...[row("x", "1", "cup", "both"), row("x", "1", "disc")],
  ...[row("y", "1", "cup"), row("y", "1", "disc"), row("y", "2", "cup", "both"), row("y", "2", "disc")],
];

/** The summary as the report reads it back from its file. */
function readBack(scores = rows) {
  const about = {
    ...{ checkpoint: { name: "last", step: 1, rule: "last" }, network: "student", dataset: { name: "tiny" } },
    ...{ size: 32, testTimeFlips: false, convention: { name: "midss", description: "" } },
  };
  const text = JSON.stringify({ ...about, ...summarise(scores, { labelledDomain: "x" }) });
  return parseSummary(text, "summary.json");
}

it("shows dashes and marks, and explains them once", () => {
  const run = { id: "run-1", name: "plain", evaluation: { ...readBack(), scores: rows, folder: null } };
  const runs = [run as unknown as ReportRun, { ...run, id: "run-2" } as unknown as ReportRun];
  const data = { runs, choice: { checkpoint: "last", network: "student" } } as ReportData;
  const dice = diceTable(data);
  const texts = dice.rows.map((cells) => cells.map(({ text }) => text));
  expect(texts[0]).toEqual(["plain", "cup", "3", "0", "–", "75.0*", "75.0"]);
  expect(texts[1]).toEqual(["plain", "disc", "3", "0", "75.0", "75.0", "75.0"]);
  const sentence =
    "– No reference mask holds the part: cup in x. The means leave it out, and the gap is over the parts that the " +
    "labelled domain and another one hold.";
  for (const { notes } of [dice, domainTable(data)]) expect(notes.filter((note) => note === sentence)).toHaveLength(1);
  const cup = domainTable(data).rows[0].map(({ text }) => text);
  expect(cup).toEqual(["plain", "x (labelled)", "cup", "1", "–", "–", "–", "–", "–"]);
});

it("tells in every table of how many cases a mean is, and how many structures were missed", () => {
  const scores = rows.map(
    (one): PartScore =>
      one.part === "disc" && one.domain === "y" && one.id === "2"
        ? { ...one, dice: 0, hd95: Number.NaN, asd: Number.NaN, empty: "prediction" }
        : one,
  );
  const run = {
    ...{ id: "run-1", name: "plain", state: { stage: "finished" }, cost: null },
    evaluation: { ...readBack(scores), scores, folder: null },
  } as unknown as ReportRun;
  const data = { runs: [run], choice: { checkpoint: "last", network: "student" } } as ReportData;
  const [overview, dice] = [overviewTable(data), diceTable(data)];
  for (const { header, rows: lines } of [overview, dice]) {
    const texts = lines.map((cells) => ["cases", "missed"].map((name) => cells[header.indexOf(name)].text));
    expect(texts[texts.length - 1]).toEqual(["3", "1"]);
  }
  expect(dice.rows[0][3].text).toBe("0");
  expect(overview.notes).toContain(
    "plain: undefined by the convention and left out of the means: 1 of hd95, 1 of asd.",
  );
  for (const { notes } of [overview, dice])
    expect(notes[0]).toContain(
      "Missed: cases whose reference holds the part, and of which nothing at all was predicted.",
    );
});

it("has a row of the same width for a run that was not judged", () => {
  const run = {
    id: "run-1",
    name: "new",
    state: { stage: "running", step: 1, iterations: 2 },
    cost: null,
    evaluation: null,
  };
  const { header, rows: lines } = overviewTable({ runs: [run as unknown as ReportRun], choice: {} } as ReportData);
  expect(lines[0]).toHaveLength(header.length);
});
