/** Tables in every format: marks, published rows, and names that would break a careless one. */
import { describe, expect, it } from "vitest";
import { compareGroups } from "../../src/comparison/comparison.js";
import {
  comparisonCsv,
  escapeLatex,
  escapeMarkdown,
  formatHtml,
  formatLatex,
  formatMarkdown,
} from "../../src/comparison/formats.js";
import { groupRuns } from "../../src/comparison/groups.js";
import { publishedTables, requirePublishedParts } from "../../src/comparison/published.js";
import { type ComparisonContext, comparisonTable } from "../../src/comparison/table.js";
import { UsageError } from "../../src/core/errors.js";
import { parseCsv } from "../../src/core/formats/csv.js";
import { runOf, scoresOf, withSam } from "./compared-runs.js";

const odd = 'A|B & <C>, 1_2 "50 %" $x$ \\y #1 *z*';
const dice = { a: [0.9, 0.8], b: [0.7] };
const lower = { a: [0.6, 0.52], b: [0.38] };
const runs = [runOf(odd, 1, dice), runOf("plain", 1, lower, withSam)];
const comparison = compareGroups(groupRuns(runs));
const context: ComparisonContext = {
  judgement: runs[0].judgement,
  checkpoint: "last",
  network: "student",
  labelled: { count: 2, validation: 1 },
};
const table = comparisonTable(comparison, context);

it("lays out domains, average, gap and the tests", () => {
  expect(table.header).toEqual([
    ...[
      "Dice %",
      "seeds",
      "a (labelled)",
      "b",
      "average",
      "gap",
      "HD95 px",
      "ASD px",
      "to the best (95 %)",
      "p (Holm)",
    ],
  ]);
  // Three pairs of one sign cannot be significant: the smallest two-sided p is 2 / 2^3. Of b there is one subject.
  expect(table.rows.map((row) => row.map(({ text }) => text))).toEqual([
    [odd, "1", "85.0", "70.0", "77.5", "15.0", "2.3", "1.1", "–", "–"],
    ["plain", "1", "56.0", "38.0", "47.0", "18.0", "5.3", expect.stringMatching(/^2\.[67]$/), "-30.5", "0.250"],
  ]);
  expect(table.rows.map((row) => row[4].mark)).toEqual(["best", "close"]);
  expect(table.notes.join("\n")).toMatch(
    /eyes: 3 test cases at 64 x 64 pixels; 2 labelled cases of a, 1 for validation; student, checkpoint last; convention midss \(rules\)\./,
  );
});

it("says how many subjects stand behind a test, and that one is too few for an interval", () => {
  expect(table.notes.join("\n")).toContain(
    "below 0, over 3 cases whose Dice is first averaged over parts and seeds. No",
  );
  expect(table.notes.join("\n")).toContain(
    "No interval is defined, and so nothing significantly worse, where a domain",
  );
  const ofPatients = (values: Record<string, readonly number[]>) =>
    scoresOf(values, "disc", (domain, i) => `${domain}/p${Math.floor(i / 2)}`);
  const eight = { a: [0.9, 0.8, 0.7, 0.6], b: [0.9, 0.8, 0.7, 0.6] };
  const less = { a: [0.8, 0.7, 0.5, 0.4], b: [0.8, 0.7, 0.4, 0.5] };
  const grouped = compareGroups(
    groupRuns([
      runOf("x", 1, {}, { scores: ofPatients(eight) }),
      runOf("y", 1, {}, { scores: ofPatients(less), ...withSam }),
    ]),
  );
  const { notes, rows } = comparisonTable(grouped, context);
  expect(notes.join("\n")).toContain("eyes: 8 test cases of 4 subjects at 64 x 64 pixels");
  expect(notes.join("\n")).toContain(
    "over 4 subjects (8 cases) whose Dice is first averaged over parts and seeds, and",
  );
  expect(rows[1][8].text).toBe("-15.0 (-20.0 to -10.0)");
  const [header, , second] = parseCsv(comparisonCsv(grouped));
  expect(["subjects", "cases"].map((name) => second[header.indexOf(name)])).toEqual(["4", "8"]);
});

it("marks nothing where there is nothing to be better than", () => {
  const alone = comparisonTable(compareGroups(groupRuns(runs.slice(0, 1))), context);
  expect(alone.rows[0].every(({ mark }) => mark === undefined)).toBe(true);
  expect(alone.notes.join()).not.toContain("Wilcoxon");
});

it("says which rows were trained for longer", () => {
  expect(table.notes.join()).not.toContain("Not trained for equally many steps");
  const [first, second] = comparison.groups;
  const unequal = { ...comparison, groups: [first, { ...second, iterations: 2 * first.iterations }] };
  expect(comparisonTable(unequal, context).notes).toContain(
    `Not trained for equally many steps: ${odd} ${first.iterations}, plain ${2 * first.iterations}.`,
  );
});

