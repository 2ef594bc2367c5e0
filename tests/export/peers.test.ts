/**
 * Exported models in Python, with nothing of dimseg: the scripts of bench/peers reproduce our masks. Left out where the
 * Python of DIMSEG_PEER_PYTHON, else `python3`, lacks onnxruntime, numpy or torch.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { packageRoot } from "../../src/core/package-root.js";
import { dimseg, putDataset, trainRun } from "../cli/trained-run.js";
import { png, put, temporaryFolder } from "../data/files.js";
import { pixels } from "../data/tiny.js";
import { hasOnnxRuntime } from "./onnx-runtime.js";

const python = process.env.DIMSEG_PEER_PYTHON || "python3";

function has(...packages: string[]): boolean {
  return spawnSync(python, ["-c", packages.map((name) => `import ${name}`).join("\n")]).status === 0;
}

function peer(script: string, ...words: string[]) {
  return spawnSync(python, [join(packageRoot, "bench/peers", script), ...words], { encoding: "utf8" });
}

const hasRuntime = has("onnxruntime", "numpy");
const base = temporaryFolder();
let run: string;

beforeAll(async () => {
  if (!hasRuntime) return;
  putDataset(join(base, "data"));
  run = await trainRun(base, "run");
  await dimseg("export", run);
});

it.skipIf(!hasRuntime)("numpy and onnxruntime make our masks of PNG files of any size", async () => {
  const shapes = [
    { name: "larger", width: 70, height: 41, channels: 3 },
    { name: "smaller", width: 20, height: 90, channels: 1 },
  ] as const;
  for (const { name, width, height, channels } of shapes) {
    const data = pixels(width * height * channels, width).map((value, i) => (value >> 2) + ((3 * i) % 190));
    // Lines that are filtered in all ways are compressed with one or the other option.
    const options = { adaptiveFiltering: name === "larger" };
    put(
      join(base, "in", `${name}.png`),
      await sharp(data, { raw: { width, height, channels } }).png(options).toBuffer(),
    );
  }
  await dimseg("predict", run, join(base, "in"), "--out", join(base, "out"));
  const images = shapes.map(({ name }) => join(base, "in", `${name}.png`));
  const said = peer(
    "onnx_reference.py",
    join(run, "export/model.onnx"),
    ...images,
    "--compare",
    join(base, "out/masks"),
  );
  expect(said.stderr).toBe("");
  expect(said.stdout).toBe("larger.png: 0 of 2870 pixels differ\nsmaller.png: 0 of 1800 pixels differ\n");
});

it.skipIf(!hasRuntime || !hasOnnxRuntime)("and of a graph that computes in 8 bits", async () => {
  const coarse = join(base, "coarse");
  await dimseg("export", run, "--precision", "int8", "--out", coarse);
  const { precision } = JSON.parse(readFileSync(join(coarse, "model.json"), "utf8"));
  const file = join(coarse, precision === "int8" ? "model.onnx" : "model-reduced.onnx");
  await dimseg("predict", file, join(base, "in"), "--out", join(base, "coarse-out"));
  const images = ["larger", "smaller"].map((name) => join(base, "in", `${name}.png`));
  const said = peer("onnx_reference.py", file, ...images, "--compare", join(base, "coarse-out/masks"));
  expect(said.stderr).toBe("");
  // Numbers of the last digit decide how a value is rounded to 8 bits.
  const differing = [...said.stdout.matchAll(/: (\d+) of/g)].map(([, count]) => Number(count));
  expect(differing).toHaveLength(2);
  expect(Math.max(...differing)).toBeLessThan(10);
});

it.skipIf(!hasRuntime).each([
  ["z-scores", { intensity: { zscore: "all" } }],
  ["z-scores within percentiles", { intensity: { zscore: "nonzero", percentiles: [5, 90] } }],
  ["levels that are not rounded", { values: "float", intensity: { low: 100, high: 60_000 } }],
])("and of the same files as %s", async (name, values) => {
  const folder = join(base, name);
  const file = parse(readFileSync(join(base, "data/dataset.yaml"), "utf8"));
  const dataset = put(join(base, "data", `${name}.yaml`), stringify({ ...file, ...values }));
  const exported = await trainRun(base, name, { dataset });
  await dimseg("export", exported);
  const images = [8, 16].map((bits) => {
    const samples = Array.from(pixels(50 * 33, bits), (value, i) => (bits === 8 ? value : 251 * value + (i % 250)));
    return put(join(folder, "in", `${bits}.png`), png(50, 33, samples, { bits: bits as 8 | 16 }));
  });
  await dimseg("predict", exported, ...images, "--out", join(folder, "out"));
  const said = peer(
    "onnx_reference.py",
    join(exported, "export/model.onnx"),
    ...images,
    "--compare",
    join(folder, "out/masks"),
  );
  expect(said.stderr).toBe("");
  expect(said.stdout).toBe("8.png: 0 of 1650 pixels differ\n16.png: 0 of 1650 pixels differ\n");
});

it.skipIf(!hasRuntime || !has("torch"))("the loader of docs/export.md brings the weights into PyTorch", () => {
  const said = peer("exported_weights.py", join(run, "export"));
  expect(said.stderr).toBe("");
  expect(said.stdout).toMatch(/^PyTorch .* and onnxruntime .* differ by at most \d\.\de-0[5-9]\n$/);
});
