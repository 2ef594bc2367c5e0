/** What follows convolutions, and the further layers of networks over volumes. */
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import {
  AveragePool,
  createNorm,
  GroupNorm,
  InstanceNorm,
  MapDropout,
  networkNames,
  networks,
  ResidualUNet,
} from "../../src/nn/index.js";
import { drawHeWeights } from "../../src/nn/initial-weights.js";
import { BatchNorm2d, Conv3d } from "../../src/nn/layers.js";
import {
  Generator,
  manualSeed,
  noGrad,
  ones,
  rand,
  randn,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "../../src/torch/index.js";
import { expectRelative, numbers, tensorTest } from "../support/tensors.js";

/** Mean and variance of each group of maps of each image. */
function momentsOf(maps: Tensor, groups: number): [number[], number[]] {
  const rows = maps.contiguous().reshape([maps.shape[0] * groups, -1]);
  return [numbers(rows.mean(1)), numbers(rows.variance(1, { correction: 0 }))];
}

describe("normalisation of each image", () => {
  for (const layout of ["contiguous", "channelsLast3d"] as const)
    tensorTest(`gives each group mean 0 and variance 1, ${layout}`, () => {
      using generator = new Generator(1);
      const maps = randn([2, 32, 3, 4, 5], { generator }).mul(3).add(7).contiguous({ memoryFormat: layout });
      for (const [layer, groups] of [
        [new InstanceNorm(32), 32],
        [new GroupNorm(32, 16), 16],
      ] as const) {
        const [means, variances] = momentsOf(layer.forward(maps), groups);
        expectRelative(
          means,
          means.map(() => 0),
          { absolute: 1e-5 },
        );
        expectRelative(
          variances,
          variances.map(() => 1),
          { relative: 1e-3 },
        );
        layer.dispose();
      }
    });

  tensorTest("treats an image alone as in a batch, in training and evaluation alike", () => {
    using generator = new Generator(2);
    const maps = randn([3, 4, 6, 6], { generator });
    const layer = new InstanceNorm(4);
    const together = layer.forward(maps);
    for (const training of [true, false])
      expect(numbers(layer.train(training).forward(maps.narrow(0, 1, 1)))).toEqual(numbers(together.narrow(0, 1, 1)));
  });
});

it("names and counts what each kind trains", () => {
  scope(() => {
    const names = (layer: ReturnType<typeof createNorm>) => {
      const state = [...layer.stateDict().keys()];
      layer.dispose();
      return state;
    };
    expect(names(createNorm("batch", 8, 3))).toEqual(["weight", "bias", "running_mean", "running_var"]);
    expect(names(createNorm("instance", 8, 3))).toEqual([]);
    expect(names(createNorm("instance", 8, 3, true))).toEqual(["weight", "bias"]);
    expect(names(createNorm("group", 8, 3))).toEqual(["weight", "bias"]);
  });
});

tensorTest("groups are 16, or as many of them as divide the channels", () => {
  using generator = new Generator(3);
  for (const [channels, groups] of [
    [32, 16],
    [24, 8],
    [5, 1],
  ]) {
    const maps = randn([1, channels, 4, 4, 4], { generator });
    const layer = createNorm("group", channels, 3);
    const [means] = momentsOf(layer.forward(maps), groups);
    expectRelative(
      means,
      means.map(() => 0),
      { absolute: 1e-5 },
    );
    layer.dispose();
  }
});

tensorTest("pools by the mean, over images and volumes", () => {
  expect(
    numbers(
      new AveragePool([2, 2]).forward(
        tensor([
          [
            [
              [1, 2, 9],
              [3, 6, 9],
            ],
          ],
        ]),
      ),
    ),
  ).toEqual([3]);
  expect(
    numbers(
      new AveragePool([1, 2, 2]).forward(
        tensor([
          [
            [
              [
                [1, 2],
                [3, 6],
              ],
              [
                [0, 0],
                [0, 4],
              ],
            ],
          ],
        ]),
      ),
    ),
  ).toEqual([3, 1]);
});

tensorTest("drops whole maps while training, and keeps the mean", () => {
  manualSeed(5);
  const layer = new MapDropout(0.5);
  const maps = numbers(layer.forward(ones([50, 20, 2, 2, 2])).amax([2, 3, 4]));
  const all = numbers(layer.forward(ones([50, 20, 2, 2, 2])).mean([2, 3, 4]));
  expect(new Set([...maps, ...all])).toEqual(new Set([0, 2]));
  expect(Math.abs(maps.filter((value) => value === 0).length - 500)).toBeLessThan(80);
  const input = rand([1, 2, 2, 2, 2]);
  expect(layer.eval().forward(input)).toBe(input);
});

tensorTest("draws weights whose maps keep their size through ReLU", () => {
  using generator = new Generator(4);
  const layer = new Conv3d(8, 64, 3, { generator });
  drawHeWeights(layer, generator);
  expectRelative([layer.weight.square().mean().item()], [2 / (8 * 27)], { relative: 0.05 });
  layer.dispose();
});

tensorTest("residual blocks begin as identities, so that a network of them begins shallow", () => {
  using generator = new Generator(5);
  const network = new ResidualUNet({ rank: 2, inChannels: 1, outChannels: 2, width: 4, generator });
  const images = randn([1, 1, 32, 32], { generator });
  noGrad(() => {
    const before = numbers(network.forward(images));
    const inner = network.namedParameters().filter(([name]) => /blocks\.[1-9].*conv1\.conv/.test(name));
    expect(inner.length).toBeGreaterThan(10);
    for (const [, parameter] of inner) parameter.mul_(-2);
    expect(numbers(network.forward(images))).toEqual(before);
  });
  network.dispose();
});

it.each(networkNames)("%s takes sides that do not halve evenly", (name) => {
  scope(() => {
    using generator = new Generator(6);
    const network = networks[name].create({ inChannels: 2, outChannels: 3, width: 2, generator }).eval();
    const sides = [35, 41, 38].slice(0, network.rank);
    const logits = noGrad(() => network.forward(rand([1, 2, ...sides], { generator })));
    expect(logits.shape).toEqual([1, 3, ...sides]);
    network.dispose();
  });
});

it("BatchNorm refuses to train on one value per channel, also of a part of a batch that has more", () => {
  const norm = new BatchNorm2d(3);
  const one = zeros([1, 3, 1, 1]);
  expect(() => norm.forward(one)).toThrow(/one value per channel of an input of shape \[1, 3, 1, 1\]/);
  norm.parts = [1, 2];
  expect(() => norm.forward(zeros([3, 3, 1, 1]))).toThrow(UsageError);
  norm.parts = [2, 2];
  expect(norm.forward(zeros([4, 3, 1, 1])).shape).toEqual([4, 3, 1, 1]);
  norm.parts = null;
  expect(norm.eval().forward(one).shape).toEqual([1, 3, 1, 1]);
});
