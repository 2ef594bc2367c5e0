/** From two runs of `dimseg train` on drawn images to the figure of their cases. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, it } from "vitest";
import { findFailures } from "../../../src/analysis/errors/failures.js";
import { inspectPredictions } from "../../../src/analysis/errors/inspect.js";
import { svgToPng } from "../../../src/drawing/svg.js";
import { parseScores } from "../../../src/judging/scores-csv.js";
import { overlayCases } from "../../../src/reporting/overlays/case-overlay.js";
import { chooseCases } from "../../../src/reporting/overlays/choose-cases.js";
import { overlayFigure } from "../../../src/reporting/overlays/overlay-figure.js";
import { loadRun } from "../../../src/runs/load-run.js";
import { dimseg, oddId, putDataset, trainRun } from "../../cli/trained-run.js";
import { temporaryFolder } from "../../data/files.js";

const base = temporaryFolder();

async function inspectedRun(name: string, changes: Record<string, unknown>) {
  const folder = await trainRun(base, name, changes);
  await dimseg("evaluate", folder, "--network", "student");
  const path = join(folder, "evaluation/last-student/cases.csv");
  const scores = parseScores(readFileSync(path, "utf8"), path);
  const run = await loadRun(folder, { checkpoint: "last" });
  const cases = run.dataset.domains.flatMap((domain) => domain.cases("test"));
  const inspected = await inspectPredictions(run, cases);
  return { name, run, cases, scores, inspected };
}

it("shows the same cases of both runs, with the scores of their evaluations", async () => {
  putDataset(join(base, "data"));
  const first = await inspectedRun("first", { method: { name: "supervised" } });
  const second = await inspectedRun("second", { method: { name: "midss" } });
  for (const { inspected, scores } of [first, second]) expect(inspected.flatMap((one) => one.scores)).toEqual(scores);

  const chosen = chooseCases(first.scores, first.cases);
  expect(chosen.map(({ domain, role }) => `${domain} ${role}`)).toEqual(["a best", "a median", "a worst", "b only"]);
  const overlays = await overlayCases(
    first.run.dataset,
    [...chosen, { domain: "b", id: "1", role: "unjudged" }],
    [first, second],
  );
  for (const { domain, id, predictions, picture, reference } of overlays) {
    expect([picture.width, picture.height]).toEqual([32, 32]);
    expect(reference === null).toBe(domain === "b" && id === "1");
    for (const [i, { scores }] of [first, second].entries())
      expect(predictions[i].scores).toEqual(scores.filter((row) => row.domain === domain && row.id === id));
  }

  const svg = overlayFigure(overlays, { parts: ["cup", "disc"] });
  expect(svg).toContain("x, &quot;\u202etfel&quot; 1");
  expect(overlays.some(({ id }) => id === oddId)).toBe(true);
  const { width, height } = await sharp(svgToPng(svg, 1200)).metadata();
  expect(width).toBe(1200);
  expect(height).toBeGreaterThan(1200);

  for (const { dice, why, rules } of findFailures(second.scores)) {
    expect(rules.length).toBeGreaterThan(0);
    expect(why).not.toBe("");
    if (rules.includes("low")) expect(dice).toBeLessThan(0.5);
  }
});
