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

/** What a plan knows of the data when it chooses. */
export interface MethodFacts extends Pick<ProtocolSplit, "labelled" | "unlabelled"> {
  readonly ofVolumes: boolean;
}

const supervisedOnly: MethodPlan = {
  method: { name: "supervised" },
  optimizer: { name: "none" },
  views: 1,
  reasons: {
    method: "no training case is without a label, so there is nothing else to learn from",
    optimizer: "a divergence needs images without labels, and sharpness alone was not better (studies/family)",
  },
};

const dim = {
  optimizer: { name: "dim" },
  reason:
    "DiM, 9 to 15 points of Dice above no optimiser with 3 to 10 labels of photographs and microscopy (studies/evidence); about " +
    "1.5 times as long a step",
};

const none = (why: string) => ({
  optimizer: { name: "none" },
  reason: `${why}; optimizer: { name: dim } is worth a run where time is left, at about 1.5 times as long a step`,
});

function planOptimizer({ labelled, unlabelled, ofVolumes }: MethodFacts) {
  if (ofVolumes)
    return none(
      "on volumes DiM was 0.6 and 1.4 points of Dice above none, which three seeds do not show to be more than chance (studies/volumes)",
    );
  const own = new Set(labelled.map(({ domain }) => domain));
  return unlabelled.some(({ domain }) => !own.has(domain))
    ? dim
    : none("all images are of one domain, for which DiM was not measured");
}

/** MiDSS where there is anything without a label to learn from, with DiM where that was measured to gain. */
export function planMethod(facts: MethodFacts): MethodPlan {
  if (facts.unlabelled.length === 0) return supervisedOnly;
  const { optimizer, reason } = planOptimizer(facts);
  return {
    method: { name: "midss" },
    optimizer,
    views: 4,
    reasons: {
      method:
        "the best or among the best on other domains in our studies (studies/real-smoke, family, volumes), 4 to 29 points of Dice " +
        "above supervised only where domains differ",
      optimizer: reason,
    },
  };
}
