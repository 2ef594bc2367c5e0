/**
 * Starting points of a configuration: the paper's three data sets (method section 3), the sets of the semi-supervised field
 * with the values of BCP (Bai et al., CVPR 2023), and small runs for a computer without a GPU (6.8).
 */
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

/** Batches of as many labelled as unlabelled cases, and no sharpness-aware optimiser. */
const bcp = {
  method: { name: "bcp" },
  optimizer: { name: "none" },
  base: { name: "sgd", rate: 0.01, momentum: 0.9, weightDecay: 1e-4 },
};

/** The same on patches of volumes. */
const bcpOfVolumes = {
  ...bcp,
  method: { ...bcp.method, pretrainIterations: 2000 },
  model: { name: "vnet", width: 16 },
  training: { iterations: 17000, labelledBatch: 4, unlabelledBatch: 4 },
};

const bcpProtocol = "values of Bai et al., CVPR 2023 (DeepMed-Lab-ECNU/BCP), with our augmentation and polynomial rate";

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
  la: {
    summary: "left atrium in gadolinium-enhanced MR volumes (LA 2018), 16 of 80 labelled",
    source: `${bcpProtocol}; as many labelled as UA-MT has, 8 in BCP's script`,
    cost: "17,000 steps of patches of 80 x 112 x 112, for a GPU",
    values: {
      ...bcpOfVolumes,
      patch: [80, 112, 112],
      labelled: { count: 16 },
    },
  },
  pancreas: {
    summary: "pancreas in CT volumes (NIH Pancreas-CT, intensity low -125, high 275, 1 mm), 12 of 62 labelled",
    source: "volumes, patches and network of Bai et al., CVPR 2023; batches, rate and steps of preset la",
    cost: "17,000 steps of patches of 96 x 96 x 96, for a GPU",
    values: {
      ...bcpOfVolumes,
      patch: [96, 96, 96],
      labelled: { count: 12 },
    },
  },
  acdc: {
    summary: "heart ventricles and muscle in slices of MR volumes (ACDC), 7 patients of 70 labelled, two volumes each",
    source: bcpProtocol,
    cost: "40,000 steps at 256 x 256, for a GPU",
    values: {
      ...bcp,
      method: { ...bcp.method, pretrainIterations: 10000 },
      imageSize: 256,
      model: { name: "unet-ssl4mis", width: 16 },
      labelled: { count: 14 },
      augmentation: { profile: "mri" },
      training: { iterations: 40000, labelledBatch: 12, unlabelledBatch: 12 },
    },
  },
  "small-volumes": {
    summary: "MiDSS with DiM on patches of volumes in small, for a computer without a GPU",
    source: "ours",
    cost: "1,000 steps of patches of 32 x 64 x 64 at width 8",
    values: {
      ...paper,
      patch: [32, 64, 64],
      model: { name: "unet-3d", width: 8 },
      labelled: { count: 4, validation: 2 },
      training: { iterations: 1000, labelledBatch: 2, unlabelledBatch: 2 },
      evaluation: { every: 250 },
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
