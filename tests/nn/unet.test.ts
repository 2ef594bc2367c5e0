/** Both U-Nets: the size, names and first values of the PyTorch models they stand for, and the images they take. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { padTo } from "../../src/nn/blocks.js";
import { UNet, UNetSsl4mis } from "../../src/nn/index.js";
import * as torch from "../../src/torch/index.js";
import { Generator, manualSeed, noGrad, tensor } from "../../src/torch/index.js";
import { expectRelative, numbers, tensorTest } from "../support/tensors.js";
import { expectFingerprint, type Fingerprint, wave } from "./networks.js";

const golden = join(import.meta.dirname, "..", "golden", "states", "unet_tensors.json");
const names: { params: string[]; state: string[] } = JSON.parse(readFileSync(golden, "utf8"));

const count = (tensors: readonly torch.Tensor[]) => tensors.reduce((sum, { numel }) => sum + numel, 0);

/** Built by PyTorch 2.13.0 after `torch.manual_seed(3)`, applied to sin(0), sin(1), … in evaluation mode. */
const seeded = {
  unet: {
    "inc.double_conv.0.weight": [-0.19080906, -0.15181643, -0.082429267],
    "down4.maxpool_conv.1.double_conv.3.weight": [0.0019975256, -0.0074782968, 0.025176143],
    "up1.up.weight": [-0.040619224, -0.011331591, -0.046275593],
    "up1.up.bias": [-0.083153456, -0.030190714, 0.046310659],
    "outc.conv.bias": [-0.24975139, -0.30836892],
  },
  ssl4mis: {
    "encoder.in_conv.conv_conv.0.weight": [-0.33049101, -0.26295376, -0.14277169],
    "encoder.in_conv.conv_conv.0.bias": [-0.087582707, -0.33045039, -0.15606253],
    "encoder.down4.maxpool_conv.1.conv_conv.4.bias": [-0.031668544, 0.016768169, 0.0032526951],
    "decoder.up1.conv1x1.weight": [0.010840476, -0.054246575, 0.082598686],
    "decoder.out_conv.bias": [-0.16462374, 0.12931511, -0.13929075],
  },
};

function expectWeights(network: UNet | UNetSsl4mis, want: Record<string, number[]>): void {
  const state = network.stateDict();
  for (const [name, values] of Object.entries(want))
    expectRelative(numbers(state.get(name)!).slice(0, values.length), values, { relative: 1e-6, absolute: 1e-9 });
}

/** A U-Net of width 4 from seed 3, freed with the block. */
function seededUnet(): { network: UNet } & Disposable {
  using generator = new Generator(3);
  const network = new UNet({ inChannels: 3, outChannels: 2, width: 4, generator });
  return { network, [Symbol.dispose]: () => network.dispose() };
}

