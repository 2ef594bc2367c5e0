/** Estimates in a report: a table, a scatter where there is a truth, and nothing of another checkpoint. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { formatCsv } from "../../src/core/formats/csv.js";
import { parseScores } from "../../src/judging/scores-csv.js";
import { reportFigures } from "../../src/reporting/make-report.js";
import { put, temporaryFolder } from "../data/files.js";
import { collect, copyRun, pageOf } from "./fixture.js";

const base = temporaryFolder();
const columns = ["domain", "id", "part", "ground", "dice", "low", "high", "doubtful", "measured"];

/** A copy of a run with estimates that are all 5 points too low. */
function estimatedRun(name: string, step: number): string {
  const run = copyRun("dim", join(base, name));
  const scores = parseScores(readFileSync(join(run, "evaluation/last-student/cases.csv"), "utf8"), "cases.csv");
  const rows = scores.map(({ domain, id, part, dice }) => {
    const estimate = Math.max(0, dice - 0.05);
    return [
      domain,
      id,
      part,
      "fitted",
      estimate,
      Math.max(0, estimate - 0.2),
      Math.min(1, estimate + 0.2),
      "yes",
      dice,
    ];
  });
  put(join(run, "quality/last-student/cases.csv"), formatCsv([columns, ...rows]));
  const domains = [...new Set(scores.map(({ domain }) => domain))].map((domain) => ({
    ...{ domain, part: scores[0].part, cases: 3, unknown: 0, doubtful: 2, unlike: false },
    ...{ dice: 0.4, low: 0.3, high: 0.5, measured: 0.45, measuredCases: 3 },
    hd95: { estimate: 4, low: 1, high: 7, measured: 5 },
  }));
  const about = { dimseg: "0", run: "x", network: "student", checkpoint: { name: "last", step }, rule: "last" };
  const summary = { ...about, level: 0.9, doubtfulBelow: 0.5, weak: [scores[0].part], domains };
  put(join(run, "quality/last-student/summary.json"), JSON.stringify(summary));
  return run;
}

it("shows each domain with its interval, the scatter, and that a network which fails at home is not to be trusted", async () => {
  const data = await collect([estimatedRun("shown", 20)]);
  const [figure] = reportFigures(data).estimates;
  expect(figure.alt).toMatch(/estimated 40\.0 %, measured 45\.0 %/);
  const page = await pageOf(data);
  expect(page).toContain("Quality without labels");
  expect(page).toContain('data-source="run-1/quality/last-student/summary.json#/domains/0/dice"');
  expect(page).toMatch(/40\.0<span class="interval"> \(30\.0 to 50\.0\)<\/span>/);
  expect(page).toMatch(/#\/domains\/0\/hd95\/estimate"[^>]*>4\.0<span class="interval"> \(1\.0 to 7\.0\)<\/span>/);
  expect(page).toMatch(/#\/domains\/0\/hd95\/measured"[^>]*>5\.0</);
  expect(page).toContain("the network fails on its own labelled images");
});

it("leaves out estimates of another step, and says when a file is damaged", async () => {
  const other = await collect([estimatedRun("other", 10)]);
  expect(other.runs[0].estimates).toBeNull();
  expect(await pageOf(other)).not.toContain("Quality without labels");
  const run = estimatedRun("damaged", 20);
  put(join(run, "quality/last-student/cases.csv"), "domain,id\n");
  const damaged = await collect([run]);
  expect(damaged.runs[0].missing.join()).toMatch(/Estimates: .*cases\.csv is damaged: its header .*dimseg estimate/);
});
