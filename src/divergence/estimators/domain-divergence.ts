/**
 * What an estimator of the divergence between the labelled (source, P) and unlabelled (target, Q) domain is given and
 * gives (method section 5.3). Each estimator is one file here and one line in registry.ts. Shapes: B images, C and F
 * channels, K classes, S all spatial axes.
 */
import type { TargetKind } from "../../core/target-kind.js";
import type { SegmentationNetwork } from "../../nn/index.js";
import type { Tensor } from "../../torch/index.js";
import type { FDivergence } from "../f-divergence.js";

/**
 * How the network sees the images when the divergence is computed.
 * - `joint`: one batch [x; u] with that batch's own BatchNorm statistics, running ones untouched. Separate batches
 *   would each be normalised to the same moments, which hides most of the difference between the domains.
 * - `evalBN`: BatchNorm's running statistics, untouched.
 * - `shared`: what the method's own passes already gave; free, but with the flaw that `joint` avoids. For ablation.
 */
export type DivergenceForward = "joint" | "evalBN" | "shared";

/** Through which domain's images the gradient flows. */
export type DivergenceSide = "both" | "source" | "target";

/** What a method keeps of its passes over one view; B images. */
export interface ViewOutput {
  /** [B, K, ...S] */
  logits: Tensor;
  /** Last encoder map [B, C, ...S], coarser. */
  bottleneck?: Tensor;
  /** Last decoder map [B, F, ...S]. */
  feature?: Tensor;
}

/** Labels of the images, for the class-conditional estimator. */
export interface DomainLabels {
  /** In the form that {@link TargetKind} says. */
  source: Tensor;
  /** 1 where `source` is a label, 0 where nobody gave one, [B, 1, ...S]; missing or null: everywhere. */
  sourceAnnotated?: Tensor | null;
  /** Pseudo-labels of the target images, in the same form. */
  target: Tensor;
  /** Where to trust them, 0/1: "sigmoid" [B, K, ...S], "softmax" [B, 1, ...S]. */
  targetConfidence: Tensor;
}

/** Labelled images in the style of unlabelled ones, for `restyled`. */
export interface RestyledImages {
  /** Normalised, [B, C, ...S]. */
  images: Tensor;
  /** In the form that {@link TargetKind} says. */
  labels: Tensor;
  /** 1 where `labels` is a label, 0 where nobody gave one, [B, 1, ...S]; null: everywhere. */
  annotated: Tensor | null;
}

/** One evaluation's input. The two batches may differ in size; the precision is the caller's, who may run it under autocast. */
export interface DomainInput {
  network: SegmentationNetwork;
  /** Labelled images [B, C, ...S], normalised. */
  source: Tensor;
  /** Unlabelled images [B, C, ...S], weak or strong view. */
  target: Tensor;
  /** For `shared`: outputs of the labelled view (P) and of the unlabelled view (Q) in the same pass. */
  shared?: { source: ViewOutput; target: ViewOutput };
  /** For `featProto`. */
  labels?: DomainLabels;
  /** For estimators that {@link DomainDivergence.restyles | look at them}: the same in all passes of a step. */
  restyled?: RestyledImages | undefined;
  /**
   * Whether the estimator learns from this evaluation (running means, a critic): true (default) in one pass of each
   * step, false in the others.
   */
  learn?: boolean;
}

/** When a divergence may act: the permutation test of domain-gate.ts. */
export interface GateOptions {
  /** The test's level, in (0, 1). */
  level: number;
  /** Steps from one test to the next. */
  every: number;
}

/** Choices made once per run, for any estimator; an estimator's own are in its entry. */
export interface DomainDivergenceOptions {
  divergence: FDivergence;
  /** Factor on D; default: the divergence's own (½ for `js`). */
  scale?: number;
  kind: TargetKind;
  /** Default "joint". */
  forward?: DivergenceForward;
  /** Default "both". */
  side?: DivergenceSide;
  /** Temperature of the feature softmax, > 0. Default 1. */
  tauF?: number;
  /** β of the running means P̄ ← βP̄ + (1−β)P, in [0, 1); default 0: none. Gradient flows through the current P only. */
  runningMean?: number;
  /** Images of each domain whose statistics a bank keeps beside the present ones; default: no bank. */
  bank?: number;
  /** When D may act, by a test on the bank; default: always. */
  gate?: GateOptions;
  /** For estimators that draw their first weights, and the gate. Default 0. */
  seed?: number;
}

/** An estimator with its choices made and what it learns, if anything. */
export interface DomainDivergence {
  readonly id: string;
  /** Whether it looks at labelled images in the style of unlabelled ones. Default: no. */
  readonly restyles?: boolean;
  /** Whether it remembers nothing and reads nothing of the device, so that a step with it can be captured. Default: no. */
  readonly capturable?: boolean;
  /**
   * scale·D_f(P‖Q) as a scalar tensor, differentiable in the network's parameters; it belongs to the caller's scope.
   * @throws UsageError when the input lacks what the choices need
   */
  evaluate(input: DomainInput): Tensor;
  /** Numbers for the log. Default: none. */
  measures?(): Record<string, Tensor>;
  /** What it has learnt, for a checkpoint; the tensors stay owned by the estimator. Empty where nothing is learnt. */
  state(): Map<string, Tensor>;
  /** Continues from a saved {@link DomainDivergence.state}; copies the tensors. */
  loadState(state: ReadonlyMap<string, Tensor>): void;
  /** Frees what it has learnt. */
  dispose(): void;
}
