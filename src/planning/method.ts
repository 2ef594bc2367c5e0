/** Which method and optimiser a plan takes: what our own studies found best for a given time. */
import type { Tree } from "../config/config-tree.js";
import type { ProtocolSplit } from "../data/protocol.js";

/** The choice. */
export interface MethodPlan {
  readonly method: Tree;
  readonly optimizer: Tree;
  /** Batches of the student that a step keeps until it goes back through them. */
  readonly views: number;
  readonly reasons: { readonly method: string; readonly optimizer: string };
}

const noPerturbation =
  "no sharpness-aware optimiser: dim and sam make two passes a step, half as many steps in the same time, and were not better " +
  "than none at as many steps (studies/real-smoke, family, volumes); optimizer: { name: dim } is worth a run where time is left";

/** MiDSS where there is anything without a label to learn from. */
export function planMethod({ unlabelled }: Pick<ProtocolSplit, "unlabelled">): MethodPlan {
  if (unlabelled.length === 0)
    return {
      method: { name: "supervised" },
      optimizer: { name: "none" },
      views: 1,
      reasons: {
        method: "no training case is without a label, so there is nothing else to learn from",
        optimizer: noPerturbation,
      },
    };
  return {
    method: { name: "midss" },
    optimizer: { name: "none" },
    views: 4,
    reasons: {
      method:
        "the best or among the best on other domains in our studies (studies/real-smoke, family, volumes), 4 to 29 points of Dice " +
        "above supervised only where domains differ",
      optimizer: noPerturbation,
    },
  };
}
