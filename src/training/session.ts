/** Everything a configuration stands for, built and ready to train: data, networks, method, optimiser. */
import {
  type Augmenter,
  fundusProfile,
  mriProfile,
  planarAugmenter,
  volumeAugmenter,
  volumeProfile,
} from "../augment/index.js";
import type { TrainingConfig } from "../config/config.js";
import { divergenceOf, methodOf, usesDomainStatistics, usesUnlabelled } from "../config/unlabelled.js";
import { DataError, UsageError } from "../core/errors.js";
import { frameText } from "../grid/frame.js";
import { checkRules } from "../inference/rules.js";
import { createComparison, createMethod, type DomainComparison, type Method } from "../methods/index.js";
import { AdamW, createMinimizer, type Minimizer, type Optimizer, Sgd } from "../optim/index.js";
import type { Model } from "../runs/model.js";
import type { Tensor } from "../torch/index.js";
import { DomainStatistics } from "./domain-statistics.js";

/** A {@link Model} that can train. */
export interface TrainingSession extends Model {
  augmenter: Augmenter;
  method: Method;
  minimizer: Minimizer;
  comparison: DomainComparison | null;
  usesUnlabelled: boolean;
  /** Null where networks are judged with the statistics that training gathers. */
  statistics: DomainStatistics | null;
}

function baseOptimizer({ base }: TrainingConfig, parameters: readonly Tensor[]): Optimizer {
  return base.name === "sgd" ? new Sgd(parameters, base) : new AdamW(parameters, base);
}

function augmenterOf({ config: { augmentation }, dataset, patch, normalisation }: Model): Augmenter {
  const modalities = dataset.channelNames !== undefined;
  const isRgb = dataset.channels === 3 && !modalities;
  const colour = augmentation.profile === "fundus" || (augmentation.profile === "auto" && isRgb);
  const { tpRamFactor } = augmentation;
  const own = tpRamFactor === undefined ? {} : { tpRamFactor };
  if (patch) return volumeAugmenter({ ...volumeProfile, ...own }, modalities, normalisation);
  return planarAugmenter({ ...(colour ? fundusProfile : mriProfile), ...own }, modalities, normalisation);
}

/** Refuses images that the network leaves nothing of, or too little for statistics over a batch. */
function checkSize({ config, dataset, size, patch, student }: Model): void {
  const { strides } = student;
  const sides = patch ?? [size.height, size.width];
  // Of a patch the configuration made sure of it.
  if (sides.some((side, axis) => side < strides[axis])) {
    throw new UsageError(
      `${dataset.path}: images are resized to ${frameText(size)}, but the network needs ${Math.max(...strides)} a side; raise resize.size`,
    );
  }
  const { labelledBatch, unlabelledBatch } = config.training;
  const batch = Math.min(labelledBatch, usesUnlabelled(config) ? unlabelledBatch : labelledBatch);
  // As PyTorch's batch_norm refuses to train on one value per channel: its unbiased variance would divide by zero.
  if (batch === 1 && sides.every((side, axis) => side === strides[axis])) {
    throw new UsageError(
      `images of ${sides.join(" x ")} are a single pixel in the network's bottleneck, where a batch of one gives batch ` +
        `normalisation one value per channel; take training batches of at least 2, or a larger ${patch ? "patch" : "imageSize"}`,
    );
  }
}

/** Refuses data that the chosen method or the network cannot be trained on. */
function checkData(model: Model): void {
  const { config, dataset, split } = model;
  if (config.rules) checkRules(config.rules, dataset, "rules");
  if (usesUnlabelled(config) && split.unlabelled.length === 0) {
    throw new DataError(
      `${dataset.path}: no training case is left for method ${config.method.name} with optimizer ${config.optimizer.name} ` +
        "to use without its label; lower labelled.count or labelled.validation, add images, or take method supervised with an optimizer that " +
        "measures no divergence, as sam",
    );
  }
  checkSize(model);
}

/**
 * Adds method, optimiser and divergence to a model.
 * @throws DataError, UsageError when they cannot be trained on this data
 */
export function openTraining(model: Model): TrainingSession {
  const { config, dataset, student, precision, device } = model;
  const augmenter = augmenterOf(model);
  const context = {
    student,
    createNetwork: model.createNetwork,
    kind: dataset.target,
    augmentation: augmenter,
    precision,
    device,
    seed: config.training.seed,
  };
  const method = createMethod(methodOf(config), context);
  const trained = [...student.namedParameters(), ...(method.trainable ?? [])];
  const base = baseOptimizer(
    config,
    trained.map(([, parameter]) => parameter),
  );
  const minimizer = createMinimizer(config.optimizer, trained, base);
  const divergence = divergenceOf(config);
  const comparison = divergence ? createComparison(divergence, dataset.target, config.training.seed) : null;
  checkData(model);
  const statistics = usesDomainStatistics(config) ? new DomainStatistics({ ...model, method }) : null;
  return { ...model, augmenter, method, minimizer, comparison, usesUnlabelled: usesUnlabelled(config), statistics };
}
