/** The optimisers a configuration may name; a new one is one file and one line here. */
import { dim, none, sam } from "./sharpness/dim.js";

export const minimizers = { dim, none, sam };

/** Name of an optimiser in a configuration. */
export type MinimizerName = keyof typeof minimizers;
