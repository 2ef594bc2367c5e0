/** Every figure is rebuilt from the committed runs, and its data are those of the runs' files. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { parseScores } from "../../../src/judging/scores-csv.js";
import type { ReportData } from "../../../src/reporting/data.js";
import { curveFigures } from "../../../src/reporting/figures/curves.js";
import type { Figure } from "../../../src/reporting/figures/figure.js";
import { gapFigures } from "../../../src/reporting/figures/gap.js";
import { inlineSvg, renderPng, renderSvg } from "../../../src/reporting/figures/render-figure.js";
import { reportFigures } from "../../../src/reporting/make-report.js";
import { readMetrics } from "../../../src/runs/logs/metrics-log.js";
import { collect, fixtureRuns } from "../fixture.js";

type Row = Record<string, string | number | null>;

let data: ReportData;
let figures: ReturnType<typeof reportFigures>;
let all: Figure[];

beforeAll(async () => {
  data = await collect(fixtureRuns);
  figures = reportFigures(data);
  all = Object.values(figures).flat();
});

interface WithData {
  data: { values: Row[] };
}

function rowsOf({ spec }: Figure): Row[] {
  return (spec as unknown as WithData).data.values;
}

const summaryOf = (folder: string) =>
  JSON.parse(readFileSync(join(folder, "evaluation/last-student/summary.json"), "utf8"));

it("makes every figure that the files allow, each under its own id", () => {
  const ids = all.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(
    expect.arrayContaining([
      ...["dice-average", "dice-cup", "dice-disc", "cases-cup", "cases-disc"],
      ...["curve-loss-sup", "curve-loss-ul", "curve-loss-lu", "curve-loss-s", "curve-task", "curve-divergence"],
      ...[
        "curve-sharpness",
        "curve-ascentnorm",
        "curve-perturbednorm",
        "curve-updatenorm",
        "curve-cosine",
        "curve-rate",
      ],
      ...["validation-loss-domain1", "validation-dice-domain1", "test-loss-domain4", "test-dice-domain4"],
    ]),
  );
  for (const { title, caption, alt } of all) expect([title, caption, alt].every((text) => text.length > 3)).toBe(true);
});

it("holds the means and intervals of summary.json", () => {
  const rows = rowsOf(figures.dice[0]);
  const expected = fixtureRuns.flatMap((folder, i) =>
    summaryOf(folder).domains.map(
      (domain: { name: string; average: { dice: { mean: number; interval: number[] } } }) => ({
        domain: domain.name === "Domain1" ? "Domain1 (labelled)" : domain.name,
        run: ["dim", "supervised"][i],
        mean: domain.average.dice.mean,
        low: domain.average.dice.interval[0],
        high: domain.average.dice.interval[1],
      }),
    ),
  );
  expect(rows.map(({ domain, run, mean, low, high }) => ({ domain, run, mean, low, high }))).toEqual(expected);
});

it("holds the gap between the labelled and the other domains", () => {
  const figure = figures.dice.find(({ id }) => id === "gap") as Figure;
  const [line] = (figure.spec as unknown as { layer: WithData[] }).layer;
  expect(line.data.values.map(({ run, labelled, others }) => [run, labelled, others])).toEqual(
    fixtureRuns.map((folder, i) => {
      const { dice } = summaryOf(folder).gap;
      return [["dim", "supervised"][i], dice.labelled, dice.others];
    }),
  );
});

it("tells the seeds of one method apart on an axis", async () => {
  const names = ["supervised, seed 1", "supervised, seed 2", `${"a long name ".repeat(4)}, seed 1337`];
  const [run] = data.runs;
  const seeds = { ...data, runs: names.map((name) => ({ ...run, name })) };
  const svg = await renderSvg((gapFigures(seeds)[0] as Figure).spec);
  for (const label of [names[0], names[1], "a long name …, seed 1337"]) expect(svg).toContain(`>${label}</text>`);
});

it("holds every case of cases.csv", () => {
  for (const part of ["cup", "disc"]) {
    const figure = figures.cases.find(({ id }) => id === `cases-${part}`) as Figure;
    const expected = fixtureRuns.flatMap((folder) => {
      const path = join(folder, "evaluation/last-student/cases.csv");
      return parseScores(readFileSync(path, "utf8"), path).filter((row) => row.part === part);
    });
    expect(rowsOf(figure).map(({ case: id, domain, dice }) => [domain, id, dice])).toEqual(
      expected.map(({ domain, id, dice }) => [domain, id, dice]),
    );
  }
});

/** Iteration and value of one run's line. */
function line(figure: Figure, run: string, kind?: string): unknown[] {
  return rowsOf(figure)
    .filter((row) => row.run === run && row.kind === kind)
    .map(({ iteration, value }) => [iteration, value]);
}

function logged(folder: string, key: string): unknown[] {
  return readMetrics(join(folder, "metrics.jsonl")).flatMap((record) =>
    typeof record[key] === "number" ? [[record.iteration, record[key]]] : [],
  );
}

