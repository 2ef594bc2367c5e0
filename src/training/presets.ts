/** Starting points of a configuration: the paper's three data sets (method section 3), and small CPU runs (6.8). */
import type { Tree } from "./config-tree.js";

const paper = {
  model: { name: "unet", width: 64 },
  method: { name: "midss" },
  optimizer: { name: "dim" },
  base: { name: "sgd", rate: 0.03, momentum: 0.9, weightDecay: 1e-4 },
  evaluation: { every: 500 },
};

export const presets: Record<string, Tree> = {
  fundus: {
    ...paper,
    imageSize: 256,
    labelled: { count: 20, validation: 10 },
    augmentation: { profile: "fundus" },
    training: { iterations: 30000 },
  },
  prostate: {
    ...paper,
    imageSize: 384,
    labelled: { count: 40, validation: 10 },
    augmentation: { profile: "mri" },
    training: { iterations: 60000 },
  },
  mnms: {
    ...paper,
    imageSize: 288,
    labelled: { count: 20, validation: 10 },
    augmentation: { profile: "mri" },
    training: { iterations: 60000 },
  },
  small: {
    ...paper,
    imageSize: 128,
    model: { name: "unet", width: 16 },
    labelled: { count: 10, validation: 5 },
    augmentation: { tpRamFactor: 0.02 },
    training: { iterations: 2000 },
    evaluation: { every: 200 },
  },
};
