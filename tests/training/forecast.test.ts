/** What a run says before its first step is what it then takes. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadConfig } from "../../src/config/config.js";
import { bytesText } from "../../src/core/bytes-text.js";
import { startRun } from "../../src/training/run.js";
import { putConfig } from "../cli/built.js";
import { temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";

const base = temporaryFolder();
putDataset(join(base, "data"));

/** Trains a few steps; gives what was said ahead, and the bytes of each checkpoint that is left. */
async function trained(name: string, changes: Record<string, unknown>) {
  const config = loadConfig(putConfig(join(base, `${name}.yaml`), { evaluation: { every: 2 }, ...changes }));
  let ahead = "";
  const observer = {
    ...{ decoding() {}, step() {}, validation() {}, warn() {}, stopRequested: () => false },
    begun(...words: unknown[]) {
      ahead = words[3] as string;
    },
  };
  await startRun(join(base, name), config, observer);
  const folder = join(base, name, "checkpoints");
  const steps = readdirSync(folder).filter((one) => /^step-\d+$/.test(one));
  const sizes = steps.map((step) =>
    readdirSync(join(folder, step)).reduce((sum, file) => sum + statSync(join(folder, step, file)).size, 0),
  );
  return { ahead, sizes };
}

const training = { iterations: 6 };
const found = (ahead: string) =>
  /: (\d+) checkpoints of about ([\d.]+ [GM]iB) at once, ([\d.]+ [GM]iB) of disk$/.exec(ahead)?.slice(1) ?? [];
/** MiB as a number. */
const size = (text: string) => Number(text.split(" ")[0]);

it.each([
  ["supervised with SGD", { method: { name: "supervised" }, optimizer: { name: "none" } }],
  ["a teacher", { method: { name: "midss" }, optimizer: { name: "none" } }],
  ["AdamW", { method: { name: "supervised" }, optimizer: { name: "none" }, base: { name: "adamw" } }],
])(
  "disk of %s, to a tenth",
  async (name, changes) => {
    const { ahead, sizes } = await trained(name.replaceAll(" ", "-"), { ...changes, model: { width: 8 }, training });
    const [count, each] = found(ahead);
    expect(Number(count)).toBeGreaterThanOrEqual(sizes.length);
    const largest = size(bytesText(Math.max(...sizes)));
    expect(Math.abs(size(each) - largest) / largest).toBeLessThan(0.1);
  },
  120_000,
);

it("steps, images and their size, and whose word that is", async () => {
  const supervised = { method: { name: "supervised" }, optimizer: { name: "none" }, training };
  const { ahead } = await trained("sizes", { ...supervised, imageSize: 48 });
  expect(ahead).toMatch(
    /^6 steps of 2 labelled images at 48 x 48 pixels \(imageSize; \d+ x \d+ in the data set's resize\); validated and saved every 2 steps: /,
  );
  const own = await trained("own", { training });
  expect(own.ahead).toMatch(/^6 steps of 2 labelled and 2 unlabelled images at (\d+) x \1 pixels; validated/);
}, 120_000);
