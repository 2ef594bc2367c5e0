/**
 * The further networks against PyTorch: names and shapes of their state, and, with weights and inputs made of residues, a
 * training pass with its gradients. bench/peers/networks.py made the numbers and has the same networks.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { segmentationLoss } from "../../src/losses/index.js";
import { overLevels } from "../../src/methods/index.js";
import {
  Dropout,
  type Module,
  type NetworkOutput,
  ResidualUNet,
  type SegmentationNetwork,
  UNet3d,
  VNet,
} from "../../src/nn/index.js";
import { arange, autocast, grad, noGrad, scope, type Tensor } from "../../src/torch/index.js";
import { expectRelative, numbers, tensorTest } from "../support/tensors.js";

interface Print {
  first: number[];
  norm: number;
}

interface Case {
  shape: number[];
  state: Record<string, number[]>;
  logits: Print;
  /** Of deep supervision: the logits of the coarser levels, the finest first. */
  deep?: Print[];
  loss: number;
  gradients: Record<string, Print>;
  statistics: Record<string, Print>;
}

const file = join(import.meta.dirname, "..", "golden", "states", "networks.json");
const cases: Record<string, Case> = JSON.parse(readFileSync(file, "utf8"));

const shape = { inChannels: 1, outChannels: 2, width: 4 };
const create: Record<string, () => SegmentationNetwork> = {
  "unet-3d instance": () => new UNet3d(shape),
  "unet-3d batch": () => new UNet3d({ ...shape, norm: "batch" }),
  "vnet batch": () => new VNet(shape),
  "vnet instance residual": () => new VNet({ ...shape, norm: "instance", residual: true }),
  "vnet group": () => new VNet({ ...shape, norm: "group" }),
  "unet-residual instance": () => new ResidualUNet({ ...shape, rank: 2 }),
  "unet-residual-3d batch": () => new ResidualUNet({ ...shape, norm: "batch", rank: 3 }),
  "unet-3d deep": () => new UNet3d({ ...shape, deepSupervision: true }),
  "unet-residual deep": () => new ResidualUNet({ ...shape, rank: 2, deepSupervision: true }),
  "unet-residual-3d deep": () => new ResidualUNet({ ...shape, rank: 3, deepSupervision: true }),
};

/** Values in [−1, 1) without a pattern that a convolution sees. */
function uneven(size: readonly number[], n: number): Tensor {
  const i = arange(size.reduce((product, side) => product * side, 1));
  const residue = i
    .mul(31)
    .add(17)
    .mul(i)
    .add(97 * n)
    .remainder(1009);
  return residue.to({ dtype: "float64" }).div(504.5).sub(1).to({ dtype: "float32" }).reshape(size);
}

/** Parameter number n from uneven values, as the script has it; dropout, which draws, is switched off. */
function withUnevenWeights<Network extends Module>(network: Network): Network {
  noGrad(() =>
    scope(() => {
      network.namedParameters().forEach(([name, parameter], n) => {
        const values = uneven(parameter.shape, n);
        if (parameter.ndim > 1) parameter.copy_(values.mul(Math.sqrt(6 / (parameter.numel / parameter.shape[0]))));
        else parameter.copy_(values.mul(0.25).add(name.includes("weight") ? 1 : 0));
      });
    }),
  );
  for (const [, part] of network.namedModules()) if (part instanceof Dropout) part.eval();
  return network;
}

/** Of a network with deep supervision the labelled loss over all levels, of others one of its logits alone. */
function lossOf(output: NetworkOutput): Tensor {
  const { logits, deep } = output;
  if (!deep) return logits.mul(uneven(logits.shape, 2000)).mean().add(logits.square().mean().mul(0.5));
  const labels = uneven([logits.shape[0], ...logits.shape.slice(2)], 3000)
    .gt(0.2)
    .to({ dtype: "int64" });
  const levels = { logits, deep };
  return overLevels(levels, (own, at) => segmentationLoss(own, at(labels), null, { kind: "softmax" }).loss);
}

function trainingPass(network: SegmentationNetwork, size: readonly number[]) {
  const output = network.decode(network.encode(uneven(size, 1000)));
  const { logits, deep = [] } = output;
  const loss = lossOf(output);
  return { logits, deep, loss, gradients: grad(loss, network.parameters()) };
}

/**
 * The norm within a share, the first values within three of what is usual among them, and an absolute allowance for each:
 * a ReLU that rounding switches shows in single values.
 */
function expectPrint(got: Tensor, want: Print, what: string, relative: number, absolute = 0): void {
  const values = numbers(got.detach());
  const norm = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  const root = Math.sqrt(values.length);
  expect(Math.abs(norm - want.norm), `norm of ${what}`).toBeLessThanOrEqual(relative * want.norm + absolute * root);
  want.first.forEach((value, i) => {
    const allowed = (3 * relative * want.norm) / root + absolute;
    expect(Math.abs(values[i] - value), `value ${i} of ${what}`).toBeLessThanOrEqual(allowed);
  });
}

it("covers every case of the file", () => {
  expect(Object.keys(create)).toEqual(Object.keys(cases));
});

describe.each(Object.entries(cases))("%s", (name, wanted) => {
  tensorTest("has the reference's names and shapes in the reference's order", () => {
    const network = create[name]();
    const state = [...network.stateDict()].map(([key, tensor]) => [key, tensor.shape]);
    expect(state).toEqual(Object.entries(wanted.state));
    network.dispose();
  });

  tensorTest("answers and learns as in PyTorch, in both layouts", () => {
    for (const memoryFormat of ["contiguous", "channelsLast"] as const) {
      const network = withUnevenWeights(create[name]()).to({ memoryFormat });
      const { logits, deep, loss, gradients } = trainingPass(network, wanted.shape);
      expectPrint(logits, wanted.logits, "logits", 1e-4);
      expect(deep).toHaveLength(wanted.deep?.length ?? 0);
      for (const [i, level] of deep.entries()) expectPrint(level, (wanted.deep as Print[])[i], `level ${i + 1}`, 1e-4);
      expectRelative([loss.item()], [wanted.loss], { relative: 1e-4 });
      // A bias before a normalisation has a gradient of rounding alone.
      const rounding = 1e-5 * Math.max(...Object.values(wanted.gradients).map(({ norm }) => norm));
      network.namedParameters().forEach(([key], i) => {
        expectPrint(gradients[i], wanted.gradients[key], `the gradient of ${key}`, 2e-2, rounding);
      });
      for (const [key, buffer] of network.namedBuffers()) expectPrint(buffer, wanted.statistics[key], key, 1e-4);
      network.dispose();
    }
  });

  tensorTest("comes close to it in bfloat16", () => {
    const network = withUnevenWeights(create[name]()).to({ memoryFormat: "channelsLast" });
    const loss = autocast("bf16", "cpu", () => trainingPass(network, wanted.shape).loss.item());
    expectRelative([loss], [wanted.loss], { relative: 0.1 });
    network.dispose();
  });
});
