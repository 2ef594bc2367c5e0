/** The bridge's own pooling of planes is libtorch's, bit for bit. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as torch from "../../src/torch/index.js";
import { DtypeError, Generator, ShapeError, type Tensor } from "../../src/torch/index.js";
import { numbers, tensorTest } from "../support/tensors.js";

const sides = fc.integer({ min: 2, max: 33 });
const shapes = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }), sides, sides);

function observe(pool: (x: Tensor) => Tensor, x: Tensor, seed: number) {
  using generator = new Generator(seed);
  const y = pool(x);
  const up = torch.randn(y.shape, { generator });
  const [gradient] = torch.grad(y, [x], { gradOutputs: [up] });
  return { shape: y.shape, y: numbers(y), gradient: numbers(gradient) };
}

describe("maxPoolPlanes", () => {
  it("finds libtorch's values and sends gradients where libtorch does, among equal values too", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 0, max: 1000 }), (shape, seed) => {
        torch.scope(() => {
          using generator = new Generator(seed);
          // Few different values, and one zero, so that most windows have several largest ones.
          const x = torch.randn(shape, { generator }).mul(2).round().add(0).detach().requiresGrad_();
          const got = observe((input) => torch.maxPoolPlanes(input), x, seed);
          expect(got).toEqual(observe((input) => torch.maxPool2d(input, 2), x, seed));
        });
      }),
      { numRuns: 80, examples: [[[2, 3, 9, 2], 1]] },
    );
  });

  tensorTest("takes parts of larger tensors", () => {
    using generator = new Generator(4);
    const part = torch.randn([2, 4, 8, 10], { generator }).narrow(1, 1, 2).transpose(2, 3);
    expect(numbers(torch.maxPoolPlanes(part))).toEqual(numbers(torch.maxPool2d(part, 2)));
  });

  tensorTest("refuses what it cannot do", () => {
    expect(() => torch.maxPoolPlanes(torch.zeros([1, 1, 1, 8]))).toThrow(ShapeError);
    expect(() => torch.maxPoolPlanes(torch.zeros([1, 1, 1, 8]))).toThrow("max_pool_planes: planes of size 1 x 8");
    expect(() => torch.maxPoolPlanes(torch.zeros([4, 4]))).toThrow("expects planes [B, C, H, W] on the CPU");
    expect(() => torch.maxPoolPlanes(torch.zeros([1, 1, 4, 4], { dtype: "float64" }))).toThrow(DtypeError);
    const x = torch.zeros([1, 1, 4, 4]).requiresGrad_();
    const loss = torch.maxPoolPlanes(x).square().sum();
    expect(() => torch.grad(loss, [x], { createGraph: true })).toThrow("no gradient of its gradient");
  });
});
