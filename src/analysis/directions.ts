/** Directions in the space of all weights, and the loss along them. */
import { ConvTranspose2d, type Module } from "../nn/index.js";
import { globalNorm, restore, save } from "../optim/parameter-list.js";
import { foreachAdd_, type Generator, noGrad, randn, scope, type Tensor, zerosLike } from "../torch/index.js";

/** One tensor for each parameter, of its shape. */
export type Direction = readonly Tensor[];

/** Norms of the filters of a weight, broadcastable over it; a filter is what makes one output channel. */
function filterNorms(weight: Tensor, outputAxis: number): Tensor {
  const others = weight.shape.map((_, axis) => axis).filter((axis) => axis !== outputAxis);
  return weight.vectorNorm({ dim: others, keepdim: true });
}

/**
 * A random direction whose filters are as long as the network's (Li et al., "Visualizing the loss landscape of neural
 * nets", NeurIPS 2018), so that networks whose weights differ only in scale give the same picture. Biases and
 * normalisation parameters stay where they are.
 */
export function filterNormalisedDirection(network: Module, generator: Generator): Direction {
  const transposed = new Set(
    network.namedModules().flatMap(([, part]) => (part instanceof ConvTranspose2d ? [part.weight] : [])),
  );
  return noGrad(() =>
    scope(() =>
      network.parameters().map((weight) => {
        if (weight.ndim < 2) return zerosLike(weight);
        const drawn = randn(weight.shape, { generator }).to({ device: weight.device });
        const axis = transposed.has(weight) ? 1 : 0;
        return drawn.mul(filterNorms(weight, axis).div(filterNorms(drawn, axis).clamp({ min: 1e-10 })));
      }),
    ),
  );
}

/** A gradient as a direction of length 1, the one in which SAM perturbs; a gradient of zero gives no direction. */
export function unitDirection(gradient: readonly Tensor[]): Direction {
  const norm = scope(() => globalNorm(gradient).item());
  return noGrad(() => scope(() => gradient.map((part) => (norm > 0 ? part.div(norm) : zerosLike(part)))));
}

/** How far to go along each direction. */
export type Step = readonly (readonly [distance: number, direction: Direction])[];

/**
 * Evaluates something at other weights; the parameters hold their old bits afterwards, also when it fails.
 * @param steps from the present weights, one value each
 */
export function evaluateAlong(parameters: readonly Tensor[], steps: readonly Step[], evaluate: () => number): number[] {
  return scope(() => {
    const saved = save(parameters);
    try {
      return steps.map((step) => {
        restore(parameters, saved);
        noGrad(() => {
          for (const [distance, direction] of step) foreachAdd_(parameters, direction, { alpha: distance });
        });
        return evaluate();
      });
    } finally {
      restore(parameters, saved);
    }
  });
}
