/** Every method and every optimiser on volumes: one step each, on overlapping and on exclusive classes. */
import { describe, expect, it } from "vitest";
import { volumeAugmenter, volumeProfile } from "../../src/augment/index.js";
import {
  type Batch,
  createComparison,
  createObjective,
  type MethodContext,
  type MethodEntry,
  type MethodName,
  methods,
  restyle,
} from "../../src/methods/index.js";
import type { SegmentationNetwork } from "../../src/nn/index.js";
import {
  type Evaluation,
  type MinimizerEntry,
  type MinimizerName,
  minimizers,
  type Objective,
  Sgd,
} from "../../src/optim/index.js";
import { liveTensors, noGrad, scope, setThreads } from "../../src/torch/index.js";
import { type Kind, kinds, makeVolumes, VolumeNetwork } from "../support/volume-network.js";

// On tensors this small, threads cost more than they save.
setThreads(1);

function makeBatch(kind: Kind): Batch {
  const { images: weak } = makeVolumes(kind, 2);
  return { labelled: makeVolumes(kind, 1), unlabelled: { weak, strong: noGrad(() => weak.mul(0.8).add(10).floor()) } };
}

const valuesOf = (network: SegmentationNetwork, what: "namedParameters" | "namedBuffers") =>
  network[what]().flatMap(([, tensor]) => [...tensor.toNumbers()]);

/** Whether a pass was told to move running statistics, and whether it did. */
interface SeenPass {
  told: boolean;
  moved: boolean;
}

/** Notes what each pass of an objective does to a network's running statistics. */
function watched<E extends Evaluation>(
  objective: Objective<E>,
  network: SegmentationNetwork,
  passes: SeenPass[],
): Objective<E> {
  const note = <T>(told: boolean, run: () => T): T => {
    const before = valuesOf(network, "namedBuffers");
    const result = run();
    passes.push({ told, moved: valuesOf(network, "namedBuffers").some((value, i) => value !== before[i]) });
    return result;
  };
  const { divergence } = objective;
  return {
    evaluate: (pass) => note(pass.updateRunningStatistics, () => objective.evaluate(pass)),
    divergence: divergence && ((evaluation, pass) => note(false, () => divergence(evaluation, pass))),
  };
}

/** One step half-way through training, where every term has weight; frees all it made. */
function step(method: MethodName, optimizer: MinimizerName, kind: Kind) {
  const before = liveTensors();
  let seed = 1;
  const createNetwork = () => new VolumeNetwork(kind, seed++);
  const student = createNetwork();
  const augmentation = { ...volumeAugmenter(volumeProfile), tpRamFactor: 0.2 };
  const compute = { precision: "fp32", device: "cpu" } as const;
  const context: MethodContext = { student, createNetwork, kind, augmentation, ...compute };
  const entry: MethodEntry = methods[method] as never;
  const made = entry.create(context, entry.options.parse({}));
  const trained = [...student.namedParameters(), ...(made.trainable ?? [])];
  const sgd = new Sgd(
    trained.map(([, parameter]) => parameter),
    { momentum: 0.9, weightDecay: 0 },
  );
  const chosen: MinimizerEntry = minimizers[optimizer] as never;
  const settings = chosen.options.parse({});
  const minimizer = chosen.create(trained, sgd, settings);
  const { divergence } = settings as { divergence?: Parameters<typeof createComparison>[0] };
  const comparison = divergence ? createComparison(divergence, kind) : null;
  const passes: SeenPass[] = [];
  const weights = valuesOf(student, "namedParameters");
  const report = scope(() => {
    const at = { seed: 5, iteration: 60, maxIterations: 120 };
    const batch = makeBatch(kind);
    const prepared = made.prepare(batch, at);
    const restyled = comparison?.estimator.restyles ? restyle(batch, augmentation, at) : undefined;
    const objective = watched(createObjective(prepared, student, comparison, compute, restyled), student, passes);
    const rate = { rate: 0.03, baseRate: 0.03, rampUp: prepared.rampUp, measure: true };
    const result = minimizer.step(objective, { ...at, ...rate });
    made.afterUpdate(at);
    return result;
  });
  const moved = valuesOf(student, "namedParameters").map((value, i) => value !== weights[i]);
  for (const network of [student, ...Object.values(made.networks)]) network.dispose();
  for (const tensor of scope(() => [...minimizer.state().values()])) tensor.dispose();
  made.memory?.dispose();
  comparison?.estimator.dispose();
  expect(liveTensors(), "tensors left").toBe(before);
  return { report, passes, moved: moved.filter(Boolean).length / moved.length };
}

function expectSound({ report, passes, moved }: ReturnType<typeof step>): void {
  expect(report.nonFinite).toBeUndefined();
  expect(Object.values(report.terms).every(Number.isFinite)).toBe(true);
  expect(Number.isFinite(report.task)).toBe(true);
  expect(report.updateNorm).toBeGreaterThan(0);
  expect(moved, "share of the weights that moved").toBeGreaterThan(0.9);
  expect(passes.filter(({ told }) => told)).toHaveLength(1);
  for (const { told, moved } of passes) expect(moved).toBe(told);
}

describe.each(kinds)("volumes of %s classes", (kind) => {
  it.each(Object.keys(methods) as MethodName[])("train under %s", (method) => {
    expectSound(step(method, "none", kind));
  });

  it.each(Object.keys(minimizers) as MinimizerName[])("train under MiDSS by %s", (optimizer) => {
    expectSound(step("midss", optimizer, kind));
  });
});
