/** Convolutions over a few slices: the same as over many, and nothing of memory that was freed. */
import { describe, expect, it } from "vitest";
import * as torch from "../../src/torch/index.js";
import { convolve } from "../../src/torch/kernels.js";

const windows = (padding: number) => ({ bias: null, stride: [1, 1, 1], padding: [padding, padding, padding] });

function drawn(shape: readonly number[], seed: number) {
  using generator = new torch.Generator(seed);
  return torch.randn(shape, { generator });
}

/** Frees pieces of memory of all sizes that hold NaN. */
function leaveNaN(): void {
  torch.scope(() => {
    for (let i = 0; i < 40; i++) torch.full([1 << (8 + (i % 14))], Number.NaN);
  });
}

describe.each([
  { slices: 1, kernel: 3 },
  { slices: 1, kernel: 5 },
  { slices: 2, kernel: 3 },
  { slices: 3, kernel: 5 },
  { slices: 4, kernel: 5 },
  { slices: 6, kernel: 5 },
])("a window of $kernel over $slices slices", ({ slices, kernel }) => {
  const padding = (kernel - 1) / 2;

  it("gives what libtorch's own padding gives", () => {
    torch.scope(() => {
      const [x, w] = [drawn([2, 3, slices, 5, 4], 1), drawn([4, 3, kernel, kernel, kernel], 2)];
      const difference = convolve(x, w, windows(padding)).sub(torch.conv3d(x, w, { padding }));
      expect(difference.abs().amax().item()).toBeLessThan(1e-4);
    });
  });

  it("has finite gradients in bfloat16, whatever was in memory before", () => {
    for (let seed = 0; seed < 3; seed++)
      torch.scope(() => {
        const [x, w] = [
          drawn([2, 32, slices, 4, 4], seed),
          drawn([32, 32, kernel, kernel, kernel], seed + 9).mul(0.05),
        ];
        const gradients = (dtype: "float32" | "bfloat16") => {
          const leaves = [x, w].map((one) => one.to({ dtype, copy: true }).requiresGrad_(true));
          leaveNaN();
          const y = convolve(leaves[0], leaves[1], windows(padding));
          return torch.grad(y.to({ dtype: "float32" }).square().mean(), leaves);
        };
        const [exact, rounded] = [gradients("float32"), gradients("bfloat16")];
        rounded.forEach((gradient, i) => {
          expect(gradient.isfinite().all().item()).toBe(1);
          const scale = exact[i].abs().amax().item();
          const error = gradient.to({ dtype: "float32" }).sub(exact[i]).abs().amax().item();
          expect(error / scale).toBeLessThan(0.05);
        });
      });
  });
});
