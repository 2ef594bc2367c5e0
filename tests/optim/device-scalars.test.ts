/** Arithmetic with a scalar on the device gives the bits of the same arithmetic with its value as a number. */
import fc from "fast-check";
import { describe, expect } from "vitest";
import { addScaled, globalCosine, globalDot, globalNorm } from "../../src/optim/index.js";
import { ofLength, over } from "../../src/optim/rules/ascent-rule.js";
import { foreachAdd, foreachMul, Generator, noGrad, randn, scope, type Tensor, tensor } from "../../src/torch/index.js";
import { numbers, tensorTest } from "../support/tensors.js";

/** Vectors whose sizes are not multiples of a register's width, convolution weights in both layouts. */
function drawn(seed: number, dtype: "float32" | "float64", channelsLast: boolean): Tensor[] {
  using generator = new Generator(seed);
  return [[7], [33], [16, 3, 3, 3], [5, 7, 1, 1]].map((shape) => {
    const value = randn(shape, { generator }).to({ dtype });
    return channelsLast && shape.length === 4 ? value.contiguous({ memoryFormat: "channelsLast" }) : value;
  });
}
const flat = (tensors: readonly Tensor[]) => tensors.flatMap(numbers);

const cases = fc.tuple(
  fc.integer({ min: 0, max: 1e6 }),
  fc.constantFrom("float32" as const, "float64" as const),
  fc.boolean(),
);
const forDrawn = (check: (a: Tensor[], b: Tensor[]) => void) =>
  fc.assert(
    fc.property(cases, ([seed, dtype, channelsLast]) => {
      noGrad(() => scope(() => check(drawn(seed, dtype, channelsLast), drawn(seed + 1, dtype, channelsLast))));
    }),
    { numRuns: 40 },
  );

describe("a scalar on the device", () => {
  tensorTest("scales a vector to a length as its value does", () => {
    forDrawn((_, vector) => {
      const norm = globalNorm(vector);
      const want = foreachMul(vector, 0.05 / (norm.item() + 1e-12));
      expect(flat(ofLength(0.05, vector, norm))).toEqual(flat(want));
    });
  });

  tensorTest("weighs a vector in a sum as its value does", () => {
    forDrawn((a, b) => {
      const factor = over(0.3, globalNorm(a));
      expect(flat(addScaled(a, factor, b))).toEqual(flat(foreachAdd(a, b, { alpha: factor.item() })));
    });
  });

  tensorTest("is a quotient or a cosine to the last bit of a number", () => {
    forDrawn((a, b) => {
      const [dot, normA, normB] = [globalDot(a, b), globalNorm(a), globalNorm(b)];
      expect(over(0.7, normA, 0).item()).toBe(0.7 / normA.item());
      expect(globalCosine(a, normA, b, normB).item()).toBe(dot.item() / (normA.item() * normB.item()));
    });
  });

  tensorTest("is a cosine of 0 with a vector that vanishes", () => {
    const [a, zero] = [[tensor([3, 4])], [tensor([0, 0])]];
    expect(globalNorm(a).item()).toBe(5);
    expect(globalCosine(a, globalNorm(a), zero, globalNorm(zero)).item()).toBe(0);
  });
});
