/** A run goes on only with the images, masks and settings it began with, wherever they lie by then. */
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/config.js";
import { DataError, UsageError } from "../../src/core/errors.js";
import { resumeRun, startRun } from "../../src/training/run.js";
import { putConfig } from "../cli/built.js";
import { png, put, temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";

const base = temporaryFolder();
const other = png(32, 32, Array(1024).fill(2));
let folder: string;
let count = 0;
let warnings: string[];

/** Watches a training, and stops it after some steps. */
function watching(steps = Number.POSITIVE_INFINITY) {
  let done = 0;
  return {
    ...{ decoding() {}, validation() {}, begun() {} },
    step: (step: number) => {
      done = step;
    },
    warn: (message: string) => void warnings.push(message),
    stopRequested: () => done >= steps,
  };
}

const run = () => join(folder, "run");
const resume = (data?: string) => resumeRun(run(), watching(), data);
const edit = (name: string, change: (text: string) => string) => {
  const path = join(run(), name);
  writeFileSync(path, change(readFileSync(path, "utf8")));
};

beforeAll(async () => {
  warnings = [];
  const template = join(base, "template");
  putDataset(join(template, "data"));
  const config = putConfig(join(template, "config.yaml"), {
    ...{ optimizer: { name: "none" }, method: { name: "midss" }, training: { iterations: 4 } },
    evaluation: { every: 4, preview: false },
  });
  const stopped = await startRun(join(template, "run"), loadConfig(config), watching(2));
  expect(stopped).toMatchObject({ finished: false, trained: 2 });
});

beforeEach(() => {
  warnings = [];
  folder = join(base, `${count++}`);
  cpSync(join(base, "template"), folder, { recursive: true });
  const { dataset } = loadConfig(join(folder, "config.yaml"));
  edit("config.yaml", (text) => text.replace(/^dataset: .*$/m, `dataset: ${dataset}`));
});

describe("a resumed run", () => {
  it("goes on without a word where nothing has changed", async () => {
    expect(await resume()).toMatchObject({ finished: true, trained: 2 });
    expect(warnings).toEqual([]);
  });

  it.each([
    ["a/train/masks/0.png", /1 mask changed \(a\/train\/0\)/],
    ["b/train/images/2.png", /1 image changed \(b\/train\/2\)/],
  ])("refuses when %s holds something else", async (file, sentence) => {
    put(join(folder, "data", file), other);
    await expect(resume()).rejects.toThrow(DataError);
    await expect(resume()).rejects.toThrow(sentence);
  });

  it("refuses edited settings by name, also when it was finished", async () => {
    const longer = (text: string) => text.replace("iterations: 4", "iterations: 8");
    edit("config.yaml", longer);
    const sentence = /config\.yaml: training\.iterations is 8, but the run began with 4; put it back/;
    await expect(resume()).rejects.toThrow(UsageError);
    await expect(resume()).rejects.toThrow(sentence);
    edit("config.yaml", (text) => text.replace("iterations: 8", "iterations: 4"));
    await resume();
    edit("config.yaml", longer);
    await expect(resume()).rejects.toThrow(sentence);
  });

  it("tells another number of threads and another processor, whose bits differ, and goes on", async () => {
    edit("config.yaml", (text) => text.replace("threads: 1", "threads: 2"));
    edit("environment.json", (text) => text.replace(/"aten": "\w+"/, '"aten": "SSE9"'));
    expect(await resume()).toMatchObject({ finished: true });
    expect(warnings).toEqual([
      expect.stringMatching(/training\.threads is 2, the run began with 1; from here on its bits may differ/),
      expect.stringMatching(/^the run began with ATen's kernels for SSE9, now \w+: from here on its bits may differ/),
    ]);
  });

  it("says what of its record is missing", async () => {
    for (const name of ["split.json", "dataset.json"]) rmSync(join(run(), name));
    edit("environment.json", (text) => JSON.stringify({ ...JSON.parse(text), config: undefined }));
    expect(await resume()).toMatchObject({ finished: true });
    expect(warnings).toEqual([
      expect.stringMatching(/environment\.json keeps no settings to compare with/),
      expect.stringMatching(/has no dataset\.json and no split\.json: whether its data set is the one it began with/),
    ]);
  });
});

describe("a data set that was moved", () => {
  const moved = () => join(folder, "elsewhere", "dataset.yaml");

  it("is asked for, looked at, and remembered", async () => {
    renameSync(join(folder, "data"), join(folder, "elsewhere"));
    await expect(resume()).rejects.toThrow(
      /its data set .*data\/dataset\.yaml is not there; if it was moved, say .* `dimseg train --resume .* --data FILE`/,
    );
    put(join(folder, "elsewhere/a/train/images/1.png"), other);
    await expect(resume(moved())).rejects.toThrow(/elsewhere\/dataset\.yaml: .* 1 image changed \(a\/train\/1\)/);
    cpSync(join(base, "template/data"), join(folder, "elsewhere"), { recursive: true });
    expect(await resume(moved())).toMatchObject({ finished: true, trained: 2 });
    expect(await resume()).toMatchObject({ finished: true, trained: 0 });
    renameSync(join(folder, "elsewhere"), join(folder, "again"));
    expect(await resume(join(folder, "again", "dataset.yaml"))).toMatchObject({ finished: true, trained: 0 });
    expect(readFileSync(join(run(), "config.yaml"), "utf8")).toContain(`${folder}/again/dataset.yaml`);
    expect(warnings).toEqual([]);
  });

  it("has its root corrected, not its pattern", async () => {
    const yaml = join(folder, "data/dataset.yaml");
    writeFileSync(yaml, `root: ../gone\n${readFileSync(yaml, "utf8")}`);
    await expect(resume()).rejects.toThrow(/data\/dataset\.yaml: the folder .*gone, .* does not exist; correct root:/);
  });
});
