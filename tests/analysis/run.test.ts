/** Features and landscapes of a run that `dimseg train` made. */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { bottleneckFeatures, lossLandscape } from "../../src/analysis/index.js";
import { planar8bit } from "../../src/augment/index.js";
import { NumericError, UsageError } from "../../src/core/errors.js";
import { evaluateNetwork } from "../../src/judging/evaluate-network.js";
import { segmentationLoss } from "../../src/losses/index.js";
import { type LoadedRun, loadRun } from "../../src/runs/load-run.js";
import { readMetrics } from "../../src/runs/logs/metrics-log.js";
import { mean } from "../../src/statistics/mean.js";
import { fromTypedArray, liveTensors, noGrad, scope } from "../../src/torch/index.js";
import { putDataset, trainRun } from "../cli/trained-run.js";
import { temporaryFolder } from "../data/files.js";

const base = temporaryFolder();
let run: LoadedRun;
let supervised: LoadedRun;

beforeAll(async () => {
  putDataset(join(base, "data"));
  run = await loadRun(await trainRun(base, "midss"), { checkpoint: "last" });
  const alone = {
    method: { name: "supervised" },
    labelled: { domain: "a", count: 4 },
    training: { iterations: 2, labelledBatch: 2, precision: "fp32", device: "cpu", threads: 1 },
  };
  supervised = await loadRun(await trainRun(base, "supervised", alone), { checkpoint: "last" });
});

/** Every value of the student's weights and statistics. */
function state({ networks }: LoadedRun): number[][] {
  return [...networks.student.stateDict().values()].map((one) => [...one.toNumbers()]);
}

const testCases = ({ dataset }: LoadedRun) => dataset.domains.flatMap((domain) => domain.cases("test"));

describe("bottleneckFeatures", () => {
  it("are the spatial means of the last encoder map of each image, of student and of teacher", async () => {
    const { dataset, cache } = run;
    const cases = dataset.domains.flatMap((domain) => [...domain.cases("train"), ...domain.cases("test")]);
    const decoded = await Promise.all(cases.map((one) => cache.get(one)));
    const before = liveTensors();
    for (const name of ["student", "teacher"] as const) {
      const reports: number[] = [];
      const onProgress = (done: number) => reports.push(done);
      const { features, count, dimensions } = await bottleneckFeatures(run, cases, { network: name, onProgress });
      expect([count, dimensions]).toEqual([cases.length, 32]);
      expect(reports.at(-1)).toBe(cases.length);
      decoded.forEach(({ image }, i) => {
        const want = scope(() =>
          noGrad(() => {
            const levels = run.networks[name]!.encode(planar8bit.forward(fromTypedArray(image, [1, 1, 32, 32])));
            return [...levels[4].mean([2, 3]).toNumbers()];
          }),
        );
        want.forEach((value, d) => {
          expect(features[i * dimensions + d]).toBeCloseTo(value, 5);
        });
      });
    }
    expect(liveTensors()).toBe(before);
  });

  it("work for a network in training mode, which stays in it with its statistics", async () => {
    const before = state(run);
    const cases = testCases(run);
    const want = await bottleneckFeatures(run, cases, { network: "student" });
    run.networks.student.train();
    expect(await bottleneckFeatures(run, cases, { network: "student" })).toEqual(want);
    expect(run.networks.student.training).toBe(true);
    run.networks.student.eval();
    expect(state(run)).toEqual(before);
  });

  it("refuse a teacher that is not there, no cases, and a broken network", async () => {
    const cases = testCases(supervised);
    await expect(bottleneckFeatures(supervised, cases, { network: "teacher" })).rejects.toThrow(/has no teacher/);
    await expect(bottleneckFeatures(supervised, [], { network: "student" })).rejects.toThrow(UsageError);
    const [weight] = supervised.networks.student.parameters();
    const kept = noGrad(() => weight.detach().clone());
    noGrad(() => weight.fill_(Number.NaN));
    const broken = bottleneckFeatures(supervised, cases, { network: "student" });
    await expect(broken).rejects.toThrow(NumericError);
    await expect(broken).rejects.toThrow(/^a\/test\/0: /);
    noGrad(() => weight.copy_(kept));
  });
});

describe("lossLandscape", () => {
  const options = { points: 5, radius: 0.4, seed: 3 };

  it("has the run's own validation loss at zero, and leaves every bit of the weights", async () => {
    const before = state(run);
    const live = liveTensors();
    const { line, sam, plane } = await lossLandscape(run, options);
    expect(state(run)).toEqual(before);
    expect(liveTensors()).toBe(live);
    const { split, dataset, cache, device, precision } = run;
    const { losses } = await evaluateNetwork(run.networks.student, dataset, split.validation, cache, {
      device,
      precision,
      normalisation: planar8bit,
      loss: (logits, { labels }) => segmentationLoss(logits, labels, null, { kind: dataset.target }).loss.item(),
    });
    const middle = plane.find(({ a, b }) => a === 0 && b === 0);
    expect([line[2], sam[2]]).toEqual(Array(2).fill({ t: 0, loss: mean(losses) }));
    expect(middle?.loss).toBe(mean(losses));
    const logged = readMetrics(run.folder.metrics).findLast((record) => "validation.student.a.loss" in record);
    expect(middle?.loss).toBeCloseTo(logged?.["validation.student.a.loss"] as number, 6);
  });

  it("lays out its points evenly, repeats itself, and climbs along the gradient", async () => {
    const progress: [number, number][] = [];
    const onProgress = (done: number, total: number) => progress.push([done, total]);
    const { line, sam, plane } = await lossLandscape(run, { ...options, onProgress });
    const at = [-0.4, -0.2, 0, 0.2, 0.4];
    expect(line.map(({ t }) => t)).toEqual(at);
    expect(sam.map(({ t }) => t)).toEqual(at);
    expect(plane.map(({ a, b }) => [b, a])).toEqual(at.flatMap((b) => at.map((a) => [b, a])));
    expect(line.map(({ loss }) => loss)).toEqual(plane.slice(10, 15).map(({ loss }) => loss));
    expect(progress.at(-1)).toEqual([30, 30]);
    expect(await lossLandscape(run, options)).toEqual({ line, sam, plane });
    expect((await lossLandscape(run, { ...options, seed: 4 })).line).not.toEqual(line);
    const near = (await lossLandscape(run, { ...options, radius: 0.01 })).sam.map(({ loss }) => loss);
    expect(near).toEqual([...near].sort((a, b) => a - b));
  });

  it("takes labelled cases where no validation split was kept", async () => {
    const { sam } = await lossLandscape(supervised, { points: 3, radius: 0.1, seed: 0 });
    expect(sam.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  });

  it("refuses options that give no picture, and a run without its data", async () => {
    await expect(lossLandscape(run, { ...options, points: 4 })).rejects.toThrow(/points is 4; give an odd/);
    await expect(lossLandscape(run, { ...options, radius: 0 })).rejects.toThrow(/radius is 0/);
    const bare = { ...run, split: { labelled: [], unlabelled: [], validation: [], unused: [] } };
    await expect(lossLandscape(bare, options)).rejects.toThrow(/data set is not there/);
  });
});
