/** Saying when a run will end takes a validation that no other run has; it leaves no trace in the run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { loadConfig } from "../../src/config/config.js";
import type { Ending } from "../../src/training/pace.js";
import { startRun } from "../../src/training/run.js";
import { putConfig } from "../cli/built.js";
import { temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";

const base = temporaryFolder();
putDataset(join(base, "data"));
afterEach(() => vi.restoreAllMocks());

/** Trains 12 steps on a clock of which every look takes a second. */
async function trained(name: string, ending?: (ending: Ending) => void): Promise<string> {
  let clock = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    clock += 1000;
    return clock;
  });
  const config = loadConfig(putConfig(join(base, `${name}.yaml`), { training: { iterations: 12 } }));
  const nothing = { decoding() {}, begun() {}, step() {}, validation() {}, warn() {}, stopRequested: () => false };
  await startRun(join(base, name), config, { ...nothing, ...(ending ? { ending } : {}) });
  return join(base, name);
}

it("is told once, counts what is left, and changes no bit of what is trained", async () => {
  const said: Ending[] = [];
  const told = await trained("told", (ending) => said.push(ending));
  vi.restoreAllMocks();
  const untold = await trained("untold");
  expect(said.length).toBeGreaterThan(0);
  const [first] = said;
  expect(first).toMatchObject({ stepSeconds: 1, isCorrection: false });
  expect(first.secondsLeft).toBeGreaterThan(first.stepSeconds + 3 * first.stopSeconds);
  const files = ["student", "teacher", "optimizer"].map((part) => `checkpoints/step-12/${part}.safetensors`);
  for (const file of [...files, "metrics.jsonl"])
    expect(readFileSync(join(told, file)).equals(readFileSync(join(untold, file))), file).toBe(true);
}, 300_000);
