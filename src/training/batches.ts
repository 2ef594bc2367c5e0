/** From decoded cases to the augmented batch of one step. */
import { type AugmentationProfile, augmentLabelled, augmentUnlabelled, type Normalisation } from "../augment/index.js";
import { imagesBCS, labelsBKS, lossLabels } from "../data/case-tensors.js";
import type { Dataset } from "../data/dataset.js";
import type { CaseSource, DecodedCase } from "../data/decode.js";
import { type Drawable, decodedDrawable } from "../data/volumes/case-slices.js";
import type { Batch } from "../methods/index.js";
import { type Device, noGrad } from "../torch/index.js";
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
  profile: AugmentationProfile;
  normalisation: Normalisation;
  device: Device;
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
    const { source, draws, unlabelledBatch } = this.options;
    const get = (from: readonly Drawable[], chosen: number[]) =>
      Promise.all(chosen.map((i) => decodedDrawable(from[i], source)));
    return {
      iteration,
      labelled: await get(draws.labelled, this.labelled.batch(iteration)),
      unlabelled: unlabelledBatch > 0 ? await get(draws.unlabelled, this.unlabelled.batch(iteration)) : [],
    };
  }

  /** Tensors on the device, augmented with draws fixed by (seed, iteration, position). */
  assemble({ iteration, labelled, unlabelled }: DecodedBatch): Batch {
    const { seed, profile, normalisation, dataset, device } = this.options;
    const key = (purpose: string) => ({ seed, iteration, purpose });
    return noGrad(() => {
      const [x, y] = [imagesBCS(labelled, device), labelsBKS(labelled, dataset, device)];
      const { images, labels } = augmentLabelled(x, y, key("labelled"), profile);
      return {
        normalisation,
        labelled: { images, ...lossLabels(labels, dataset) },
        unlabelled:
          unlabelled.length === 0 ? null : augmentUnlabelled(imagesBCS(unlabelled, device), key("unlabelled"), profile),
      };
    });
  }
}