describe("UNet", () => {
  for (const [inChannels, outChannels, wanted] of [
    [3, 2, 31_037_698],
    [1, 2, 31_036_546],
    [1, 4, 31_036_676],
  ]) {
    tensorTest(`has ${wanted} parameters from ${inChannels} to ${outChannels} channels at its width of 64`, () => {
      const network = new UNet({ inChannels, outChannels, width: 64 });
      expect(count(network.parameters())).toBe(wanted);
      network.dispose();
    });
  }

  tensorTest("has the reference's names in the reference's order", () => {
    using made = seededUnet();
    expect(made.network.namedParameters().map(([name]) => name)).toEqual(names.params);
    expect([...made.network.stateDict().keys()]).toEqual(names.state);
    expect(made.network.namedBuffers().map(([name]) => name)).toEqual(
      names.state.filter((name) => !names.params.includes(name)),
    );
    expect(made.network.parameters().every(({ requiresGrad }) => requiresGrad)).toBe(true);
  });

  tensorTest("starts from PyTorch's weights of the same seed, by generator or by default", () => {
    using made = seededUnet();
    expectWeights(made.network, seeded.unet);
    manualSeed(3);
    const byDefault = new UNet({ inChannels: 3, outChannels: 2, width: 4 });
    expectWeights(byDefault, seeded.unet);
    byDefault.dispose();
  });

  const answers: [number[], Fingerprint][] = [
    [[2, 3, 32, 32], { first: [-0.24719293, -0.24449478, -0.24648133, -0.24786612, -0.24498412], energy: 307.04291 }],
    // Sides that do not halve evenly are padded at each level.
    [[1, 3, 37, 50], { first: [-0.24832785, -0.24929972, -0.2479665, -0.24228406, -0.24315351], energy: 284.042869 }],
    [[1, 3, 31, 45], { first: [-0.24782895, -0.2484539, -0.24922498, -0.24480797, -0.24441347], energy: 210.106449 }],
  ];
  for (const [shape, want] of answers) {
    tensorTest(`answers images of ${shape.slice(2).join("×")} as PyTorch does`, () => {
      using made = seededUnet();
      const logits = noGrad(() => made.network.eval().forward(wave(shape)));
      expect(logits.shape).toEqual([shape[0], 2, shape[2], shape[3]]);
      expectFingerprint(logits, want);
    });
  }

  tensorTest("normalises by the batch while training, and remembers its statistics for evaluation", () => {
    using made = seededUnet();
    const images = wave([2, 3, 32, 32]);
    noGrad(() => {
      expectFingerprint(made.network.forward(images), {
        first: [-0.27055955, -0.11076684, -0.24975139, -0.24975139, -0.21186057],
        energy: 700.25758,
      });
      expectFingerprint(made.network.eval().forward(images), {
        first: [-0.24653821, -0.24595231, -0.24514328, -0.24726737, -0.24508442],
        energy: 305.373083,
      });
    });
  });

  tensorTest("shows its levels and its last map, and forward is both halves together", () => {
    using made = seededUnet();
    const images = wave([1, 3, 32, 48]);
    noGrad(() => {
      made.network.eval();
      const levels = made.network.encode(images);
      expect(levels.map(({ shape }) => shape)).toEqual([
        [1, 4, 32, 48],
        [1, 8, 16, 24],
        [1, 16, 8, 12],
        [1, 32, 4, 6],
        [1, 64, 2, 3],
      ]);
      const { logits, feature } = made.network.decode(levels);
      expect(feature.shape).toEqual([1, 4, 32, 48]);
      expect(numbers(made.network.forward(images))).toEqual(numbers(logits));
    });
  });

  tensorTest("refuses images of other channels, and images too small to halve four times", () => {
    using made = seededUnet();
    expect(() => made.network.forward(torch.ones([1, 1, 32, 32]))).toThrow(torch.ShapeError);
    expect(() => made.network.forward(torch.ones([2, 3, 8, 8]))).toThrow(torch.ShapeError);
  });
});

tensorTest("padTo adds the odd pixel right and below", () => {
  const x = tensor([[[[1, 2]]]]);
  expect(padTo(x, torch.ones([1, 1, 2, 5])).toArray()).toEqual([
    [
      [
        [0, 1, 2, 0, 0],
        [0, 0, 0, 0, 0],
      ],
    ],
  ]);
  expect(padTo(x, x)).toBe(x);
});

describe("UNetSsl4mis", () => {
  const create = () => {
    using generator = new Generator(3);
    return new UNetSsl4mis({ inChannels: 1, outChannels: 4, width: 4, generator });
  };

  tensorTest("has 1.81 million parameters at its width of 16", () => {
    const network = new UNetSsl4mis({ inChannels: 1, outChannels: 4, width: 16 });
    expect(count(network.parameters())).toBe(1_813_764);
    network.dispose();
  });

  tensorTest("starts from PyTorch's weights of the same seed and answers as PyTorch does", () => {
    const network = create();
    expectWeights(network, seeded.ssl4mis);
    const images = wave([2, 1, 32, 32]);
    noGrad(() => {
      expectFingerprint(network.eval().forward(images), {
        first: [-0.15596746, -0.15928094, -0.16449475, -0.17339562, -0.16870931],
        energy: 120.81226,
      });
      // Dropout draws from the default generator.
      manualSeed(9);
      expectFingerprint(network.train().forward(images), {
        first: [-0.34888434, -0.24877819, -0.25600713, -0.54939377, -0.09529651],
        energy: 1649.524189,
      });
      expectFingerprint(network.eval().forward(images), {
        first: [-0.16060534, -0.16636652, -0.17087638, -0.1801693, -0.17497583],
        energy: 130.270386,
      });
    });
    network.dispose();
  });

  tensorTest("halves four times", () => {
    const network = create();
    const levels = noGrad(() => network.eval().encode(wave([1, 1, 32, 32])));
    expect(levels.map(({ shape }) => shape.slice(1))).toEqual([4, 8, 16, 32, 64].map((c, i) => [c, 32 >> i, 32 >> i]));
    network.dispose();
  });
});
