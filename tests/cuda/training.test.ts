/** Training on CUDA: every method, optimiser and estimator runs, and what was trained there works on the CPU. */
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { planar8bit } from "../../src/augment/index.js";
import { estimatorIds } from "../../src/divergence/index.js";
import { predict } from "../../src/inference/predict.js";
import { methods } from "../../src/methods/index.js";
import { minimizers } from "../../src/optim/index.js";
import { loadRun } from "../../src/runs/load-run.js";
import { engineInfo, fromTypedArray, scope } from "../../src/torch/index.js";
import { metricLines } from "../cli/built.js";
import { dimseg, trainRun } from "../cli/trained-run.js";
import { temporaryFolder } from "../data/files.js";
import { pixels, putDataset } from "../data/tiny.js";
import { describeCuda } from "./device.js";

const base = temporaryFolder();
const training = { iterations: 4, labelledBatch: 2, unlabelledBatch: 2, device: "cuda", threads: 1 };

describeCuda("training on CUDA", () => {
  beforeAll(() => void putDataset(join(base, "data")));

  it("gives a run whose networks answer alike on the CPU", async () => {
    const path = await trainRun(base, "both", { training: { ...training, precision: "fp32" } });
    const answers = await Promise.all(
      ["cuda", "cpu"].map(async (device) => {
        const { networks, kind, precision } = await loadRun(path, { checkpoint: "last", device });
        return scope(() => {
          const images = fromTypedArray(pixels(1024), [1, 1, 32, 32]);
          return [
            ...predict(networks.student, images, {
              kind,
              device,
              precision,
              normalisation: planar8bit,
            }).probabilities.toNumbers(),
          ];
        });
      }),
    );
    for (const [i, value] of answers[0].entries()) expect(value).toBeCloseTo(answers[1][i], 4);
  });

  it.each(Object.keys(methods))("method %s trains and is evaluated", async (name) => {
    const path = await trainRun(base, `method-${name}`, {
      method: { name },
      training: { ...training, precision: "bf16" },
    });
    expect((await dimseg("evaluate", path)).out).toContain("student");
    expect(metricLines(path)).toBeGreaterThan(0);
  });

  it.each(Object.keys(minimizers))("optimiser %s trains", async (name) => {
    const path = await trainRun(base, `optimizer-${name}`, { optimizer: { name }, training });
    expect(metricLines(path)).toBeGreaterThan(0);
  });

  it.each(estimatorIds)("DiM trains with estimator %s", async (estimator) => {
    const optimizer = { name: "dim", divergence: { estimator } };
    const path = await trainRun(base, `estimator-${estimator}`, { optimizer, training });
    expect(metricLines(path)).toBeGreaterThan(0);
  });

  it("is what auto takes, in bfloat16", async () => {
    expect(engineInfo().cuda).toBe(true);
    const path = await trainRun(base, "auto", { training: { ...training, device: "auto" } });
    const { device, precision } = await loadRun(path, { checkpoint: "last" });
    expect([device, precision]).toEqual(["cuda", "bf16"]);
  });
});
