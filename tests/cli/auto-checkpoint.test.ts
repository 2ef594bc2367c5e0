/** `--checkpoint auto` and `compare --by estimate` on runs made by `dimseg train`. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { CheckpointError, UsageError } from "../../src/core/errors.js";
import { png, put, temporaryFolder } from "../data/files.js";
import { pixels } from "../data/tiny.js";
import { dimseg, putDataset, trainRun } from "./trained-run.js";

const base = temporaryFolder();
let run: string;

beforeAll(async () => {
  putDataset(join(base, "data"));
  run = await trainRun(base, "midss", { evaluation: { every: 4 } });
});

const choice = () => join(run, "quality/auto.json");
const chosen = () => JSON.parse(readFileSync(choice(), "utf8"));
const steps = () =>
  readdirSync(join(run, "checkpoints"))
    .filter((name) => name.startsWith("step-"))
    .map((name) => Number(name.slice(5)))
    .sort((a, b) => a - b);

describe("dimseg --checkpoint auto", () => {
  it("chooses among the checkpoints that the run kept, and says which and why", async () => {
    expect(steps()).toEqual(expect.arrayContaining([4, 8, 12, 16, 20]));
    const { out } = await dimseg("evaluate", run, "--checkpoint", "auto", "--network", "student");
    const { chosen: step, reason, candidates, images } = chosen();
    expect(candidates.map((one: { step: number }) => one.step)).toEqual([4, 8, 12, 16, 20]);
    expect(steps()).toContain(step);
    expect(out).toContain(reason);
    expect(reason).toMatch(
      /^checkpoint of step \d+ of 20, chosen among 5 checkpoints by \d labelled images? in the looks of 5 unlabelled training images: Dice /,
    );
    // Training images that are neither labelled nor kept for validation.
    expect(images).toEqual({ a: 1, b: 4 });
    for (const { score, labelled, domains } of candidates) {
      expect(labelled).toBeGreaterThanOrEqual(0);
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1);
      expect(Object.keys(domains)).toEqual(["a", "b"]);
    }
    const summary = JSON.parse(readFileSync(join(run, "evaluation/auto-student/summary.json"), "utf8"));
    expect(summary.checkpoint).toMatchObject({ name: "auto", step });
  });

  it("is the same made anew, whatever the test images are", async () => {
    const before = readFileSync(choice(), "utf8");
    rmSync(choice());
    const image = join(base, "data/b/test/images/0.png");
    const bytes = readFileSync(image);
    put(image, png(32, 32, pixels(1024, 77)));
    await dimseg("predict", run, image, "--checkpoint", "auto", "--out", join(base, "masks"));
    put(image, bytes);
    expect(readFileSync(choice(), "utf8")).toBe(before);
  });

  it("is kept while the checkpoints are the same, and made anew among others", async () => {
    const kept = chosen();
    put(choice(), JSON.stringify({ ...kept, reason: "as it was kept" }));
    expect((await dimseg("export", run, "--checkpoint", "auto")).out).toContain("as it was kept");
    const other = join(base, "fewer");
    cpSync(run, other, { recursive: true });
    rmSync(join(other, "checkpoints/step-8"), { recursive: true });
    await dimseg("evaluate", other, "--checkpoint", "auto", "--network", "student");
    const again = JSON.parse(readFileSync(join(other, "quality/auto.json"), "utf8"));
    expect(again.candidates.map((one: { step: number }) => one.step)).toEqual([4, 12, 16, 20]);
    // One by another rule, as an earlier version had.
    put(choice(), JSON.stringify({ ...kept, by: "agreement", chosen: 4 }));
    await dimseg("evaluate", run, "--checkpoint", "auto", "--network", "student");
    expect(chosen()).toEqual(kept);
    put(choice(), "{");
    await dimseg("evaluate", run, "--checkpoint", "auto", "--network", "student");
    expect(chosen()).toEqual(kept);
  });

  it("can be compared and reported", async () => {
    expect((await dimseg("compare", run, "--checkpoint", "auto")).out).toContain("checkpoint auto");
    rmSync(choice());
    await expect(dimseg("compare", join(base, "nowhere"), "--checkpoint", "auto")).rejects.toThrow(UsageError);
    await dimseg("report", run, "--checkpoint", "auto", "--no-tsne");
    expect(existsSync(choice())).toBe(true);
    expect(readFileSync(join(run, "report/index.html"), "utf8")).toContain("checkpoint auto");
  });

  it("refuses to choose by damaged checkpoints, and needs no data set where there is one alone", async () => {
    const alone = join(base, "alone");
    cpSync(run, alone, { recursive: true });
    for (const step of steps().filter((one) => one < 20))
      rmSync(join(alone, `checkpoints/step-${step}`), { recursive: true });
    const { out } = await dimseg("evaluate", alone, "--checkpoint", "auto", "--network", "student");
    expect(out).toContain("checkpoint of step 20 of 20, the only one to choose");
    put(join(alone, "checkpoints/step-20/manifest.json"), "{}");
    await expect(dimseg("evaluate", alone, "--checkpoint", "auto")).rejects.toThrow(CheckpointError);
  });
});

describe("dimseg compare --by estimate", () => {
  it("shows runs by estimated Dice with intervals, and says that it is no measurement", async () => {
    await expect(dimseg("compare", run, "--by", "estimate")).rejects.toThrow(/dimseg estimate .*--checkpoint last/);
    await dimseg("estimate", run);
    const second = join(base, "second");
    cpSync(run, second, { recursive: true });
    const { out } = await dimseg("compare", run, second, "--by", "estimate");
    expect(out).toMatch(/^estimated Dice % +a \(labelled\) +b +average +doubtful masks\n/);
    expect(out).toContain("Estimated, not measured");
    const rows = (await dimseg("compare", run, second, "--by", "estimate", "--format", "csv")).out.split("\n");
    expect(rows.length).toBe(3);
    expect(rows[0]).toBe(
      'run,labelled domain,seed,estimated dice of a,"a, low","a, high",estimated dice of b,"b, low","b, high",' +
        'estimated dice of average,"average, low","average, high",doubtful,masks',
    );
    for (const format of ["markdown", "latex", "html"]) {
      const text = (await dimseg("compare", run, "--by", "estimate", "--format", format)).out;
      expect(text).toContain("Estimated, not measured");
      expect(text).not.toMatch(/significantly/);
    }
  });

  it("refuses what is of measured runs, other images and other levels", async () => {
    const by = ["--by", "estimate"];
    for (const option of [
      ["--against", "x"],
      ["--at", "native"],
      ["--published", "fundus"],
    ])
      await expect(dimseg("compare", run, ...by, ...option)).rejects.toThrow(UsageError);
    await dimseg("estimate", join(base, "second"), "--level", "0.5");
    await expect(dimseg("compare", run, join(base, "second"), ...by)).rejects.toThrow(/0\.9 and 0\.5/);
  });
});
