/** What the quantities that a training logs are called, and what they mean. */

/** A quantity in words. */
export interface CurveWords {
  readonly title: string;
  readonly caption: string;
}

const known: Record<string, CurveWords> = {
  task: {
    title: "Task loss",
    caption:
      "The weighted sum that the method minimises, without divergence; it may rise while the weight of the unlabelled terms ramps up.",
  },
  divergence: { title: "Divergence", caption: "Between labelled and unlabelled images." },
  perturbedDivergence: { title: "Divergence at w + ε", caption: "The divergence at the perturbed weights." },
  rate: { title: "Learning rate", caption: "Of the base optimiser." },
  sharpness: { title: "Sharpness", caption: "L(w + ε) − L(w): how much the task loss rises at the perturbed weights." },
  ascentNorm: { title: "Gradient norm at w", caption: "Length of the gradient that the perturbation follows." },
  perturbedNorm: { title: "Gradient norm at w + ε", caption: "Length of the gradient at the perturbed weights." },
  updateNorm: { title: "Norm of the update", caption: "Length of what the base optimiser was given." },
  cosine: {
    title: "Gradient cosine",
    caption: "Between the gradients at w and at w + ε; 1 where nothing is perturbed.",
  },
  lambda: { title: "Divergence weight λ", caption: "Weight of the divergence in the perturbation or the loss." },
  rho: { title: "Radius ρ", caption: "Length of the perturbation that was asked for." },
  perturbationNorm: { title: "Length of ε", caption: "Of the perturbation that was applied." },
  perturbedTask: { title: "Task loss at w + ε", caption: "The task loss at the perturbed weights." },
  rampUp: { title: "Ramp-up", caption: "Share of the unlabelled terms' full weight." },
  confidentShare: { title: "Confident share", caption: "Share of pseudo-labelled pixels above the threshold." },
  certainShare: { title: "Certain share", caption: "Share of pixels whose uncertainty is below the threshold." },
};

const lossTerms: Record<string, CurveWords> = {
  sup: { title: "Supervised loss", caption: "On labelled images." },
  consistency: { title: "Consistency loss", caption: "Between student and teacher, before its weight." },
  u: { title: "Pseudo-label loss", caption: "On unlabelled images against pseudo-labels, before its weight (u)." },
  ul: {
    title: "Mixed loss, unlabelled in front",
    caption: "On boxes of unlabelled images pasted into labelled ones, before its weight (ul).",
  },
  lu: {
    title: "Mixed loss, labelled in front",
    caption: "On boxes of labelled images pasted into unlabelled ones, before its weight (lu).",
  },
  s: {
    title: "Confirmed pseudo-label loss",
    caption: "On unlabelled images against pseudo-labels that the mixed images confirm, before its weight (s).",
  },
  pseudo1: {
    title: "Pseudo-label loss, network 1",
    caption: "Against the labels of the other network, before its weight.",
  },
  pseudo2: {
    title: "Pseudo-label loss, network 2",
    caption: "Against the labels of the other network, before its weight.",
  },
  dependence1: {
    title: "Dependence, network 1",
    caption: "How far one network's weights follow the other's, before its weight.",
  },
  dependence2: {
    title: "Dependence, network 2",
    caption: "How far one network's weights follow the other's, before its weight.",
  },
  vat: {
    title: "Adversarial loss",
    caption: "Change of the output under the worst small perturbation, before its weight.",
  },
  contrast: {
    title: "Contrast loss",
    caption: "Between features and the prototypes of their classes, before its weight.",
  },
};

/** A logged quantity by its name in metrics.jsonl, validations aside. */
export function curveWords(key: string): CurveWords {
  const term = key.startsWith("loss.") ? key.slice("loss.".length) : undefined;
  if (term === undefined) return known[key] ?? { title: key, caption: `The measure ${key}, as logged.` };
  return lossTerms[term] ?? { title: `Loss ${term}`, caption: `The method's loss term ${term}, before its weight.` };
}