describe("formats", () => {
  it("Markdown keeps its cells apart", () => {
    const [header, rule, ...rows] = formatMarkdown(table).split("\n\n")[0].split("\n");
    const columns = (line: string) => line.replaceAll(/\\./g, "").split("|").length;
    expect([rule, ...rows].map(columns)).toEqual([header, ...rows].map(columns));
    expect(rows[0]).toContain("A\\|B &amp; &lt;C&gt;, 1\\_2");
    expect(rows[0]).toContain("| **77.5** |");
    expect(rows[1]).toContain("| _47.0_ |");
    expect(escapeMarkdown("a\nb`c`")).toBe("a b\\`c\\`");
  });

  it("LaTeX has no active character left", () => {
    const lines = formatLatex(table).split("\n");
    const row = lines.find((line) => line.startsWith("A"));
    expect(row).toContain("\\& \\textless{}C\\textgreater{}, 1\\_2 \\textquotedbl{}50 \\%\\textquotedbl{} \\$x\\$");
    expect(row).toContain("\\textbackslash{}y \\#1 *z*");
    expect(row?.replaceAll(/\\[&%$#_{}]/g, "").split("&")).toHaveLength(table.header.length);
    expect(row).toContain("\\textbf{77.5}");
    expect(escapeLatex("81.2 ± 0.4 ~^")).toBe("81.2 $\\pm$ 0.4 \\textasciitilde{}\\textasciicircum{}");
    expect(lines.filter((line) => line.includes("Wilcoxon"))).toEqual([expect.stringMatching(/^% /)]);
  });

  it("HTML shows names as text", () => {
    const page = formatHtml(table);
    expect(page).toContain("A|B &amp; &lt;C&gt;, 1_2 &quot;50 %&quot;");
    expect(page).not.toContain("<C>");
    expect(page).toContain("<td>77.5 *</td>");
    expect(page).toContain("<td>47.0 ~</td>");
  });

  it("CSV reads back with all digits", () => {
    const [header, first, second] = parseCsv(comparisonCsv(comparison));
    const at = (row: string[], name: string) => row[header.indexOf(name)];
    expect(at(first, "method")).toBe(odd);
    expect(Number(at(second, "dice"))).toBe(comparison.groups[1].metrics.dice.mean);
    expect(Number(at(second, "p after Holm"))).toBe(0.25);
    expect([at(first, "standing"), at(second, "standing")]).toEqual(["best", "close"]);
    expect(at(first, "dice, deviation")).toBe("NaN");
  });
});

describe("published numbers", () => {
  it("agree with the averages that were published with them", () => {
    for (const { rows, labelledDomains } of Object.values(publishedTables)) {
      for (const { byLabelledDomain, dice: average, method, labelled } of rows) {
        if (byLabelledDomain === null) continue;
        expect(byLabelledDomain).toHaveLength(labelledDomains.length);
        const values = byLabelledDomain.flat();
        const found = values.reduce((sum, value) => sum + value, 0) / values.length;
        expect(Math.abs(found - average), `${method}, ${labelled}`).toBeLessThan(0.02);
      }
    }
  });

  it("stand under ours, marked, in the column of our labelled domain", () => {
    const eyes = { ...comparison, labelledDomain: "Domain2" };
    const { rows, notes } = comparisonTable(eyes, { ...context, published: "fundus" });
    const midss = rows.map((row) => row.map(({ text }) => text)).find(([name]) => name.startsWith("MiDSS"));
    expect(midss).toEqual(["MiDSS, 20 labelled (published)", "–", "–", "–", "85.2", "–", "–", "–", "–", "–"]);
    expect(notes.join("\n")).toMatch(
      /copied, not computed: Fundus, optic cup and disc, with labels from Domain2\. Their protocol: .*best student Dice on the test sets/,
    );
  });

  it("stand under the part that they are of, in whatever order ours are", () => {
    const parts = ["Optic Disc", "cup"];
    const groups = comparison.groups.map((one) => ({ ...one, parts: [one.parts[0], one.parts[0]] }));
    const eyes = { ...comparison, groups, parts, labelledDomain: "Domain2" };
    const { header, rows } = comparisonTable(eyes, { ...context, published: "fundus" });
    const midss = rows.map((row) => row.map(({ text }) => text)).find(([name]) => name.startsWith("MiDSS"));
    expect(parts.map((part) => midss?.[header.indexOf(part)])).toEqual(["89.9", "80.5"]);
  });

  it("are refused beside runs that were judged on other parts", () => {
    expect(() => requirePublishedParts("fundus", ["disc", "cup"])).not.toThrow();
    expect(() => requirePublishedParts("fundus", ["Optic_Cup", "optic-disk"])).not.toThrow();
    expect(() => requirePublishedParts("mnms", ["LV", "MYO", "RV"])).not.toThrow();
    for (const parts of [["organ"], ["disc"], ["cup", "disc", "vessel"], ["cup", "Cup"]]) {
      expect(() => requirePublishedParts("fundus", parts)).toThrow(UsageError);
    }
    expect(() => requirePublishedParts("fundus", ["organ"])).toThrow(
      "--published fundus: its numbers are of cup, disc, but these runs were judged on organ, which is another data set; leave out --published",
    );
  });

  it("are averages where our labelled domain is not theirs, and say so", () => {
    const { rows, notes } = comparisonTable(comparison, { ...context, published: "fundus" });
    const midss = rows.map((row) => row.map(({ text }) => text)).find(([name]) => name.startsWith("MiDSS"));
    expect(midss?.slice(4)).toEqual(["87.7", "–", "8.2", "3.9", "–", "–"]);
    expect(notes.join("\n")).toContain(
      "averaged over the choices of the labelled domain, which is not what our rows are",
    );
  });
});
