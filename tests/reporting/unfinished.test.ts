/** Reports of runs that run, stopped, failed, or lost something: shown with what is there, and saying what is not. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import { sha256 } from "../../src/core/sha256.js";
import { caseName, loadDataset } from "../../src/data/dataset.js";
import type { Judge } from "../../src/reporting/read-report-run.js";
import { readUsage } from "../../src/runs/logs/usage.js";
import { put, temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";
import { collect, copyRun, edit, fixtureRuns, pageOf } from "./fixture.js";

const base = temporaryFolder();

/** A run that has saved a checkpoint at a step of its 20. */
function withCheckpoint(run: string, step: number): string {
  const progress = { iteration: step, best: null, bestOnTest: null, skipped: 0, metricsOffset: 0, eventsOffset: 0 };
  put(join(run, `checkpoints/step-${step}/progress.json`), JSON.stringify(progress));
  return run;
}

describe("a run", () => {
  it("is finished when its log is, also without checkpoints", async () => {
    const { runs } = await collect(fixtureRuns);
    expect(runs.map(({ state }) => state)).toEqual([
      { stage: "finished", step: null, iterations: 20 },
      { stage: "finished", step: null, iterations: 20 },
    ]);
    expect(runs.flatMap(({ missing }) => missing)).toEqual([]);
    const [used] = readUsage(join(fixtureRuns[0], "usage.json"));
    expect(runs[0].cost).toEqual({
      seconds: used.seconds,
      secondsPerStep: used.seconds / 20,
      peakMemoryBytes: used.peakMemoryBytes,
    });
  });

  it("runs while its lock is held, and is judged at its newest checkpoint without keeping the result", async () => {
    const run = withCheckpoint(copyRun("dim", join(base, "running")), 10);
    writeFileSync(join(run, "run.lock"), JSON.stringify({ pid: process.pid, startTime: null, host: hostname() }));
    const [summary, cases] = ["summary.json", "cases.csv"].map((file) =>
      readFileSync(join(run, "evaluation/last-student", file), "utf8"),
    );
    const asked: unknown[] = [];
    const judge: Judge = async (_folder, choice, keep) => {
      asked.push([choice, keep]);
      return { summary: summary.replace('"step": 20', '"step": 10'), cases };
    };
    const data = await collect([run], judge);
    expect(asked).toEqual([[{ checkpoint: "last", network: "student", at: "network" }, false]]);
    expect(data.runs[0].state).toEqual({ stage: "running", step: 10, iterations: 20 });
    expect(data.runs[0].evaluation).toMatchObject({ folder: null, about: { checkpoint: { step: 10 } } });
    expect(await pageOf(data)).toContain("running at step 10 of 20");
  });

  it("that cannot be judged anew shows the older evaluation and says so", async () => {
    const run = withCheckpoint(copyRun("dim", join(base, "older")), 15);
    const { runs } = await collect([run]);
    expect(runs[0].state.stage).toBe("stopped");
    expect(runs[0].evaluation?.about.checkpoint.step).toBe(20);
    expect(runs[0].missing).toEqual(["Evaluation: shown is step 20; there is no data set here; restore it."]);
  });

  it("whose newest checkpoint is damaged shows the one before and says so, and stands in no comparison", async () => {
    const run = withCheckpoint(copyRun("dim", join(base, "fallen")), 20);
    const summary = join(run, "evaluation/last-student/summary.json");
    edit(summary, '"step": 20', '"step": 10');
    const { runs, comparison } = await collect([run, fixtureRuns[1]], async () => null);
    expect(runs[0].state.stage).toBe("finished");
    expect(runs[0].evaluation?.about.checkpoint.step).toBe(10);
    expect(runs[0].missing).toEqual([
      "Evaluation: shown is step 10; the checkpoint of step 20 was not used; dimseg evaluate tells why.",
    ]);
    expect(comparison?.leftOut).toEqual([expect.stringContaining("was judged at step 10 of 20; run `dimseg evaluate")]);
  });

  it("whose test masks were changed since is judged anew", async () => {
    const run = withCheckpoint(copyRun("dim", join(base, "changed")), 20);
    const dataset = putDataset(join(base, "changed-data"));
    edit(join(run, "config.yaml"), /^dataset: .*$/gm, `dataset: ${dataset}`);
    const hash = (path: string) => sha256(readFileSync(path));
    const judged = loadDataset(dataset)
      .domains.flatMap((domain) => domain.cases("test"))
      .flatMap((one) =>
        one.maskPath ? [{ case: caseName(one), image: hash(one.imagePath), mask: hash(one.maskPath) }] : [],
      );
    edit(join(run, "evaluation/last-student/summary.json"), /^\{/g, `{ "judged": ${JSON.stringify(judged)},`);
    expect((await collect([run])).runs[0].missing).toEqual([]);
    cpSync(join(base, "changed-data/a/test/masks/0.png"), join(base, "changed-data/a/test/masks/1.png"));
    expect((await collect([run])).runs[0].missing).toEqual([
      "Evaluation: shown is step 20, but since then the mask of a/test/1 was changed; there is no data set here; restore it.",
    ]);
    const asked: string[] = [];
    await collect([run], async (folder) => {
      asked.push(folder);
      return null;
    });
    expect(asked).toEqual([run]);
    rmSync(join(base, "changed-data/a/test/masks/1.png"));
    expect((await collect([run])).runs[0].missing[0]).toContain(
      "since then a/test/1 is no test case with a mask any more",
    );
  });

  it("that has nothing but its settings gives a page that says so", async () => {
    const run = copyRun("dim", join(base, "failed"));
    for (const name of ["metrics.jsonl", "evaluation", "usage.json", "dataset.json"]) {
      rmSync(join(run, name), { recursive: true });
    }
    const page = await pageOf(await collect([run]));
    expect(page).toContain("Nothing is judged yet");
    expect(page).toContain("Curves: nothing was logged yet.");
    expect(page).toContain("Evaluation: there is no checkpoint &quot;last&quot; to judge.");
    expect(page).toContain("not recorded");
    expect(page).not.toContain('id="curves"');
  });

  it("with damaged files is shown without them", async () => {
    const run = copyRun("dim", join(base, "damaged"));
    edit(join(run, "evaluation/last-student/summary.json"), '"domains"', '"other"');
    edit(join(run, "metrics.jsonl"), /^\{"iteration":3,/gm, "{3,");
    const { runs } = await collect([run]);
    expect(runs[0].curves.steps).toEqual([]);
    expect(runs[0].missing).toEqual([
      expect.stringMatching(/^Curves: .*metrics\.jsonl line \d+ is not a JSON object; restore the file from a copy\.$/),
      expect.stringMatching(/^Evaluation: .*summary\.json is damaged; run `dimseg evaluate` again\.$/),
      'Evaluation: there is no checkpoint "last" to judge.',
    ]);
  });

  it("with undefined values shows them as such and leaves them out of figures", async () => {
    const run = copyRun("dim", join(base, "undefined"));
    const summary = join(run, "evaluation/last-student/summary.json");
    edit(summary, /"mean": [\d.]+,\s+"interval": \[[^\]]*\]/g, '"mean": null, "interval": null');
    const page = await pageOf(await collect([run]));
    expect(page).toContain('data-value="NaN"');
    expect(page).toContain(">undefined</span>");
    expect(page).not.toContain('id="dice-average"');
  });
});

describe("several runs", () => {
  it("of one configuration are told apart by their seeds and share a group", async () => {
    const runs = [1, 2].map((seed) => {
      const run = copyRun("dim", join(base, "seeds", `dim-seed${seed}`));
      edit(join(run, "config.yaml"), "seed: 1", `seed: ${seed}`);
      return run;
    });
    const data = await collect(runs);
    expect(data.runs.map(({ name, group }) => [name, group])).toEqual([
      ["dim, seed 1", "dim"],
      ["dim, seed 2", "dim"],
    ]);
    expect(data.comparison?.tables[0].comparison.groups.map(({ seeds }) => seeds)).toEqual([[1, 2]]);
  });

  it("that may not stand in one table are shown without it, and the page says why", async () => {
    const other = copyRun("supervised", join(base, "other"));
    edit(join(other, "evaluation/last-student/summary.json"), '"size": 64', '"size": 96');
    const data = await collect([fixtureRuns[0], other]);
    expect(data.comparison?.tables).toEqual([]);
    expect(await pageOf(data)).toContain("cannot be compared: they were judged with another image size");
  });

  it("of a sweep are found by its record, with those that were not begun", async () => {
    const sweep = join(base, "sweep");
    copyRun("dim", join(sweep, "a-seed1"));
    const record = [
      { name: "DiM (js)", seed: 1, folder: "a-seed1" },
      { name: "SAM", seed: 1, folder: "b-seed1" },
    ];
    writeFileSync(join(sweep, "sweep.json"), JSON.stringify({ runs: record }));
    const { runs, notes } = await collect([sweep]);
    expect(runs.map(({ name }) => name)).toEqual(["DiM (js)"]);
    expect(notes).toEqual([`${join(sweep, "b-seed1")} was not begun yet.`]);
  });

  it("named twice are one", async () => {
    expect((await collect([fixtureRuns[0], `${fixtureRuns[0]}/`])).runs).toHaveLength(1);
  });
});

it("refuses folders that are no runs", async () => {
  const empty = join(base, "empty");
  mkdirSync(empty);
  await expect(collect([empty])).rejects.toThrow(UsageError);
  await expect(collect([empty])).rejects.toThrow("is not a run folder: it has no config.yaml");
});
