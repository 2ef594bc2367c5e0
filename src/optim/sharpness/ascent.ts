/** Rules for the ascent step: from a gradient to the perturbation of the weights. One file each, listed below. */
import type { Tensor } from "../../torch/index.js";
import type { NamedParameters } from "../parameter-list.js";
import { samAscent } from "./sam-ascent.js";

/** What a rule sees. */
export interface AscentInput {
  parameters: NamedParameters;
  /** One per parameter; not to be changed. */
  gradient: readonly Tensor[];
  /** L2 norm of the gradient over all parameters. */
  norm: number;
  /** Radius of the perturbation. */
  rho: number;
}

/** Returns the perturbation to add, one tensor per parameter, owned by the caller's scope. */
export type AscentRule = (input: AscentInput) => Tensor[];

export const ascentRules = { sam: samAscent } satisfies Record<string, AscentRule>;

/** Name of an ascent rule in a configuration. */
export type AscentName = keyof typeof ascentRules;
