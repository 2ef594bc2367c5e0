/** Generators: PyTorch's numbers for a seed, independent streams, states that can be saved. */
import { describe, expect } from "vitest";
import { DisposedError, Generator, manualSeed, rand, randn, randperm } from "../../src/torch/index.js";
import { expectClose, tensorTest } from "../support/tensors.js";

describe("Generator", () => {
  tensorTest("draws PyTorch's numbers", () => {
    using generator = new Generator(7);
    // torch.Generator().manual_seed(7): torch.rand(4), then torch.randn(4)
    expectClose(
      rand([4], { generator }),
      [0.5349225401878357, 0.19880318641662598, 0.6592116951942444, 0.6568902730941772],
      15,
    );
    expectClose(
      randn([4], { generator }),
      [0.9468216300010681, -1.1143440008163452, 1.6907901763916016, -0.8948279023170471],
      6,
    );
  });

  tensorTest("continues from a saved state to the bit", () => {
    using generator = new Generator(1);
    randn([5], { generator });
    const state = generator.getState();
    expect([state.dtype, state.ndim]).toEqual(["uint8", 1]);
    const next = randn([20], { generator }).toTypedArray();
    using other = new Generator(99);
    other.setState(state);
    expect(randn([20], { generator: other }).toTypedArray()).toEqual(next);
    generator.setState(state);
    expect(randn([20], { generator }).toTypedArray()).toEqual(next);
  });

  tensorTest("is independent of the default generator and of others", () => {
    using first = new Generator(5);
    const alone = rand([3], { generator: first }).toArray();
    using second = new Generator(5);
    manualSeed(0);
    rand([100]);
    using third = new Generator(6);
    rand([3], { generator: third });
    expect(rand([3], { generator: second }).toArray()).toEqual(alone);
    second.seed(5);
    expect(rand([3], { generator: second }).toArray()).toEqual(alone);
  });

  tensorTest("serves every random operator", () => {
    using generator = new Generator(2);
    expect([...randperm(5, { generator }).toNumbers()].sort()).toEqual([0, 1, 2, 3, 4]);
    const uniform = rand([1000], { generator }).uniform_(-2, 2, { generator }).toNumbers();
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...uniform)).toBeLessThan(2);
  });

  tensorTest("refuses to draw once disposed, also when its place was taken", () => {
    const old = new Generator(1);
    old.dispose();
    old.dispose();
    using fresh = new Generator(2);
    expect(() => rand([1], { generator: old })).toThrow(DisposedError);
    expect(() => old.getState()).toThrow(/the generator has been disposed/);
    expect(rand([1], { generator: fresh }).numel).toBe(1);
  });

  tensorTest("refuses a state that is none", () => {
    using generator = new Generator(1);
    expect(() => generator.setState(rand([3]))).toThrow();
    expect(rand([1], { generator }).numel).toBe(1);
  });
});
