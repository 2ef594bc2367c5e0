/** Initial weights other than PyTorch's defaults, which the layers draw by themselves. */
import { type Generator, noGrad } from "../torch/index.js";
import { Convolution, TransposedConvolution } from "./layers.js";
import type { Module } from "./module.js";

/**
 * Draws the weights of all convolutions of a network anew from N(0, 2 / ((1 + slope²)·fanIn)) (He et al., ICCV 2015),
 * PyTorch's `kaiming_normal_`; biases stay.
 * @param slope of the activation below zero
 */
export function drawHeWeights(module: Module, generator: Generator | undefined, slope = 0): void {
  noGrad(() => {
    for (const [, part] of module.namedModules()) {
      if (!(part instanceof Convolution || part instanceof TransposedConvolution)) continue;
      const { weight } = part;
      const fanIn = weight.numel / weight.shape[0];
      weight.normal_(0, Math.sqrt(2 / ((1 + slope * slope) * fanIn)), { generator });
    }
  });
}

/** Sets the biases of all convolutions of a network to 0. */
export function zeroBiases(module: Module): void {
  noGrad(() => {
    for (const [, part] of module.namedModules()) {
      if (part instanceof Convolution || part instanceof TransposedConvolution) part.bias?.zero_();
    }
  });
}
