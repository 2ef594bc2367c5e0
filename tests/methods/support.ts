/** What the tests of methods share: small networks, made-up batches, and training steps as the trainer takes them. */
import { Buffer } from "node:buffer";
import { mriProfile, planarAugmenter } from "../../src/augment/index.js";
import { createComparison, type Method, type MethodEntry, type MethodName, methods } from "../../src/methods/index.js";
import type { Batch, MethodContext, MethodStep } from "../../src/methods/method.js";
import { type NetworkOptions, ResidualUNet, type SegmentationNetwork, UNet, UNetSsl4mis } from "../../src/nn/index.js";
import { type Minimizer, type MinimizerName, minimizers, Sgd, type StepReport } from "../../src/optim/index.js";
import { freshProgress } from "../../src/runs/checkpoints/checkpoint-contents.js";
import { Generator, noGrad, rand, scope, setThreads, stack, type Tensor } from "../../src/torch/index.js";
import type { TrainingSession } from "../../src/training/session.js";
import { type StepParts, trainStep } from "../../src/training/steps/step.js";
import { collectState, restoreState } from "../../src/training/training-state.js";

// On tensors this small, threads cost more than they save.
setThreads(1);

const forward = { precision: "fp32", device: "cpu" } as const;

export const kinds = ["sigmoid", "softmax"] as const;
export type Kind = (typeof kinds)[number];
/** Output channels: two nested parts, or a background and two classes. */
export const channelsOf = (kind: Kind) => (kind === "sigmoid" ? 2 : 3);

export const at = (iteration: number, maxIterations = 10): MethodStep => ({ seed: 5, iteration, maxIterations });

/** Square images [B, C, side, side] with a bright disc of random size and place; the labels are the disc and its core. */
export function makeBatch(kind: Kind, seed: number, { side = 32, count = 2, channels = 1 } = {}): Batch {
  return noGrad(() => {
    using generator = new Generator(1000 + seed);
    const row = rand([1, 1, side, 1], { generator }).mul(0).add(coordinates(side, 2));
    const column = coordinates(side, 3);
    const distance = () => {
      const centre = rand([count, 2, 1, 1], { generator })
        .mul(side / 2)
        .add(side / 4);
      const [y, x] = centre.split(1, 1);
      return row.sub(y).square().add(column.sub(x).square()).sqrt();
    };
    const image = (d: Tensor) =>
      rand([count, channels, side, side], { generator })
        .mul(90)
        .add(
          d
            .lt(side / 4)
            .to({ dtype: "float32" })
            .mul(100),
        )
        .add(
          d
            .lt(side / 8)
            .to({ dtype: "float32" })
            .mul(60),
        )
        .floor();
    const labelled = distance();
    const [core, disc] = [side / 8, side / 4].map((radius) => labelled.lt(radius).squeeze(1).to({ dtype: "float32" }));
    const weak = image(distance());
    return {
      labelled: {
        images: image(labelled),
        labels: kind === "sigmoid" ? stack([core, disc], 1) : core.add(disc).to({ dtype: "int64" }),
      },
      unlabelled: { weak, strong: weak.mul(0.8).add(10).floor() },
    };
  });
}

function coordinates(side: number, axis: number): Tensor {
  using generator = new Generator(0);
  const zeros = rand([side], { generator }).mul(0);
  return zeros
    .add(1)
    .cumsum(0)
    .sub(1)
    .reshape(axis === 2 ? [1, 1, side, 1] : [1, 1, 1, side]);
}

/** Networks of pictures, one of them with deep supervision. */
const models = {
  unet: (shape: NetworkOptions): SegmentationNetwork => new UNet(shape),
  "unet-ssl4mis": (shape: NetworkOptions): SegmentationNetwork => new UNetSsl4mis(shape),
  deep: (shape: NetworkOptions): SegmentationNetwork => new ResidualUNet({ ...shape, rank: 2, deepSupervision: true }),
};

/** One method under one optimiser, stepped as the trainer does it. */
export class Training {
  readonly student: SegmentationNetwork;
  readonly method: Method;
  readonly minimizer: Minimizer;
  readonly context: MethodContext;
  private readonly session: TrainingSession;

  constructor(
    name: MethodName | MethodEntry,
    readonly kind: Kind,
    {
      optimizer = "none" as MinimizerName,
      seed = 1,
      options = {} as Record<string, unknown>,
      settings: chosenSettings = {} as Record<string, unknown>,
      model = "unet" as keyof typeof models,
    } = {},
  ) {
    let created = 0;
    const createNetwork = () => {
      using generator = new Generator(seed + 10 * created++);
      const shape = { inChannels: 1, outChannels: channelsOf(kind), width: 2, generator };
      return models[model](shape);
    };
    this.student = createNetwork();
    this.context = { student: this.student, createNetwork, kind, augmentation: mriProfile, ...forward };
    const entry: MethodEntry = typeof name === "string" ? (methods[name] as never) : name;
    this.method = entry.create(this.context, entry.options.parse(options));
    const trained = [...this.student.namedParameters(), ...(this.method.trainable ?? [])];
    const chosen = minimizers[optimizer];
    const settings = chosen.options.parse(chosenSettings);
    const sgd = new Sgd(
      trained.map(([, parameter]) => parameter),
      { momentum: 0.9, weightDecay: 1e-4 },
    );
    this.minimizer = chosen.create(trained, sgd, settings as never);
    const { divergence } = settings as { divergence?: Parameters<typeof createComparison>[0] };
    const comparison = divergence ? createComparison(divergence, kind) : null;
    const { student, method, minimizer } = this;
    const augmenter = planarAugmenter(mriProfile);
    this.session = { student, method, minimizer, comparison, augmenter } as TrainingSession;
  }

  /** One step of ten, a logged one, on batch `iteration` unless another is given. */
  step(iteration: number, batch = () => makeBatch(this.kind, iteration), how = {}): StepReport {
    const place = { ...at(iteration), baseRate: 0.03, measure: true, ...how };
    return scope(() => trainStep(this.parts, batch(), place).report);
  }

  /** What its steps work on. */
  get parts(): StepParts {
    return { ...this.session, ...forward };
  }

  run(from: number, to: number): StepReport[] {
    return Array.from({ length: to - from }, (_, i) => this.step(from + i));
  }

  /** The files of a checkpoint. */
  save(): Map<string, Uint8Array> {
    const files = [...collectState(this.session, freshProgress)];
    return new Map(
      files.map(([name, content]) => [
        name,
        typeof content === "string" ? Buffer.from(content) : Buffer.concat(content.map((part) => Buffer.from(part))),
      ]),
    );
  }

  load(files: ReadonlyMap<string, Uint8Array>): void {
    restoreState(this.session, { files, folder: "test" });
  }

  dispose(): void {
    for (const network of [this.student, ...Object.values(this.method.networks)]) network.dispose();
    this.method.memory?.dispose();
    for (const tensor of scope(() => [...this.minimizer.state().values()])) tensor.dispose();
    for (const tensor of this.session.comparison?.estimator.state().values() ?? []) tensor.dispose();
  }
}

/** Runs `body` with a training that is freed afterwards. */
export function withTraining(training: Training, body: (training: Training) => void): void {
  try {
    body(training);
  } finally {
    training.dispose();
  }
}
