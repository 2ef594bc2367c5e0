/** Starting points of a configuration: the paper's three data sets (method section 3), and small CPU runs (6.8). */
import type { Tree } from "./config-tree.js";

/** A preset, as a configuration and `dimseg list presets` see it. */
export interface Preset {
  summary: string;
  source: string;
  /** How long it trains. */
  cost: string;
  /** What it fills in. */
  values: Tree;
}

const paper = {
  model: { name: "unet", width: 64 },
  method: { name: "midss" },
  optimizer: { name: "dim" },
  base: { name: "sgd", rate: 0.03, momentum: 0.9, weightDecay: 1e-4 },
  evaluation: { every: 500 },
};

const protocol = "protocol of Ma et al., CVPR 2024; the optimiser is our reading in docs/method.md";

export const presets: Record<string, Preset> = {
  fundus: {
    summary: "optic disc and cup in fundus photographs of four domains",
    source: protocol,
    cost: "30,000 steps at 256 x 256, for a GPU",
    values: {
      ...paper,
      imageSize: 256,
      labelled: { count: 20, validation: 10 },
      augmentation: { profile: "fundus" },
      training: { iterations: 30000 },
    },
  },
  prostate: {
    summary: "prostate in MR slices of six sites",
    source: protocol,
    cost: "60,000 steps at 384 x 384, for a GPU",
    values: {
      ...paper,
      imageSize: 384,
      labelled: { count: 40, validation: 10 },
      augmentation: { profile: "mri" },
      training: { iterations: 60000 },
    },
  },
  mnms: {
    summary: "heart ventricles and muscle in MR slices of four vendors (M&Ms)",
    source: protocol,
    cost: "60,000 steps at 288 x 288, for a GPU",
    values: {
      ...paper,
      imageSize: 288,
      labelled: { count: 20, validation: 10 },
      augmentation: { profile: "mri" },
      training: { iterations: 60000 },
    },
  },
  small: {
    summary: "the same method in small, for a computer without a GPU",
    source: "ours",
    cost: "2,000 steps at 128 x 128 and width 16",
    values: {
      ...paper,
      imageSize: 128,
      model: { name: "unet", width: 16 },
      labelled: { count: 10, validation: 5 },
      augmentation: { tpRamFactor: 0.02 },
      training: { iterations: 2000 },
      evaluation: { every: 200 },
    },
  },
};
