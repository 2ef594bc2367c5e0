/** From decoded cases to the augmented batch of one step. */
import type { Augmenter, Normalisation } from "../augment/index.js";
import { imagesBCS, labelsBKS, lossLabels } from "../data/case-tensors.js";
import type { Dataset } from "../data/dataset.js";
import type { CaseSource, DecodedCase } from "../data/decode.js";
import { type Drawable, decodedDrawable } from "../data/volumes/case-slices.js";
import type { Batch } from "../methods/index.js";
import { type Device, noGrad } from "../torch/index.js";
import { drawPatch } from "./patches.js";
import { Sampler } from "./sampler.js";

/** What batches are drawn from. */
export interface TrainingDraws {
  readonly labelled: readonly Drawable[];
  readonly unlabelled: readonly Drawable[];
}

export interface BatchOptions {
  source: CaseSource;
  dataset: Dataset;
  draws: TrainingDraws;
  labelledBatch: number;
  /** 0 when nothing looks at unlabelled images. */
  unlabelledBatch: number;
  seed: number;
  augmenter: Augmenter;
  normalisation: Normalisation;
  device: Device;
  /** Of networks of volumes: the sides of the patches. */
  patch: readonly number[] | null;
  /** Of several processes: which part of each batch this one has. Default: all of it. */
  share?: Share;
}

/** One of `size` equal parts of a batch, the `rank`-th from 0. */
export interface Share {
  readonly rank: number;
  readonly size: number;
}

/** The decoded cases of one step; {@link Batches.assemble} turns them into tensors inside the step's scope. */
export interface DecodedBatch {
  iteration: number;
  labelled: DecodedCase[];
  unlabelled: DecodedCase[];
}

export class Batches {
  private readonly labelled: Sampler;
  private readonly unlabelled: Sampler;

  constructor(private readonly options: BatchOptions) {
    const { draws, labelledBatch, unlabelledBatch, seed } = options;
    this.labelled = new Sampler(draws.labelled.length, labelledBatch, seed, "labelled");
    this.unlabelled = new Sampler(draws.unlabelled.length, Math.max(unlabelledBatch, 1), seed, "unlabelled");
  }

  /** Decodes (or finds in the cache) what a 0-based iteration needs. */
  async fetch(iteration: number): Promise<DecodedBatch> {
    const { draws, unlabelledBatch } = this.options;
    const get = (purpose: keyof TrainingDraws) => {
      const { first, count } = this.part(purpose);
      const own = this[purpose].batch(iteration).slice(first, first + count);
      return Promise.all(own.map((i, index) => this.drawn(draws[purpose][i], purpose, iteration, first + index)));
    };
    return {
      iteration,
      labelled: await get("labelled"),
      unlabelled: unlabelledBatch > 0 ? await get("unlabelled") : [],
    };
  }

  /** Where this process's images lie in the whole batch, by whose indices everything is drawn. */
  part(purpose: keyof TrainingDraws): { first: number; count: number } {
    const { labelledBatch, unlabelledBatch, share = { rank: 0, size: 1 } } = this.options;
    const count = (purpose === "labelled" ? labelledBatch : unlabelledBatch) / share.size;
    return { first: share.rank * count, count };
  }

  /** What the network sees of a drawable: a picture, a slice, or a patch drawn anew in each step. */
  private async drawn(one: Drawable, purpose: keyof TrainingDraws, iteration: number, index: number) {
    const { source, dataset, patch, seed } = this.options;
    const { label, ...image } = await decodedDrawable(one, source);
    // Masks of cases that count as unlabelled have no say in anything.
    const decoded = label && purpose === "labelled" ? { ...image, label } : image;
    return patch ? drawPatch(decoded, dataset, patch, { seed, purpose, iteration, index }) : decoded;
  }

  /** Tensors on the device, augmented with draws fixed by (seed, iteration, position). */
  assemble({ iteration, labelled, unlabelled }: DecodedBatch): Batch {
    const { seed, augmenter, normalisation, dataset, device } = this.options;
    const key = (purpose: keyof TrainingDraws) => ({ seed, iteration, purpose, first: this.part(purpose).first });
    return noGrad(() => {
      const [x, y] = [imagesBCS(labelled, device), labelsBKS(labelled, dataset, device)];
      const { images, labels } = augmenter.labelled(x, y, key("labelled"));
      return {
        normalisation,
        labelled: { images, ...lossLabels(labels, dataset) },
        unlabelled:
          unlabelled.length === 0 ? null : augmenter.unlabelled(imagesBCS(unlabelled, device), key("unlabelled")),
      };
    });
  }
}
