/**
 * What a semi-supervised method is: it turns one batch into an objective (see optim/objective.ts) and, after the
 * weights have moved, updates whatever it keeps beside the student. One file per method, listed in registry.ts.
 * Shapes: B images, C channels, K classes, S all spatial axes, slowest first.
 */
import type { Augmenter, Normalisation } from "../augment/index.js";
import type { TargetKind } from "../core/target-kind.js";
import type { DomainLabels, ViewOutput } from "../divergence/index.js";
import type { Module, SegmentationNetwork } from "../nn/index.js";
import type { Evaluation, NamedParameters, StepPosition, StepValues } from "../optim/index.js";
import type { Device, Precision, Tensor } from "../torch/index.js";

/**
 * Images of one step, on the training device, weak and strong views aligned pixel by pixel. All of them hold raw values
 * (0…255 in float32), which amplitude transfer needs; what a network takes of them is the normalisation's word, and
 * `networkInputs` gives it.
 */
export interface Batch {
  /** How the run's networks take raw values. Default: 8-bit planes to [−1, 1]. */
  normalisation?: Normalisation;
  labelled: {
    /** Weakly augmented, [B, C, ...S]. */
    images: Tensor;
    /** "sigmoid": [B, K, ...S] 0/1 float32; "softmax": [B, ...S] int64; 0 where `annotated` is. */
    labels: Tensor;
    /** 1 where a pixel has a label, 0 where the data set ignores it, [B, 1, ...S] float32; null: all have one. */
    annotated?: Tensor | null;
  };
  /** Null when neither the method nor a divergence looks at unlabelled images. */
  unlabelled: {
    /** Weakly augmented, [B, C, ...S]. */
    weak: Tensor;
    /** The same with strong photometric augmentation. */
    strong: Tensor;
  } | null;
}

/** Where a step stands, for draws and ramps. */
export interface MethodStep {
  seed: number;
  /** 0-based. */
  iteration: number;
  maxIterations: number;
  /** Index of the first image in the whole batch, for a process that holds a part of it. Default 0. */
  first?: number;
  /** Of a step that is captured: where it takes numbers that differ in the steps that repeat it. */
  values?: StepValues<MethodStep & StepPosition>;
}

/** What chance decides in one step, by name. */
export type Draws = Readonly<Record<string, Tensor>>;

/** What every method is built from. */
export interface MethodContext {
  student: SegmentationNetwork;
  /** Another network of the same shape, for methods that average or train a second one. */
  createNetwork(): SegmentationNetwork;
  kind: TargetKind;
  augmentation: Pick<Augmenter, "tpRamFactor">;
  precision: Precision;
  device: Device;
  /** Seed of the run, for parts that a method initialises itself. Default 0. */
  seed?: number;
}

/** An evaluation whose forward passes the divergence estimators may reuse. */
export interface MethodEvaluation extends Evaluation {
  /** Outputs of the labelled view and of the unlabelled one; null for methods that pass no unlabelled images. */
  shared: { source: ViewOutput; target: ViewOutput } | null;
}

/** What a divergence between the domains may look at. */
export interface DomainView {
  /** Labelled network inputs in [−1, 1], [B, C, ...S]. */
  source: Tensor;
  /** Unlabelled ones, [B, C, ...S] each. */
  target: { weak: Tensor; strong: Tensor };
  /** Labels and pseudo-labels; null for methods that make none. */
  labels: DomainLabels | null;
}

/** One step's fixed inputs and targets; `evaluate` may be called at any weights. */
export interface PreparedStep {
  /** Losses and forward passes at the network's present weights, running statistics moved only when told to. */
  evaluate(pass: { updateRunningStatistics: boolean }): MethodEvaluation;
  /** Null when the batch held no unlabelled images. */
  domains: DomainView | null;
  /** Weight of the unlabelled terms in this step, in [0, 1]; the divergence's ramp follows it. */
  rampUp: number;
  /** Scalars for the log, such as the share of confident pixels; left on the device, and read in steps that are logged. */
  measures: Record<string, Tensor>;
}

/** Tensors that a method keeps from step to step in numbers or shapes that change, unlike a network's buffers. */
export interface MethodMemory {
  /** Everything kept, by name; still owned by the memory. */
  state(): Map<string, Tensor>;
  /** Continues from copies of a saved state. @throws CheckpointError when it is not one of this memory */
  loadState(state: ReadonlyMap<string, Tensor>): void;
  /** Frees what is kept. */
  dispose(): void;
}

/** A method with its settings and networks; see `methods`. */
export interface Method {
  /** What chance decides, fixed by (seed, iteration), and what follows from that without a network. Default: nothing. */
  draw?(batch: Batch, step: MethodStep): Draws;
  /**
   * Fixes everything else: above all what a teacher says. Tensors belong to the caller's scope.
   * @param draws what {@link draw} gave, or others in its place; default: what it gives
   */
  prepare(batch: Batch, step: MethodStep, draws?: Draws): PreparedStep;
  /** Called once after each update of the student. */
  afterUpdate(step: MethodStep): void;
  /**
   * What is kept beside the student and saved with it, buffers included; `teacher` is the averaged network and is
   * evaluated beside it.
   */
  readonly networks: Readonly<{ teacher?: SegmentationNetwork } & Record<string, Module>>;
  /** Saved as memory.safetensors. Default: none. */
  readonly memory?: MethodMemory;
  /** Parameters that are trained, and perturbed, together with the student's as one vector. Default: none. */
  readonly trainable?: NamedParameters;
}
