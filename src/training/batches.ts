/** From decoded cases to the augmented batch of one step. */
import { type AugmentationProfile, augmentLabelled, augmentUnlabelled } from "../augment/index.js";
import type { Case, Dataset } from "../data/dataset.js";
import type { DecodedCase } from "../data/decode.js";
import type { ProtocolSplit } from "../data/protocol.js";
import type { Batch } from "../methods/index.js";
import { type Device, fromTypedArray, noGrad, type Tensor } from "../torch/index.js";
import { Sampler } from "./sampler.js";

/** Gives decoded cases, from memory or disk. */
export interface CaseSource {
  get(one: Case): Promise<DecodedCase>;
}

export interface BatchOptions {
  source: CaseSource;
  dataset: Dataset;
  split: ProtocolSplit;
  labelledBatch: number;
  /** 0 when nothing looks at unlabelled images. */
  unlabelledBatch: number;
  seed: number;
  profile: AugmentationProfile;
  device: Device;
}

/** The decoded cases of one step; {@link Batches.assemble} turns them into tensors inside the step's scope. */
export interface DecodedBatch {
  iteration: number;
  labelled: DecodedCase[];
  unlabelled: DecodedCase[];
}

function stackPlanes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export class Batches {
  private readonly labelled: Sampler;
  private readonly unlabelled: Sampler;

  constructor(private readonly options: BatchOptions) {
    const { split, labelledBatch, unlabelledBatch, seed } = options;
    this.labelled = new Sampler(split.labelled.length, labelledBatch, seed, "labelled");
    this.unlabelled = new Sampler(split.unlabelled.length, Math.max(unlabelledBatch, 1), seed, "unlabelled");
  }

  /** Decodes (or finds in the cache) what a 0-based iteration needs. */
  async fetch(iteration: number): Promise<DecodedBatch> {
    const { source, split, unlabelledBatch } = this.options;
    const get = (cases: readonly Case[], chosen: number[]) => Promise.all(chosen.map((i) => source.get(cases[i])));
    return {
      iteration,
      labelled: await get(split.labelled, this.labelled.batch(iteration)),
      unlabelled: unlabelledBatch > 0 ? await get(split.unlabelled, this.unlabelled.batch(iteration)) : [],
    };
  }

  /** Tensors on the device, augmented with draws fixed by (seed, iteration, position). */
  assemble({ iteration, labelled, unlabelled }: DecodedBatch): Batch {
    const { seed, profile } = this.options;
    const key = (purpose: string) => ({ seed, iteration, purpose });
    return noGrad(() => ({
      labelled: this.withLabelDtype(
        augmentLabelled(this.images(labelled), this.labels(labelled), key("labelled"), profile),
      ),
      unlabelled:
        unlabelled.length === 0 ? null : augmentUnlabelled(this.images(unlabelled), key("unlabelled"), profile),
    }));
  }

  private images(cases: readonly DecodedCase[]): Tensor {
    const { channels, height, width } = cases[0];
    const planes = stackPlanes(cases.map(({ image }) => image));
    return fromTypedArray(planes, [cases.length, channels, height, width], { device: this.options.device });
  }

  private labels(cases: readonly DecodedCase[]): Tensor {
    const { height, width } = cases[0];
    const { target, outputs } = this.options.dataset;
    const shape = target === "softmax" ? [cases.length, height, width] : [cases.length, outputs, height, width];
    const planes = stackPlanes(cases.map(({ label }) => label as Uint8Array));
    return fromTypedArray(planes, shape, { device: this.options.device });
  }

  private withLabelDtype({ images, labels }: { images: Tensor; labels: Tensor }): Batch["labelled"] {
    const dtype = this.options.dataset.target === "softmax" ? "int64" : "float32";
    return { images, labels: labels.to({ dtype }) };
  }
}
