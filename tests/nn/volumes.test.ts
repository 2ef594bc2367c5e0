/** Layers over volumes: what they do with one slice is what those over images do, in both layouts. */
import { describe, expect, it } from "vitest";
import { padTo } from "../../src/nn/blocks.js";
import {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  Conv2d,
  Conv3d,
  ConvTranspose2d,
  ConvTranspose3d,
  Linear,
  MaxPool2d,
  MaxPool3d,
  type Module,
  networkNames,
  networks,
  Sequential,
  withFixedStatistics,
  withFrozenRunningStatistics,
  withSeparateStatistics,
} from "../../src/nn/index.js";
import {
  Generator,
  grad,
  noGrad,
  ones,
  rand,
  randn,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "../../src/torch/index.js";
import { errorOf, expectRelative, numbers, tensorTest } from "../support/tensors.js";

const layouts = ["contiguous", "channelsLast"] as const;

/** Gives a layer over volumes the weights of one over images, for kernels one slice thick. */
function copyWeights(from: Module, to: Module): void {
  const weights = from.stateDict();
  noGrad(() => {
    for (const [name, own] of to.stateDict()) own.copy_((weights.get(name) as Tensor).reshape(own.shape));
  });
}

/** [B, C, ...S] in a layout. */
function laid(x: Tensor, layout: (typeof layouts)[number]): Tensor {
  const last = x.ndim === 4 ? "channelsLast" : "channelsLast3d";
  return x.contiguous({ memoryFormat: layout === "channelsLast" ? last : "contiguous" });
}

describe.each(layouts)("one slice, %s", (layout) => {
  tensorTest("is convolved as its image", () => {
    using generator = new Generator(1);
    const pairs: [Module & { forward(x: Tensor): Tensor }, Module & { forward(x: Tensor): Tensor }][] = [
      [new Conv2d(3, 4, 3, { padding: 1 }), new Conv3d(3, 4, [1, 3, 3], { padding: [0, 1, 1] })],
      [
        new Conv2d(3, 4, 2, { stride: 2, bias: false }),
        new Conv3d(3, 4, [1, 2, 2], { stride: [1, 2, 2], bias: false }),
      ],
      [new ConvTranspose2d(3, 4, 2, { stride: 2 }), new ConvTranspose3d(3, 4, [1, 2, 2], { stride: [1, 2, 2] })],
    ];
    const image = randn([2, 3, 8, 6], { generator });
    for (const [planar, deep] of pairs) {
      copyWeights(planar, deep);
      deep.to({ memoryFormat: layout });
      const want = planar.forward(image);
      const got = deep.forward(laid(image.unsqueeze(2), layout));
      expect(got.shape).toEqual([...want.shape.slice(0, 2), 1, ...want.shape.slice(2)]);
      expectRelative(got, numbers(want), { absolute: 1e-6, relative: 1e-5 });
      planar.dispose();
      deep.dispose();
    }
  });

  tensorTest("is pooled as its image", () => {
    using generator = new Generator(1);
    const image = randn([2, 3, 7, 6], { generator });
    const got = new MaxPool3d([1, 2, 2]).forward(laid(image.unsqueeze(2), layout));
    expect(numbers(got)).toEqual(numbers(new MaxPool2d(2).forward(laid(image, layout))));
  });

  for (const channels of [4, 40])
    tensorTest(`is normalised as its image, ${channels} channels`, () => {
      using generator = new Generator(2);
      const image = randn([5, channels, 6, 4], { generator });
      const observe = (layer: BatchNorm2d | BatchNorm3d, x: Tensor) => {
        const input = laid(x, layout).requiresGrad_();
        const output = withSeparateStatistics(layer, [2, 3], () => layer.forward(input));
        const gradients = grad(output.pow(3).mean(), [input, layer.weight]);
        const seen = [output, ...gradients, layer.runningMean, layer.runningVar].map(numbers);
        layer.dispose();
        return seen;
      };
      const wanted = observe(new BatchNorm2d(channels), image);
      observe(new BatchNorm3d(channels), image.unsqueeze(2)).forEach((got, i) => {
        const scale = Math.max(...wanted[i].map(Math.abs));
        expectRelative(got, wanted[i], { absolute: 1e-6 * scale, relative: 1e-5 });
      });
    });
});

tensorTest("both layouts normalise a volume alike, on narrow and wide maps", () => {
  using generator = new Generator(5);
  for (const channels of [4, 40]) {
    const map = randn([3, channels, 4, 6, 5], { generator });
    const [planes, last] = layouts.map((layout) => {
      const layer = new BatchNorm3d(channels);
      const output = layer.forward(laid(map, layout));
      const seen = [...numbers(output), ...numbers(layer.runningMean), ...numbers(layer.runningVar)];
      layer.dispose();
      return seen;
    });
    expectRelative(last, planes, { absolute: 1e-6, relative: 1e-5 });
  }
});

tensorTest("channels-last lays the weights of volumes with their channels side by side, and maps follow", () => {
  using generator = new Generator(5);
  const network = new Sequential(new Conv3d(3, 4, 3, { padding: 1, generator }), new BatchNorm3d(4));
  network.to({ memoryFormat: "channelsLast" });
  const weight = network.parameters()[0];
  expect([weight.strides[1], weight.strides.at(-1)]).toEqual([1, 3]);
  const output = network.forward(randn([2, 3, 4, 4, 4], { generator }));
  expect([output.strides[1], output.strides.at(-1)]).toEqual([1, 4]);
  network.dispose();
});

describe("running statistics", () => {
  const layers: [string, () => Module & { forward(x: Tensor): Tensor; runningMean: Tensor }, number[]][] = [
    ["BatchNorm1d", () => new BatchNorm1d(2), [6, 2]],
    ["BatchNorm2d", () => new BatchNorm2d(2), [2, 2, 3, 4]],
    ["BatchNorm3d", () => new BatchNorm3d(2), [2, 2, 3, 4, 2]],
  ];

  it.each(layers)("of %s move only where they may", (_, create, shape) => {
    scope(() => {
      const layer = create();
      const network = new Sequential(layer);
      const input = ones(shape);
      withFrozenRunningStatistics(network, () => layer.forward(input));
      withFixedStatistics(network, "batch", () => layer.forward(input));
      withFixedStatistics(network, "running", () => layer.forward(input));
      expect(numbers(layer.runningMean)).toEqual([0, 0]);
      layer.forward(input);
      expectRelative(layer.runningMean, [0.1, 0.1]);
      network.dispose();
    });
  });

  tensorTest("or the batch's normalise, whatever mode the network is in, which it has again afterwards", () => {
    const layer = new BatchNorm3d(1);
    const input = tensor([[[[[1, 3]]]]]);
    for (const training of [true, false]) {
      layer.train(training);
      expectRelative(
        withFixedStatistics(layer, "batch", () => layer.forward(input)),
        [-1, 1],
        { relative: 1e-4 },
      );
      expectRelative(
        withFixedStatistics(layer, "running", () => layer.forward(input)),
        [1, 3],
        { relative: 1e-4 },
      );
      const failing = () => withFixedStatistics(layer, "batch", () => layer.forward(zeros([1, 3, 1, 1, 1])));
      errorOf(failing);
      expect([layer.training, layer.updateRunningStatistics]).toEqual([training, true]);
    }
    layer.dispose();
  });
});

tensorTest("fan-in counts the whole window", () => {
  using generator = new Generator(1);
  const layers: [Module, number][] = [
    [new Conv3d(8, 16, [1, 3, 3], { generator }), 8 * 9],
    [new ConvTranspose3d(8, 16, 2, { generator }), 16 * 8],
    [new Linear(64, 32, generator), 64],
  ];
  for (const [layer, fanIn] of layers) {
    const largest = layer.parameters()[0].abs().amax().item();
    expect(largest).toBeLessThanOrEqual(1 / Math.sqrt(fanIn));
    expect(largest).toBeGreaterThan(0.9 / Math.sqrt(fanIn));
    layer.dispose();
  }
});

tensorTest("padding centres along every axis, the odd voxel at the far end", () => {
  const padded = padTo(ones([1, 1, 1, 2, 2]), zeros([1, 1, 2, 2, 5]));
  expect(padded.toArray()).toEqual([
    [
      [
        [
          [0, 1, 1, 0, 0],
          [0, 1, 1, 0, 0],
        ],
        [
          [0, 0, 0, 0, 0],
          [0, 0, 0, 0, 0],
        ],
      ],
    ],
  ]);
});

it.each(networkNames)("%s leaves one pixel of the smallest image that its strides allow", (name) => {
  scope(() => {
    using generator = new Generator(1);
    const network = networks[name].create({ inChannels: 1, outChannels: 2, width: 2, generator });
    expect(network.strides).toEqual(networks[name].strides);
    expect(network.strides).toHaveLength(network.rank);
    const levels = network.eval().encode(rand([1, 1, ...network.strides], { generator }));
    expect(levels.at(-1)?.shape.slice(2)).toEqual(network.strides.map(() => 1));
    network.dispose();
  });
});