describe("curves", () => {
  const find = (id: string) => all.find((one) => one.id === id) as Figure;

  it("hold every logged value", () => {
    const [dim, supervised] = fixtureRuns;
    expect(line(find("curve-loss-sup"), "supervised")).toEqual(logged(supervised, "loss.sup"));
    for (const key of ["task", "sharpness", "cosine", "rate", "ascentNorm"]) {
      expect(line(find(`curve-${key.toLowerCase()}`), "dim"), key).toEqual(logged(dim, key));
    }
    expect(logged(dim, "sharpness")).toHaveLength(20);
    expect(line(find("curve-divergence"), "dim", "clean")).toEqual(logged(dim, "divergence"));
    expect(line(find("curve-divergence"), "dim", "perturbed")).toEqual(logged(dim, "perturbedDivergence"));
  });

  it("leave out runs that did not log the quantity", () => {
    expect(line(find("curve-divergence"), "supervised", "clean")).toEqual([]);
    expect(line(find("curve-sharpness"), "supervised")).toEqual([]);
  });

  it("hold validations of student and teacher by domain", () => {
    const [dim] = fixtureRuns;
    for (const network of ["student", "teacher"]) {
      expect(line(find("validation-dice-domain1"), "dim", network)).toEqual(
        logged(dim, `validation.${network}.Domain1.dice`),
      );
      expect(line(find("test-loss-domain3"), "dim", network)).toEqual(logged(dim, `test.${network}.Domain3.loss`));
    }
  });

  it("average long logs in blocks and say so", () => {
    const steps = Array.from({ length: 1000 }, (_, i) => ({ iteration: i, task: i % 2 }));
    const [run] = data.runs;
    const long = { ...data, runs: [{ ...run, curves: { steps, validations: [] } }] };
    const [figure] = reportFigures(long).losses;
    expect(rowsOf(figure)).toHaveLength(250);
    expect(rowsOf(figure)[0]).toMatchObject({ iteration: 1.5, value: 0.5 });
    expect(figure.caption).toContain("mean of up to 4 logged steps");
  });
});

it("draws every figure without a warning, its text in the page's ink, and names no address", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  for (const { id, spec } of all) {
    const svg = await renderSvg(spec);
    expect(svg, id).toMatch(/^<svg [^>]*viewBox/);
    expect(svg.match(/currentColor/g)?.length, id).toBeGreaterThan(5);
    expect(svg.replaceAll(/xmlns(:xlink)?="[^"]*"/g, ""), id).not.toMatch(/https?:|NaN|undefined/);
    expect(JSON.stringify(spec)).not.toContain('"url"');
  }
  expect(warn.mock.calls).toEqual([]);
  warn.mockRestore();
});

it("makes a PNG on white, twice as large, with text in the font that is bundled", async () => {
  const svg = await renderSvg(figures.dice[0].spec);
  const png = Buffer.from(renderPng(svg));
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  const width = Number(/ width="(\d+)"/.exec(svg)?.[1]);
  expect(png.readUInt32BE(16)).toBe(2 * width);
  const withoutText = Buffer.from(renderPng(svg.replaceAll(/<text.*?<\/text>/gs, "")));
  expect(withoutText.equals(png)).toBe(false);
});

it("keeps the ids of several figures on one page apart", () => {
  const svg = '<svg color="#000"><clipPath id="clip0"/><g clip-path="url(#clip0)" fill="#0072b2"/></svg>';
  const inline = inlineSvg(svg, "a");
  expect(inline).toBe('<svg><clipPath id="a-clip0"/><g clip-path="url(#a-clip0)" fill="var(--data-1)"/></svg>');
});

describe("curves of runs in which nothing is perturbed", () => {
  const step = (iteration: number, more: Record<string, number>) => ({
    ...{ iteration, task: 1 / (iteration + 1), ascentNorm: 2 + iteration, perturbedNorm: 2 + iteration },
    ...{ updateNorm: 2 + iteration, cosine: 1, rate: 0.03 },
    ...more,
  });
  const idsOf = async (steps: readonly ReturnType<typeof step>[]) => {
    const data = await collect([fixtureRuns[1]]);
    const runs = data.runs.map((one) => ({ ...one, curves: { steps, validations: [] } }));
    const figures = curveFigures({ ...data, runs });
    return { ids: Object.values(figures).flatMap((some) => some.map(({ id }) => id)), figures };
  };

  it("show the gradient once, and no cosine that is always 1", async () => {
    const { ids } = await idsOf([step(0, {}), step(1, {})]);
    expect(ids).toEqual(["curve-task", "curve-ascentnorm", "curve-rate"]);
  });

  it("show all where one step differs", async () => {
    const { ids } = await idsOf([step(0, {}), step(1, { perturbedNorm: 9, updateNorm: 8, cosine: 0.5 })]);
    expect(ids).toHaveLength(6);
  });

  it("show a single step as a point", async () => {
    const { figures } = await idsOf([step(0, {})]);
    expect(figures.losses[0].spec).toMatchObject({ mark: { point: { size: 22 } } });
  });
});
