/**
 * Measures what this machine trains fastest with: float32 or bfloat16, planes (NCHW) or channels last. `dimseg doctor`
 * shows it. Training itself goes by the processor's features (engine-settings.ts), so that a run can be repeated.
 */
import { segmentationLoss } from "../../losses/index.js";
import { UNet } from "../../nn/index.js";
import { Sgd } from "../../optim/index.js";
import { percentileInPlace } from "../../statistics/percentile.js";
import * as torch from "../../torch/index.js";

/** The two settings that decide how fast a step is. */
export interface EngineChoice {
  precision: "fp32" | "bf16";
  memoryFormat: "contiguous" | "channelsLast";
}

/** One setting and its median milliseconds per training step. */
export interface EngineMeasurement extends EngineChoice {
  milliseconds: number;
}

/** The choice and what it rests on. */
export interface EngineProbe extends EngineChoice {
  measurements: EngineMeasurement[];
}

/** Settings in order of preference: a later one must be clearly faster to be chosen. */
const candidates: readonly EngineChoice[] = [
  { precision: "fp32", memoryFormat: "contiguous" },
  { precision: "fp32", memoryFormat: "channelsLast" },
  { precision: "bf16", memoryFormat: "contiguous" },
  { precision: "bf16", memoryFormat: "channelsLast" },
];

/** How much faster a less preferred setting must be; two timings of the same step differ by less. */
const clearGain = 1.05;
/**
 * A setting whose first step takes this many times the fastest one's takes no other: without units for it, bfloat16 is
 * emulated, and a few of its steps would last longer than the whole probe should.
 */
const hopeless = 4;
/** Channels at full resolution of the network that is timed. */
export const probeWidth = 16;
/** Of the batch that is timed: images, channels, height, width. */
export const probeShape = [2, 3, 96, 96] as const;

interface Candidate extends EngineChoice {
  /** Milliseconds of one training step. */
  step: () => number;
  dispose: () => void;
  times: number[];
}

function prepare(choice: EngineChoice, device: torch.Device): Candidate {
  const { precision, memoryFormat } = choice;
  using generator = new torch.Generator(0);
  const network = new UNet({ inChannels: probeShape[1], outChannels: 2, width: probeWidth, generator });
  network.to({ device, memoryFormat });
  const [batch, , height, width] = probeShape;
  const { x, y } = torch.scope(() => ({
    x: torch.randn(probeShape, { generator }).to({ device, memoryFormat }),
    y: torch.zeros([batch, height, width], { dtype: "int64", device }),
  }));
  const parameters = network.parameters();
  const optimizer = new Sgd(parameters, { momentum: 0.9 });
  const train = () =>
    torch.scope(() => {
      const logits = torch.autocast(precision, device, () => network.forward(x)).to({ dtype: "float32" });
      const { loss } = segmentationLoss(logits, y, null, { kind: "softmax" });
      optimizer.step(torch.grad(loss, parameters), 0.01);
      loss.item();
    });
  const step = () => {
    const before = performance.now();
    train();
    return performance.now() - before;
  };
  const dispose = () => {
    for (const tensor of [x, y, ...optimizer.state().values()]) tensor.dispose();
    network.dispose();
  };
  return { ...choice, step, dispose, times: [] };
}

/** The first setting that no other beats clearly. */
export function chooseEngine(measurements: readonly EngineMeasurement[]): EngineChoice {
  let best = measurements[0];
  for (const candidate of measurements.slice(1)) {
    if (candidate.milliseconds * clearGain < best.milliseconds) best = candidate;
  }
  return { precision: best.precision, memoryFormat: best.memoryFormat };
}

/**
 * Times training steps of a small U-Net in every setting, one step of each in turn.
 * @param options.milliseconds time to spend, about; every setting that is not hopeless runs at least twice
 * @returns the fastest setting, where float32 and planes win a near tie
 */
export function probeEngine({ device = "cpu", milliseconds = 2000 } = {}): EngineProbe {
  const started = performance.now();
  const running = candidates.map((choice) => prepare(choice, device));
  try {
    // The first step of each builds oneDNN's kernels; only the hopeless ones are judged by it.
    const begun = running.map((candidate) => ({ ...candidate, first: candidate.step() }));
    const limit = hopeless * Math.min(...begun.map(({ first }) => first));
    for (const { first, times } of begun) if (first > limit) times.push(first);
    const racing = begun.filter(({ first }) => first <= limit);
    for (let round = 0; round === 0 || performance.now() - started < milliseconds; round++) {
      for (const { step, times } of racing) times.push(step());
    }
  } finally {
    for (const { dispose } of running) dispose();
  }
  const measurements = running.map(({ precision, memoryFormat, times }) => {
    return { precision, memoryFormat, milliseconds: percentileInPlace(Float64Array.from(times), 50) };
  });
  return { ...chooseEngine(measurements), measurements };
}
