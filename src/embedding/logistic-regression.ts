/**
 * Multinomial logistic regression with an L2 penalty, as scikit-learn's `LogisticRegression(class_weight="balanced")`:
 * it minimises ½|W|² + C Σ_i w_i loss_i with C = 1, where each class weighs the same however many samples it has.
 */
import { fromTypedArray, noGrad, oneHot, scope, type Tensor } from "../torch/index.js";
import { lbfgs } from "./lbfgs.js";

/** A trained classifier. */
export interface LogisticRegression {
  /** [d, K] */
  weights: Float64Array;
  /** [K] */
  intercepts: Float64Array;
}

const optimum = { tolerance: 1e-6, mostIterations: 1000 };

/** w_i of each sample, n / (K n_k). */
function balancedWeights(labels: Int32Array, classes: number): Float64Array {
  const sizes = new Float64Array(classes);
  for (const label of labels) sizes[label]++;
  return Float64Array.from(labels, (label) => labels.length / (classes * sizes[label]));
}

/** Scores [n, K] of samples [n, d]; parameters are weights then intercepts, [d + 1, K]. */
function scores(samples: Tensor, parameters: Float64Array): Tensor {
  const dimensions = samples.shape[1];
  const all = fromTypedArray(parameters, [dimensions + 1, parameters.length / (dimensions + 1)]);
  return samples.matmul(all.slice(0, 0, dimensions)).add(all.slice(0, dimensions));
}

/**
 * @param samples float64 [n, d], best standardised
 * @param labels  class numbers 0 … classes − 1, each at least once
 */
export function fitLogisticRegression(samples: Tensor, labels: Int32Array, classes: number): LogisticRegression {
  const dimensions = samples.shape[1];
  const split = dimensions * classes;
  const fit = () => {
    const weights = fromTypedArray(balancedWeights(labels, classes)).unsqueeze(1);
    const targets = oneHot(fromTypedArray(labels).to({ dtype: "int64" }), classes).to({ dtype: "float64" });
    const transposed = samples.transpose(0, 1);
    return lbfgs(
      split + classes,
      (parameters) =>
        scope(() => {
          const logProbabilities = scores(samples, parameters).logSoftmax(1);
          const loss = logProbabilities.mul(targets).sum(1, { keepdim: true }).mul(weights).sum().neg().item();
          const residuals = logProbabilities.exp().sub(targets).mul(weights);
          const gradient = new Float64Array(split + classes);
          gradient.set(transposed.matmul(residuals).toNumbers());
          gradient.set(residuals.sum(0).toNumbers(), split);
          let penalty = 0;
          for (let at = 0; at < split; at++) {
            penalty += parameters[at] ** 2 / 2;
            gradient[at] += parameters[at];
          }
          return { value: loss + penalty, gradient };
        }),
      optimum,
    );
  };
  const parameters = noGrad(() => scope(fit));
  return { weights: parameters.slice(0, split), intercepts: parameters.slice(split) };
}

/** The most probable class of each sample [n, d]. */
export function predictClasses({ weights, intercepts }: LogisticRegression, samples: Tensor): number[] {
  const parameters = Float64Array.from([...weights, ...intercepts]);
  return noGrad(() => scope(() => [...scores(samples, parameters).argmax(1).toNumbers()]));
}
