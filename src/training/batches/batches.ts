/** From prepared images to the augmented batch of one step, the images of the next steps asked for ahead. */
import type { Augmenter, DrawKey, Normalisation } from "../../augment/index.js";
import { lossLabels, packImages, packLabels } from "../../data/case-tensors.js";
import type { Dataset } from "../../data/dataset.js";
import type { DecodedCase } from "../../data/decode.js";
import type { Batch } from "../../methods/index.js";
import { type Device, noGrad, type Pack, sendTogether } from "../../torch/index.js";
import type { DrawPurpose, TrainingDraws } from "./draw-source.js";
import { Sampler } from "./sampler.js";

export interface BatchOptions {
  dataset: Dataset;
  draws: TrainingDraws;
  labelledBatch: number;
  /** 0 when nothing looks at unlabelled images. */
  unlabelledBatch: number;
  seed: number;
  augmenter: Augmenter;
  normalisation: Normalisation;
  device: Device;
  /** How many batches are asked for before their step, and the step that is the last. Default: none. */
  ahead?: { count: number; iterations: number };
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
  /** Batches that were asked for, by iteration. */
  private readonly coming = new Map<number, Promise<DecodedBatch>>();

  constructor(private readonly options: BatchOptions) {
    const { draws, labelledBatch, unlabelledBatch, seed } = options;
    this.labelled = new Sampler(draws.labelled.length, labelledBatch, seed, "labelled");
    this.unlabelled = new Sampler(draws.unlabelled.length, Math.max(unlabelledBatch, 1), seed, "unlabelled");
  }

  /** What a 0-based iteration needs; the batches after it are asked for, too, so that they come while it is computed. */
  fetch(iteration: number): Promise<DecodedBatch> {
    const { count, iterations } = this.options.ahead ?? { count: 0, iterations: 0 };
    const wanted = this.asked(iteration);
    for (const other of this.coming.keys())
      if (other <= iteration || other > iteration + count) this.coming.delete(other);
    for (let next = iteration + 1; next <= iteration + count && next < iterations; next++) this.asked(next);
    return wanted;
  }

  private asked(iteration: number): Promise<DecodedBatch> {
    const known = this.coming.get(iteration);
    if (known) return known;
    const batch = this.ask(iteration);
    // A failure is that of the step which needs the batch.
    batch.catch(() => {});
    this.coming.set(iteration, batch);
    return batch;
  }

  private async ask(iteration: number): Promise<DecodedBatch> {
    const { draws, unlabelledBatch } = this.options;
    const get = (purpose: DrawPurpose) => {
      const { first, count } = this.part(purpose);
      const own = this[purpose].batch(iteration).slice(first, first + count);
      return draws[purpose].get(own, { iteration, first });
    };
    const [labelled, unlabelled] = await Promise.all([get("labelled"), unlabelledBatch > 0 ? get("unlabelled") : []]);
    return { iteration, labelled, unlabelled };
  }

  /** Where this process's images lie in the whole batch, by whose indices everything is drawn. */
  part(purpose: DrawPurpose): { first: number; count: number } {
    const { labelledBatch, unlabelledBatch, share = { rank: 0, size: 1 } } = this.options;
    const count = (purpose === "labelled" ? labelledBatch : unlabelledBatch) / share.size;
    return { first: share.rank * count, count };
  }

  /**
   * Tensors on the device, augmented with draws fixed by (seed, iteration, position). Images, labels and what the draws
   * stand for go there together.
   */
  assemble(decoded: DecodedBatch): Batch {
    const { device, normalisation } = this.options;
    return noGrad(() => {
      const views = sendTogether(device, (pack) => ({
        labelled: this.planLabelled(pack, decoded),
        unlabelled: decoded.unlabelled.length > 0 ? this.planUnlabelled(pack, decoded) : null,
      }));
      return { normalisation, labelled: views.labelled(), unlabelled: views.unlabelled?.() ?? null };
    });
  }

  private planLabelled(pack: Pack, { iteration, labelled }: DecodedBatch): () => Batch["labelled"] {
    const { augmenter, dataset } = this.options;
    const given = packImages(pack, labelled);
    const labels = packLabels(pack, labelled, dataset);
    const view = augmenter.labelled(pack, given.shape, this.key("labelled", iteration));
    return () => {
      const { images, labels: moved } = view(given.sent(), labels());
      return { images, ...lossLabels(moved, dataset) };
    };
  }

  private planUnlabelled(pack: Pack, { iteration, unlabelled }: DecodedBatch): () => Batch["unlabelled"] {
    const given = packImages(pack, unlabelled);
    const views = this.options.augmenter.unlabelled(pack, given.shape, this.key("unlabelled", iteration));
    return () => views(given.sent());
  }

  private key(purpose: DrawPurpose, iteration: number): DrawKey {
    return { seed: this.options.seed, iteration, purpose, first: this.part(purpose).first };
  }
}
