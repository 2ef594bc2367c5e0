/** The kinds of golden case this version can check; a new kind is one file and one line here. */
import type { Computed, GoldenCase } from "./golden-case.js";
import { augment } from "./kinds/augment.js";
import { dimStep } from "./kinds/dim-step.js";
import { divergence } from "./kinds/divergence.js";
import { loss } from "./kinds/loss.js";
import { metric } from "./kinds/metric.js";
import { midssStep } from "./kinds/midss-step.js";
import { optimizer } from "./kinds/optimizer.js";
import { schedule } from "./kinds/schedule.js";
import { unet } from "./kinds/unet.js";

/** Computes a case's outputs from its inputs, or returns null for a case it does not support (yet). */
export type Kind = (testCase: GoldenCase) => Computed | null;

export const kinds: Record<string, Kind> = {
  augment,
  dim_step: dimStep,
  divergence,
  loss,
  metric,
  midss_step: midssStep,
  optimizer,
  schedule,
  unet,
};
