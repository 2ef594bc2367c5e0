/**
 * What UST-RUN remembers of unlabelled images: a queue of those whose labels proved reliable, to paste from, and the
 * least reliable one of the step before. Both hold raw images with the teacher's labels of that time.
 */
import { CheckpointError } from "../core/errors.js";
import { cat, type Device, KeptTensors, noGrad, scope, type Tensor, tensor } from "../torch/index.js";
import type { MethodMemory } from "./method.js";

/** Unlabelled images and what the teacher said of them. */
export interface PseudoLabelled {
  /** Raw values, weakly augmented, [n, C, ...S]. */
  images: Tensor;
  /** As TargetKind says, and where to trust it, as pseudoLabels gives them. */
  labels: Tensor;
  confident: Tensor;
}

/** When an image is reliable, and how many are kept. */
export interface ReliableOptions {
  /** Images kept at most. */
  length: number;
  /** The greatest threshold; images below the present one enter. */
  limit: number;
}

const parts = ["images", "labels", "confident"] as const;
const groups = ["reliable", "hardest"] as const;

const chosen = (batch: PseudoLabelled, rows: readonly number[]): PseudoLabelled => {
  const index = tensor(rows, { dtype: "int64", device: batch.images.device });
  const [images, labels, confident] = parts.map((part) => batch[part].indexSelect(0, index));
  return { images, labels, confident };
};

export class ReliableMemory implements MethodMemory {
  private readonly kept = new KeptTensors();

  constructor(
    private readonly options: ReliableOptions,
    private readonly device: Device,
  ) {}

  /** The queue, latest first; null before the first {@link take}, and then perhaps of no images. */
  get reliable(): PseudoLabelled | null {
    return this.group("reliable");
  }

  /** The least reliable image of the last step; null before the first {@link take}. */
  get hardest(): PseudoLabelled | null {
    return this.group("hardest");
  }

  /**
   * Takes a step's images in: those below the threshold come to the head of the queue, and the threshold falls to the
   * greatest hardness in it; where there are none it grows.
   * @param hardness of each image, 1 − Dice of student and teacher
   * @param growth factor on the threshold in a step without reliable images
   */
  take(batch: PseudoLabelled, hardness: readonly number[], growth: number): void {
    noGrad(() =>
      scope(() => {
        const threshold = this.numbers("threshold")[0] ?? this.options.limit;
        const rows = hardness.flatMap((value, i) => (value < threshold ? [i] : []));
        const values = [...rows.map((i) => hardness[i]), ...this.numbers("hardness")].slice(0, this.options.length);
        if (rows.length > 0 || !this.reliable) this.keep("reliable", this.queueWith(chosen(batch, rows)));
        this.keep("hardest", chosen(batch, [hardness.indexOf(Math.max(...hardness))]));
        this.kept.set("hardness", tensor(values, { dtype: "float64" }));
        const next = rows.length > 0 ? Math.min(threshold, Math.max(...values)) : threshold * growth;
        this.kept.set("threshold", tensor([Math.min(next, this.options.limit)], { dtype: "float64" }));
      }),
    );
  }

  private queueWith(latest: PseudoLabelled): PseudoLabelled {
    const { reliable } = this;
    const [images, labels, confident] = parts.map((part) => {
      const all = reliable ? cat([latest[part], reliable[part]]) : latest[part];
      return all.narrow(0, 0, Math.min(all.shape[0], this.options.length));
    });
    return { images, labels, confident };
  }

  private group(name: (typeof groups)[number]): PseudoLabelled | null {
    const [images, labels, confident] = parts.map((part) => this.kept.get(`${name}.${part}`));
    return images && labels && confident ? { images, labels, confident } : null;
  }

  private numbers(name: string): number[] {
    return [...(this.kept.get(name)?.toNumbers() ?? [])];
  }

  private keep(name: (typeof groups)[number], images: PseudoLabelled): void {
    for (const part of parts) this.kept.set(`${name}.${part}`, images[part]);
  }

  state(): Map<string, Tensor> {
    return this.kept.state();
  }

  loadState(state: ReadonlyMap<string, Tensor>): void {
    const expected = ["hardness", "threshold", ...groups.flatMap((group) => parts.map((part) => `${group}.${part}`))];
    const missing = state.size > 0 ? expected.find((name) => !state.has(name)) : undefined;
    const foreign = [...state.keys()].find((name) => !expected.includes(name));
    if (missing ?? foreign) {
      throw new CheckpointError(
        `ust-run: the saved memory ${missing ? `lacks ${missing}` : `has ${foreign}`}; it belongs to another method`,
      );
    }
    this.dispose();
    scope(() => {
      for (const [name, value] of state)
        this.kept.set(name, name.includes(".") ? value.to({ device: this.device }) : value);
    });
  }

  dispose(): void {
    this.kept.dispose();
  }
}
