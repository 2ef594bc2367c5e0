/** Each layer against values worked out by hand, and its initial weights. */
import { describe, expect } from "vitest";
import {
  BatchNorm2d,
  Conv2d,
  ConvTranspose2d,
  Dropout,
  LeakyReLU,
  Linear,
  MaxPool2d,
  type Module,
  ReLU,
  Sequential,
} from "../../src/nn/index.js";
import * as torch from "../../src/torch/index.js";
import { Generator, noGrad, tensor } from "../../src/torch/index.js";
import { expectRelative, numbers, tensorTest } from "../support/tensors.js";

/** Sets every weight of a module to one value. */
function fill(module: Module, value: number): void {
  noGrad(() => {
    for (const x of module.parameters()) x.fill_(value);
  });
}

describe("convolutions", () => {
  tensorTest("add up the window, and the bias", () => {
    const layer = new Conv2d(1, 1, 3, { padding: 1 });
    fill(layer, 2);
    expect(layer.forward(torch.ones([1, 1, 3, 3])).toArray()).toEqual([
      [
        [
          [10, 14, 10],
          [14, 20, 14],
          [10, 14, 10],
        ],
      ],
    ]);
    layer.dispose();
  });

  tensorTest("take stride and go without bias", () => {
    const layer = new Conv2d(2, 3, 2, { stride: 2, bias: false });
    expect([layer.bias, layer.parameters().length]).toEqual([null, 1]);
    expect(layer.forward(torch.ones([1, 2, 6, 8])).shape).toEqual([1, 3, 3, 4]);
    layer.dispose();
  });

  tensorTest("transposed, give in bfloat16 and channels-last what they give in float32", () => {
    const generator = new Generator(5);
    const layer = new ConvTranspose2d(8, 4, 2, { stride: 2, generator });
    const x = torch.randn([2, 8, 5, 7], { generator });
    const evaluate = (precision: "fp32" | "bf16", input: torch.Tensor) => {
      const output = torch.autocast(precision, "cpu", () => layer.forward(input)).to({ dtype: "float32" });
      return [output, ...torch.grad(output.square().mean(), [layer.weight, layer.bias!])].map(numbers);
    };
    const exact = evaluate("fp32", x);
    const reduced = evaluate("bf16", x.to({ dtype: "bfloat16" }).contiguous({ memoryFormat: "channelsLast" }));
    exact.forEach((values, part) => {
      const scale = Math.max(...values.map(Math.abs));
      const worst = Math.max(...values.map((value, i) => Math.abs(value - reduced[part][i])));
      expect(worst / scale).toBeLessThan(0.02);
    });
    layer.dispose();
    generator.dispose();
  });

  tensorTest("transposed, write each pixel into its own square", () => {
    const layer = new ConvTranspose2d(1, 1, 2, { stride: 2 });
    noGrad(() => {
      layer.weight.copy_(
        tensor([
          [
            [
              [1, 2],
              [3, 4],
            ],
          ],
        ]),
      );
      layer.bias!.fill_(0);
    });
    expect(layer.forward(tensor([[[[1, 10]]]])).toArray()).toEqual([
      [
        [
          [1, 2, 10, 20],
          [3, 4, 30, 40],
        ],
      ],
    ]);
    layer.dispose();
  });

  tensorTest("start uniform in ±1/√fan-in, where a transposed one counts its outputs", () => {
    using generator = new Generator(1);
    const layers: [Module, number][] = [
      [new Conv2d(16, 32, 3, { generator }), 16 * 9],
      [new ConvTranspose2d(16, 32, 2, { generator }), 32 * 4],
      [new Linear(64, 32, generator), 64],
    ];
    for (const [layer, fanIn] of layers) {
      const bound = 1 / Math.sqrt(fanIn);
      for (const x of layer.parameters()) {
        const largest = x.abs().amax().item();
        expect(largest).toBeLessThanOrEqual(bound);
        expect(largest).toBeGreaterThan(0.8 * bound);
      }
      const weights = layer.parameters()[0];
      // A uniform variable in ±b has variance b²/3; three standard errors of the smallest layer.
      expectRelative(weights.square().mean(), [bound ** 2 / 3], { relative: 3 * Math.sqrt(4 / 5 / weights.numel) });
      layer.dispose();
    }
  });
});

tensorTest("a linear layer maps the last axis", () => {
  const layer = new Linear(2, 1);
  noGrad(() => {
    layer.weight.copy_(tensor([[2, 3]]));
    layer.bias.fill_(1);
  });
  expect(
    layer
      .forward(
        tensor([
          [
            [1, 0],
            [0, 1],
          ],
        ]),
      )
      .toArray(),
  ).toEqual([[[3], [4]]]);
  layer.dispose();
});

