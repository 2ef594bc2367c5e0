/**
 * CPS (Chen et al., "Semi-supervised semantic segmentation with cross pseudo supervision", CVPR 2021;
 * HiLab-git/SSL4MIS train_cross_pseudo_supervision_2D.py). The student is the first of the two networks. Method section 7.
 */
import { z } from "zod";
import { methodEntry } from "./entry.js";
import { CoTraining } from "./parts/co-training.js";
import { weightOptions } from "./parts/consistency-options.js";

export const cps = methodEntry({
  summary: "two networks that learn each other's labels of unlabelled images",
  source: "Chen et al., CVPR 2021; HiLab-git/SSL4MIS code/train_cross_pseudo_supervision_2D.py",
  cost: "4 passes, and 4 without gradient",
  options: z.strictObject(weightOptions),
  usesUnlabelled: true,
  sharesBatches: true,
  capturable: true,
  gives: () => ["perSample"],
  create: (context, settings) => new CoTraining(context, settings),
});
