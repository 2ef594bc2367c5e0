/** Networks that are judged and saved with statistics of all domains, and training that knows nothing of it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/config.js";
import { readSafetensorsFile } from "../../src/core/formats/safetensors.js";
import { conv2d, full, scope, tensorFromRaw } from "../../src/torch/index.js";
import { resumeRun, startRun } from "../../src/training/run.js";
import { putConfig } from "../cli/built.js";
import { png, put, temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";
import { numbers } from "../support/tensors.js";
import { watching } from "./watching.js";

const base = temporaryFolder();
putDataset(join(base, "data"));

let count = 0;

/** A run of a configuration, told to stop after some steps. */
async function train(changes: Record<string, unknown>, steps?: number): Promise<string> {
  const folder = join(base, `run-${count++}`);
  const config = putConfig(`${folder}.yaml`, { evaluation: { every: 4, preview: false }, ...changes });
  await startRun(folder, loadConfig(config), watching(steps));
  return folder;
}

const checkpoint = (folder: string, step: number) => join(folder, "checkpoints", `step-${step}`);
const tensorsOf = (file: string) => readSafetensorsFile(file).tensors;
const last = { training: { iterations: 2 } };

describe("statistics of all domains", () => {
  it("are of images as they are, half of them of the labelled domain and half of all domains alike", async () => {
    const folder = join(base, "even");
    putDataset(join(folder, "data"));
    // Of each domain all images are one grey value, so that neither draws nor views of training tell.
    for (const [domain, grey] of Object.entries({ a: 60, b: 200 })) {
      const images = join(folder, "data", domain, "train/images");
      for (const file of readdirSync(images)) put(join(images, file), png(32, 32, Array(1024).fill(grey)));
    }
    const config = putConfig(join(folder, "config.yaml"), { ...last, evaluation: { preview: false } });
    await startRun(join(folder, "run"), loadConfig(config), watching());
    for (const name of ["student", "teacher"]) {
      const tensors = tensorsOf(join(checkpoint(join(folder, "run"), 2), `${name}.safetensors`));
      scope(() => {
        const of = (key: string) => tensorFromRaw(tensors.get(`inc.double_conv.${key}`)!);
        const weight = of("0.weight");
        const meanOf = (grey: number) =>
          numbers(conv2d(full([1, 1, 32, 32], grey / 127.5 - 1), weight, { padding: [1, 1] }).mean([0, 2, 3]));
        const [a, b] = [meanOf(60), meanOf(200)];
        numbers(of("1.running_mean")).forEach((value, i) => {
          expect(value).toBeCloseTo(0.75 * a[i] + 0.25 * b[i], 4);
        });
      });
    }
  });

  it.each([
    // Its teacher averages running statistics, too.
    ["bcp", { method: { name: "bcp", pretrainIterations: 1 } }],
    // Its student answers with them while it trains.
    ["fixmatch with CutMix", { method: { name: "fixmatch-cutmix" } }],
  ])("leave training as it was, and a stopped run goes on to the same bits: %s", async (_, method) => {
    const training = { iterations: 6, statistics: "domains" };
    const whole = await train({ ...method, training });
    const stopped = await train({ ...method, training }, 3);
    expect(existsSync(checkpoint(stopped, 6))).toBe(false);
    await resumeRun(stopped, watching());
    for (const file of readdirSync(checkpoint(whole, 6)).filter((name) => name.endsWith(".safetensors")))
      expect(
        readFileSync(join(checkpoint(stopped, 6), file)).equals(readFileSync(join(checkpoint(whole, 6), file))),
        file,
      ).toBe(true);
    const passes = await train({ ...method, training: { ...training, statistics: "passes" } });
    const gathered = tensorsOf(join(checkpoint(whole, 6), "statistics.safetensors"));
    const plain = tensorsOf(join(checkpoint(passes, 6), "student.safetensors"));
    const settled = tensorsOf(join(checkpoint(whole, 6), "student.safetensors"));
    for (const [key, value] of plain)
      if (/running_(mean|var)$/.test(key)) {
        expect(gathered.get(`student.${key}`), key).toEqual(value);
        expect(settled.get(key), key).not.toEqual(value);
      } else expect(settled.get(key), key).toEqual(value);
  });

  it.each([
    ["dim", true],
    ["dim-features", false],
    ["sam", false],
  ])("come by themselves with optimizer %s: %s", async (name, expected) => {
    const run = await train({ ...last, optimizer: { name } });
    expect(existsSync(join(checkpoint(run, 2), "statistics.safetensors"))).toBe(expected);
  });
});