describe("batch normalisation", () => {
  /** Mean 2.5 and biased variance 1.25 in its only channel; the unbiased one is 5/3. */
  const batch = () =>
    tensor([
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ]);

  tensorTest("centres and scales by the batch, then by its weights", () => {
    const layer = new BatchNorm2d(1);
    const scale = 1 / Math.sqrt(1.25 + 1e-5);
    expectRelative(
      layer.forward(batch()),
      [-1.5, -0.5, 0.5, 1.5].map((x) => x * scale),
    );
    noGrad(() => {
      layer.weight.fill_(2);
      layer.bias.fill_(10);
    });
    expectRelative(
      layer.forward(batch()),
      [-1.5, -0.5, 0.5, 1.5].map((x) => 2 * x * scale + 10),
    );
    layer.dispose();
  });

  tensorTest("moves the running statistics by a tenth, with the unbiased variance", () => {
    const layer = new BatchNorm2d(1);
    layer.forward(batch());
    expectRelative(layer.runningMean, [0.25]);
    expectRelative(layer.runningVar, [0.9 + 0.1 * (5 / 3)]);
    layer.forward(batch());
    expectRelative(layer.runningMean, [0.475]);
    layer.dispose();
  });

  tensorTest("does the same in both layouts, on narrow and wide maps", () => {
    using generator = new Generator(5);
    for (const channels of [4, 40]) {
      const map = torch.randn([3, channels, 6, 6], { generator });
      const [planes, last] = (["contiguous", "channelsLast"] as const).map((memoryFormat) => {
        const layer = new BatchNorm2d(channels);
        const output = numbers(layer.forward(map.to({ memoryFormat })));
        const observed = [...output, ...numbers(layer.runningMean), ...numbers(layer.runningVar)];
        layer.dispose();
        return observed;
      });
      expectRelative(last, planes, { absolute: 1e-6, relative: 1e-5 });
    }
  });

  tensorTest("uses the running statistics in evaluation", () => {
    const layer = new BatchNorm2d(1);
    noGrad(() => {
      layer.runningMean.fill_(1);
      layer.runningVar.fill_(4 - 1e-5);
    });
    layer.eval();
    // Frozen or not makes no difference here.
    for (layer.updateRunningStatistics of [true, false])
      expectRelative(layer.forward(batch()), [0, 0.5, 1, 1.5], { absolute: 1e-6 });
    layer.dispose();
  });

  tensorTest("frozen, still normalises by the batch but remembers nothing", () => {
    const layer = new BatchNorm2d(1);
    const want = numbers(layer.forward(batch()));
    const before = [numbers(layer.runningMean), numbers(layer.runningVar)];
    layer.updateRunningStatistics = false;
    expect(numbers(layer.forward(batch()))).toEqual(want);
    expect([numbers(layer.runningMean), numbers(layer.runningVar)]).toEqual(before);
    layer.dispose();
  });

  tensorTest("saves its statistics but does not train them", () => {
    const layer = new BatchNorm2d(2);
    expect(layer.namedParameters().map(([name]) => name)).toEqual(["weight", "bias"]);
    expect(layer.namedBuffers().map(([name, x]) => [name, x.requiresGrad])).toEqual([
      ["running_mean", false],
      ["running_var", false],
    ]);
    layer.dispose();
  });
});

describe("layers without weights", () => {
  tensorTest("cut or slope what is negative", () => {
    expect(numbers(new ReLU().forward(tensor([-1, 0, 2])))).toEqual([0, 0, 2]);
    expectRelative(new LeakyReLU().forward(tensor([-1, 0, 2])), [-0.01, 0, 2]);
    expectRelative(new LeakyReLU(0.2).forward(tensor([-1])), [-0.2]);
  });

  tensorTest("take the largest of a window and drop odd edges", () => {
    const image = torch.arange(15, { dtype: "float32" }).reshape([1, 1, 3, 5]);
    expect(new MaxPool2d(2).forward(image).toArray()).toEqual([[[[6, 8]]]]);
  });

  tensorTest("drop values while training only, and keep the mean", () => {
    const layer = new Dropout(0.25);
    const image = torch.ones([10000]);
    torch.manualSeed(1);
    const dropped = layer.forward(image);
    const kept = numbers(dropped).filter((x) => x !== 0);
    expectRelative(
      kept,
      kept.map(() => 4 / 3),
    );
    // Three standard deviations of a binomial share.
    expect(Math.abs(kept.length / 10000 - 0.75)).toBeLessThan(0.013);
    expect(layer.eval().forward(image)).toBe(image);
    expect(new Dropout(0).forward(image)).toBe(image);
  });
});

describe("a sequence", () => {
  tensorTest("applies its layers in order and frees what lies between", () => {
    const module = new Sequential(new Conv2d(1, 1, 1), new LeakyReLU(0.5), new Conv2d(1, 1, 1));
    fill(module, -1);
    const image = torch.ones([1, 1, 1, 1]);
    const before = torch.liveTensors();
    // 1 → −2 → −1 → 0
    expect(noGrad(() => module.forward(image)).item()).toBe(0);
    expect(torch.liveTensors()).toBe(before + 1);
    module.dispose();
  });

  tensorTest("with nothing in it is the identity", () => {
    const image = torch.ones([1]);
    expect(new Sequential().forward(image)).toBe(image);
  });
});
