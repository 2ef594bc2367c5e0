import { describe, expect, it } from "vitest";
import { evaluateAlong, filterNormalisedDirection, unitDirection } from "../../src/analysis/directions.js";
import { Conv2d, ConvTranspose2d, UNet } from "../../src/nn/index.js";
import { globalNorm } from "../../src/optim/parameter-list.js";
import { Generator, noGrad, scope, tensor } from "../../src/torch/index.js";
import { numbers, tensorTest } from "../support/tensors.js";

describe("evaluateAlong", () => {
  tensorTest("gives a quadratic's own values and the old bits back", () => {
    // loss(w) = ½|w|² over two parameters, so that loss(w + a d + b e) is known.
    const parameters = [tensor([3, -1 / 3]).requiresGrad_(), tensor([[0.1]]).requiresGrad_()];
    const before = parameters.map(numbers);
    const loss = () => noGrad(() => scope(() => parameters.reduce((sum, p) => sum + p.square().sum().item() / 2, 0)));
    const d = [tensor([1, 0]), tensor([[2]])];
    const e = [tensor([0, 4]), tensor([[0]])];
    const steps = [
      [[0, d]],
      [[0.5, d]],
      [
        [-1, d],
        [0.25, e],
      ],
    ] as const;
    const got = evaluateAlong(parameters, steps, loss);
    const want = [
      [3, -1 / 3, 0.1],
      [3.5, -1 / 3, 1.1],
      [2, 2 / 3, -1.9],
    ].map((w) => w.reduce((sum, x) => sum + (x * x) / 2, 0));
    got.forEach((value, i) => {
      expect(value).toBeCloseTo(want[i], 5);
    });
    expect(parameters.map(numbers)).toEqual(before);
  });

  tensorTest("gives the old bits back when the evaluation fails", () => {
    const parameter = tensor([0.1, 0.7]);
    const before = numbers(parameter);
    const fail = () => {
      throw new Error("no loss");
    };
    expect(() => evaluateAlong([parameter], [[[1e8, [tensor([1, 1])]]]], fail)).toThrow("no loss");
    expect(numbers(parameter)).toEqual(before);
  });
});

describe("filterNormalisedDirection", () => {
  it("has filters as long as the network's, and leaves biases and normalisation alone", () => {
    const generator = new Generator(3);
    const network = new UNet({ inChannels: 1, outChannels: 2, width: 2, generator });
    scope(() => {
      const direction = filterNormalisedDirection(network, generator);
      const transposed = network.namedModules().flatMap(([, m]) => (m instanceof ConvTranspose2d ? [m.weight] : []));
      const plain = network.namedModules().flatMap(([, m]) => (m instanceof Conv2d ? [m.weight] : []));
      expect(transposed).toHaveLength(4);
      network.parameters().forEach((weight, i) => {
        expect(direction[i].shape).toEqual(weight.shape);
        if (weight.ndim === 1) {
          expect(direction[i].abs().sum().item()).toBe(0);
          return;
        }
        const axes = transposed.includes(weight) ? [0, 2, 3] : [1, 2, 3];
        expect(plain.includes(weight) || transposed.includes(weight)).toBe(true);
        const [got, want] = [direction[i], weight].map((one) => numbers(one.detach().square().sum(axes).sqrt()));
        got.forEach((norm, f) => {
          expect(norm).toBeCloseTo(want[f], 5);
        });
      });
    });
    network.dispose();
    generator.dispose();
  });

  it("is drawn by the generator", () => {
    const network = new UNet({ inChannels: 1, outChannels: 1, width: 2 });
    const draw = (seed: number) =>
      scope(() => {
        const generator = new Generator(seed);
        const [first, second] = [0, 1].map(() => numbers(filterNormalisedDirection(network, generator)[0]));
        generator.dispose();
        return { first, second };
      });
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1).first).not.toEqual(draw(1).second);
    expect(draw(1).first).not.toEqual(draw(2).first);
    network.dispose();
  });
});

describe("unitDirection", () => {
  tensorTest("has length 1 over all parameters, or 0 for a gradient of zero", () => {
    const direction = unitDirection([tensor([3, 0]), tensor([[4]])]);
    expect(numbers(direction[0])[0]).toBeCloseTo(0.6, 6);
    expect(globalNorm(direction).item()).toBeCloseTo(1, 6);
    expect(globalNorm(unitDirection([tensor([0, 0])])).item()).toBe(0);
  });
});
