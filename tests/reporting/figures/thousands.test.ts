/** Figures of thousands of cases: what is drawn is bounded, the worst are among it, and what is left out is said. */
import { beforeAll, expect, it } from "vitest";
import type { ReportData } from "../../../src/reporting/data.js";
import { distributionFigures, type Figure, featureFigures, sizeFigures } from "../../../src/reporting/figures/index.js";
import { renderSvg } from "../../../src/reporting/figures/render-figure.js";
import { everyOther, pointsFor, worstAndSome } from "../../../src/reporting/figures/thinned.js";
import { collect, fixtureRuns } from "../fixture.js";

const count = 4000;
/** Dice of a case: from 0 to nearly 1, in an order that has nothing to do with it. */
const diceOf = (i: number) => ((i * 1597) % count) / count;

let data: ReportData;

beforeAll(async () => {
  const collected = await collect(fixtureRuns);
  const runs = collected.runs.map((run) => {
    const { scores, summary } = run.evaluation as NonNullable<typeof run.evaluation>;
    const rows = Array.from({ length: count }, (_, i) => ({ ...scores[0], id: `case ${i}`, dice: diceOf(i) }));
    const sizes = rows.map(({ domain, id, part, dice }, i) => ({
      ...{ domain, id, part, dice, referencePixels: i, predictedPixels: i, referenceShare: i / count },
      referenceMillilitres: null,
    }));
    const points = rows.map(({ domain, id }, i) => ({ domain, id, x: i, y: -i }));
    const features = { points, kl: 1, dimensions: 8, separability: null };
    const findings = { sizes, confusion: [], features, landscape: null, unjudged: [], proxies: [] };
    return { ...run, evaluation: { ...(run.evaluation as object), scores: rows, summary }, findings };
  });
  data = { ...collected, runs } as unknown as ReportData;
});

const rowsOf = ({ spec }: Figure) => (spec as unknown as { data: { values: { dice: number }[] } }).data.values;

it("counts Dice in steps in place of a tick for each case, with the worst, the median and the best", async () => {
  const [figure] = distributionFigures(data);
  expect(figure.caption).toContain("All 8000 cases, none left out");
  const layers = (figure.spec as unknown as { layer: { data: { values: Record<string, number>[] } }[] }).layer;
  const strip = layers[0].data.values;
  expect(strip.reduce((sum, { cases }) => sum + cases, 0)).toBe(2 * count);
  expect(strip).toHaveLength(2 * 50);
  expect(layers[1].data.values[0]).toMatchObject({ cases: count, worst: 0, median: 0.499875, best: 0.99975 });
  expect((await renderSvg(figure.spec)).length).toBeLessThan(60_000);
});

it("keeps ticks where there are few", async () => {
  const few = await collect(fixtureRuns);
  expect(distributionFigures(few)[0].caption).toMatch(/^Every tick is a case/);
});

it("draws the worst and some of the others as points, and says how many are left out", async () => {
  const figures = sizeFigures(data);
  const [{ caption, spec }] = figures;
  expect(caption).toContain("Of 4000 cases 300 are drawn: the 100 of the lowest Dice");
  expect(caption).toContain("3700 are left out");
  const dice = rowsOf(figures[0]).map((row) => row.dice);
  expect(dice).toHaveLength(300);
  expect(dice.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, i) => i / count));
  expect(Math.max(...dice)).toBeGreaterThan(0.99);
  expect((await renderSvg(spec)).length).toBeLessThan(150_000);
});

it("draws some of the features of thousands of images", () => {
  const [{ caption, alt, spec }] = featureFigures(data);
  expect((spec as unknown as { data: { values: unknown[] } }).data.values).toHaveLength(600);
  expect(caption).toContain("Of 4000 images 600 are drawn, 3400 left out.");
  expect(alt).toContain("4000 images");
});

it("shares the room among many figures", () => {
  expect([1, 20, 60, 1000].map(pointsFor)).toEqual([300, 300, 100, 50]);
  expect(everyOther([1, 2, 3, 4, 5, 6], 3)).toEqual([1, 3, 5]);
  const few = [{ dice: 0.5 }, { dice: 0.1 }];
  expect(worstAndSome(few, 2)).toEqual({ points: few, note: "" });
});
