/** The optimisers a configuration may name; a new one is one file and one line here, an ascent rule one in ascent.ts. */
import { dim } from "./sharpness/dim.js";
import { disam } from "./sharpness/disam.js";
import { esam } from "./sharpness/esam.js";
import { flatMatch } from "./sharpness/flat-match.js";
import { gam } from "./sharpness/gam.js";
import { lookSam } from "./sharpness/look-sam.js";
import { msam } from "./sharpness/msam.js";
import { ruleMinimizers } from "./sharpness/rule-minimizers.js";
import { sdat } from "./sharpness/sdat.js";
import { none } from "./sharpness/sharpness-minimizer.js";
import { wsam } from "./sharpness/wsam.js";

/** All optimisers by their names in configurations. */
export const minimizers = {
  none,
  dim,
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
