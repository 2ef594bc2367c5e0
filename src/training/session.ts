/** Everything a configuration stands for, built and ready to train: data, networks, method, optimiser. */
import { type AugmentationProfile, fundusProfile, mriProfile } from "../augment/index.js";
import type { TrainingConfig } from "../config/config.js";
import { divergenceOf, usesUnlabelled } from "../config/unlabelled.js";
import { DataError, UsageError } from "../core/errors.js";
import type { Dataset } from "../data/dataset.js";
import { createComparison, createMethod, type DomainComparison, type Method } from "../methods/index.js";
import { AdamW, createMinimizer, type Minimizer, type Optimizer, Sgd } from "../optim/index.js";
import type { Model } from "../runs/model.js";
import type { Tensor } from "../torch/index.js";

/** A {@link Model} that can train. */
export interface TrainingSession extends Model {
  profile: AugmentationProfile;
  method: Method;
  minimizer: Minimizer;
  comparison: DomainComparison | null;
  usesUnlabelled: boolean;
}

function baseOptimizer({ base }: TrainingConfig, parameters: readonly Tensor[]): Optimizer {
  return base.name === "sgd" ? new Sgd(parameters, base) : new AdamW(parameters, base);
}

function profileOf({ augmentation }: TrainingConfig, { channels }: Dataset): AugmentationProfile {
  const colour = augmentation.profile === "fundus" || (augmentation.profile === "auto" && channels === 3);
  const profile = colour ? fundusProfile : mriProfile;
  return augmentation.tpRamFactor === undefined ? profile : { ...profile, tpRamFactor: augmentation.tpRamFactor };
}

/** Refuses data that the chosen method or the network cannot be trained on. */
function checkData({ config, dataset, split, size, student }: Model): void {
  if (usesUnlabelled(config) && split.unlabelled.length === 0) {
    throw new DataError(
      `${dataset.path}: no training case is left for method ${config.method.name} with optimizer ${config.optimizer.name} ` +
        "to use without its label; lower labelled.count or labelled.validation, add images, or take method supervised with an optimizer that " +
        "measures no divergence, as sam",
    );
  }
  const leastSize = Math.max(...student.strides);
  if (size < leastSize) {
    throw new UsageError(
      `${dataset.path}: images are resized to ${size} pixels, but the network needs ${leastSize}; raise resize.size`,
    );
  }
  const { labelledBatch, unlabelledBatch } = config.training;
  const batch = Math.min(labelledBatch, usesUnlabelled(config) ? unlabelledBatch : labelledBatch);
  // As PyTorch's batch_norm refuses to train on one value per channel: its unbiased variance would divide by zero.
  if (size === leastSize && batch === 1) {
    throw new UsageError(
      `images of ${size} pixels are a single one in the network's bottleneck, where a batch of one gives batch ` +
        "normalisation one value per channel; take training batches of at least 2, or a larger imageSize",
    );
  }
}

/**
 * Adds method, optimiser and divergence to a model.
 * @throws DataError, UsageError when they cannot be trained on this data
 */
export function openTraining(model: Model): TrainingSession {
  const { config, dataset, student, precision, device } = model;
  const profile = profileOf(config, dataset);
  const context = {
    student,
    createNetwork: model.createNetwork,
    kind: dataset.target,
    augmentation: profile,
    precision,
    device,
    seed: config.training.seed,
  };
  const method = createMethod(config.method, context);
  const trained = [...student.namedParameters(), ...(method.trainable ?? [])];
  const base = baseOptimizer(
    config,
    trained.map(([, parameter]) => parameter),
  );
  const minimizer = createMinimizer(config.optimizer, trained, base);
  const divergence = divergenceOf(config);
  const comparison = divergence ? createComparison(divergence, dataset.target, config.training.seed) : null;
  checkData(model);
  return { ...model, profile, method, minimizer, comparison, usesUnlabelled: usesUnlabelled(config) };
}
