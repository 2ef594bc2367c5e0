/** The optimisers a configuration may name; a new one is one file and one line here, an ascent rule one in rules/registry.ts. */
import type { MinimizerEntry } from "./entry.js";
import type { Minimizer } from "./objective.js";
import type { Optimizer } from "./optimizer.js";
import type { NamedParameters } from "./parameter-list.js";
import { none } from "./sharpness/sharpness-minimizer.js";
import { dim, dimFeatures } from "./steps/dim.js";
import { disam } from "./steps/disam.js";
import { esam } from "./steps/esam.js";
import { flatMatch } from "./steps/flat-match.js";
import { gam } from "./steps/gam.js";
import { lookSam } from "./steps/look-sam.js";
import { msam } from "./steps/msam.js";
import { ruleMinimizers } from "./steps/rule-minimizers.js";
import { sdat } from "./steps/sdat.js";
import { wsam } from "./steps/wsam.js";

/** All optimisers by their names in configurations. */
export const minimizers = {
  none,
  dim,
  "dim-features": dimFeatures,
  ...ruleMinimizers,
  disam,
  esam,
  flatmatch: flatMatch,
  gam,
  looksam: lookSam,
  msam,
  sdat,
  wsam,
};

/** Name of an optimiser in a configuration. */
export type MinimizerName = keyof typeof minimizers;

/** An `optimizer:` section: a name and, beside it, that optimiser's resolved settings. */
export type MinimizerChoice = { name: MinimizerName } & Record<string, unknown>;

/** The optimiser that a section asks for. @throws UsageError for a base that it cannot work on */
export function createMinimizer(choice: MinimizerChoice, parameters: NamedParameters, base: Optimizer): Minimizer {
  const entry: MinimizerEntry = minimizers[choice.name];
  return entry.create(parameters, base, choice);
}
