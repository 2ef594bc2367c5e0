/** How images are read changes no bit of a run: held, mapped, ahead, in threads, or only when they are drawn. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/config.js";
import { resumeRun, startRun } from "../../src/training/run.js";
import { putConfig } from "../cli/built.js";
import { expectSame } from "../cli/same-bytes.js";
import { temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";
import { watching } from "./watching.js";

const base = temporaryFolder();

beforeAll(async () => {
  putDataset(join(base, "data"));
  await startRun(join(base, "plain"), configOf({ threads: 0, ahead: 0 }), watching());
});

function configOf(data: object) {
  return loadConfig(
    putConfig(join(base, "config.yaml"), {
      ...{ optimizer: { name: "none" }, method: { name: "midss" }, training: { iterations: 4 }, data },
      evaluation: { every: 4, preview: false },
    }),
  );
}

const fewBytes = 2 / 2 ** 20;

describe("options of data", () => {
  it.each([
    ["mapped", { cache: "disk", cacheMemory: fewBytes }],
    ["little memory", { cacheMemory: fewBytes, ahead: 3 }],
    ["little disk", { cache: "disk", cacheDisk: fewBytes, cacheMemory: fewBytes }],
    ["as drawn", { readFirst: "labelled" }],
  ])("%s: the same bits", async (name, data) => {
    await startRun(join(base, name), configOf(data), watching());
    expectSame(join(base, name), join(base, "plain"));
  });

  it("may be others when a run goes on, which keeps its bits and says nothing", async () => {
    const run = join(base, "stopped");
    await startRun(run, configOf({ cache: "disk", cacheMemory: fewBytes }), watching(2));
    const edited = readFileSync(join(run, "config.yaml"), "utf8").replace("cache: disk", "cache: memory");
    writeFileSync(join(run, "config.yaml"), edited);
    const observer = watching();
    await resumeRun(run, observer);
    expect(observer.warnings).toEqual([]);
    expectSame(run, join(base, "plain"));
  });
});
