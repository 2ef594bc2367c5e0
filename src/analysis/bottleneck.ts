/** What a network makes of whole images: the features behind the paper's Fig. 1 (docs/method.md). */
import { NumericError, UsageError } from "../core/errors.js";
import { type Case, caseName } from "../data/dataset.js";
import { viewOf } from "../data/volumes/patches.js";
import { pooledFeatures } from "../inference/pooled-features.js";
import type { SegmentationNetwork } from "../nn/index.js";
import type { LoadedRun } from "../runs/load-run.js";

/** Images that pass through the encoder together. */
const batchSize = 8;

export interface BottleneckOptions {
  network: "student" | "teacher";
  /** Called with the number of cases done after each batch. */
  onProgress?(done: number): void;
}

export interface BottleneckFeatures {
  /** [n, d] in the order of the cases: spatial mean of each channel of the last encoder map. */
  features: Float32Array;
  count: number;
  dimensions: number;
}

/** The network a caller names. @throws UsageError when the run has none of that name */
function networkOf(run: LoadedRun, name: BottleneckOptions["network"]): SegmentationNetwork {
  const network = run.networks[name];
  if (network) return network;
  throw new UsageError(`${run.folder.path}: the run has no teacher; take the student`);
}

/**
 * Globally average-pooled bottleneck features of images, of a volume those of the slice or patch that stands for it, in evaluation mode and at the run's precision. Only the encoder
 * runs, a few images at a time, so that memory does not grow with their number.
 * @param cases at least one
 * @throws UsageError when there is no case, or the run has no such network
 * @throws DataError when an image cannot be decoded; NumericError naming the first case whose features hold NaN
 * @example const { features, count, dimensions } = await bottleneckFeatures(run, cases, { network: "student" });
 */
export async function bottleneckFeatures(
  run: LoadedRun,
  cases: readonly Case[],
  options: BottleneckOptions,
): Promise<BottleneckFeatures> {
  const network = networkOf(run, options.network);
  if (cases.length === 0) throw new UsageError("bottleneckFeatures: there are no cases; give at least one");
  let features = new Float32Array(0);
  for (let first = 0; first < cases.length; first += batchSize) {
    const batch = cases.slice(first, first + batchSize);
    const decoded = await Promise.all(
      batch.map(async (one) => viewOf(await run.cache.get(one), run.dataset, run.patch)),
    );
    const values = pooledFeatures(network, decoded, run);
    const dimensions = values.length / batch.length;
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0)
      throw new NumericError(
        `${caseName(batch[Math.floor(wrong / dimensions)])}: the network's features hold NaN; use an earlier checkpoint`,
      );
    if (first === 0) features = new Float32Array(cases.length * dimensions);
    features.set(values, first * dimensions);
    options.onProgress?.(first + batch.length);
  }
  return { features, count: cases.length, dimensions: features.length / cases.length };
}
