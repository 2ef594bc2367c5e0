/** Seeded generators: PyTorch's own numbers, states that can be saved, streams that do not disturb each other. */
import { describe, expect, it } from "vitest";
import * as torch from "../../src/torch/index.js";
import { DisposedError, Generator, manualSeed } from "../../src/torch/index.js";
import { expectRelative, numbers, tensorTest } from "../support/tensors.js";

/** Drawn in this order by PyTorch 2.13.0 from `torch.Generator().manual_seed(seed)`. */
const pytorch = {
  7: {
    rand: [0.53492254, 0.19880319, 0.6592117, 0.6568903],
    randn: [0.94682163, -1.114344, 1.6907902, -0.8948279],
    /** Sixteen and more values come from another algorithm; these are the first of twenty. */
    randn20: [0.60947347, -0.5811338, 0.049043868],
    randperm: [2, 3, 1, 5, 0, 4],
    uniform: [0.88115, -0.5803051, 1.0546463],
    normal: [2.8074074, 2.965099, 1.7887492],
    bernoulli: [0, 0, 1, 1, 0, 0, 0, 0],
    rand64: [0.19009302039801035, 0.06110724428982506],
  },
  // A seed beyond 32 bits.
  [2 ** 40 + 5]: {
    rand: [0.8302519, 0.12611091, 0.9074697, 0.81992704],
    randn: [-0.55809623, 0.6675243, -0.1974151, 1.9427835],
    randn20: [-0.18729281, -0.10570163, 1.5329131],
    randperm: [4, 1, 2, 5, 0, 3],
    uniform: [0.005823374, 2.064862, 1.8092105],
    normal: [1.0229976, 1.7206335, 2.214758],
    bernoulli: [1, 0, 0, 0, 0, 1, 0, 1],
    rand64: [0.3631647543579083, 0.6878985482061775],
  },
};

describe("Generator", () => {
  for (const [seed, want] of Object.entries(pytorch)) {
    tensorTest(`draws PyTorch's numbers from seed ${seed}`, () => {
      using generator = new Generator(Number(seed));
      expectRelative(torch.rand([4], { generator }), want.rand);
      expectRelative(torch.randn([4], { generator }), want.randn);
      expectRelative(numbers(torch.randn([20], { generator })).slice(0, 3), want.randn20, { absolute: 1e-6 });
      expect(numbers(torch.randperm(6, { generator }))).toEqual(want.randperm);
      expectRelative(torch.empty([3]).uniform_(-1, 3, { generator }), want.uniform);
      expectRelative(torch.empty([3]).normal_(2, 0.5, { generator }), want.normal);
      expect(numbers(torch.full([8], 0.3).bernoulli({ generator }))).toEqual(want.bernoulli);
      expectRelative(torch.rand([2], { generator, dtype: "float64" }), want.rand64, { relative: 1e-15 });
    });
  }

  tensorTest("continues from a saved state, also in another generator", () => {
    using generator = new Generator(3);
    torch.randn([3], { generator });
    const state = generator.getState();
    expect(state.dtype).toBe("uint8");
    const want = numbers(torch.randn([5], { generator }));
    generator.setState(state);
    expect(numbers(torch.randn([5], { generator }))).toEqual(want);
    using other = new Generator(99);
    other.setState(state);
    expect(numbers(torch.randn([5], { generator: other }))).toEqual(want);
  });

  tensorTest("starts anew from a seed", () => {
    using generator = new Generator(3);
    const want = numbers(torch.randn([3], { generator }));
    generator.seed(3);
    expect(numbers(torch.randn([3], { generator }))).toEqual(want);
    generator.seed(4);
    expect(numbers(torch.randn([3], { generator }))).not.toEqual(want);
  });

  tensorTest("is a stream of its own", () => {
    using a = new Generator(1);
    using alone = new Generator(1);
    using b = new Generator(2);
    const mixed = [0, 1, 2].map(() => {
      torch.rand([3], { generator: b });
      torch.rand([3]);
      return torch.rand([1], { generator: a }).item();
    });
    expect(mixed).toEqual([0, 1, 2].map(() => torch.rand([1], { generator: alone }).item()));
  });

  tensorTest("is refused after its end, which may come twice", () => {
    const generator = new Generator(1);
    generator.dispose();
    generator.dispose();
    expect(() => torch.rand([1], { generator })).toThrow(DisposedError);
    expect(() => generator.seed(1)).toThrow("the generator has been disposed");
    expect(() => generator.getState()).toThrow(DisposedError);
    using next = new Generator(2);
    expect(() => generator.seed(1)).toThrow(DisposedError);
    expect(torch.rand([1], { generator: next }).numel).toBe(1);
  });

  tensorTest("refuses what is not a state, and draws on as before", () => {
    using generator = new Generator(1);
    using same = new Generator(1);
    expect(() => generator.setState(torch.ones([3]))).toThrow(/ByteTensor/);
    expect(() => generator.setState(torch.zeros([3], { dtype: "uint8" }))).toThrow(/state/);
    expect(torch.rand([1], { generator }).item()).toBe(torch.rand([1], { generator: same }).item());
  });
});

it("manualSeed seeds the operators that are given no generator, as in PyTorch", () => {
  torch.scope(() => {
    manualSeed(11);
    expectRelative(torch.rand([3]), [0.14904171, 0.48655313, 0.9856615]);
    expect(numbers(torch.dropout(torch.ones([8]), 0.5, true))).toEqual([2, 0, 2, 2, 2, 0, 2, 2]);
    manualSeed(11);
    expectRelative(torch.rand([1]), [0.14904171]);
  });
});
