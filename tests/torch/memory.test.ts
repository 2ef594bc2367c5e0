/** Ten thousand training steps leave the memory as they found it: resident bytes, live tensors, open files. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { transpileForChild } from "../support/transpile.js";

interface Sample {
  step: number;
  resident: number;
  live: number;
  files: number;
}

const child = fileURLToPath(new URL("memory-child.mjs", import.meta.url));
let compiled: string;
beforeAll(() => {
  compiled = transpileForChild(
    ["torch/index", "nn/unet", "optim/sgd", "losses/segmentation"].map((p) => `src/${p}.ts`),
  );
});
afterAll(() => rmSync(compiled, { recursive: true }));

/** Bytes per step by least squares. */
function slope(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, s) => sum + of(s), 0) / samples.length;
  const [middle, level] = [mean(({ step }) => step), mean(({ resident }) => resident)];
  const covariance = mean(({ step, resident }) => (step - middle) * (resident - level));
  return covariance / mean(({ step }) => (step - middle) ** 2);
}

it("10,000 steps of a U-Net grow by less than 1 kB a step", { timeout: 900_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", child, compiled, "10000", "100"], {
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const samples: Sample[] = JSON.parse(stdout);
  expect(samples).toHaveLength(100);
  const warm = samples.filter(({ step }) => step > 1000);
  expect(slope(warm)).toBeLessThan(1000);
  expect(new Set(samples.map(({ live }) => live)).size, "numbers of live tensors").toBe(1);
  expect(new Set(warm.map(({ files }) => files)).size, "numbers of open files").toBe(1);
});
