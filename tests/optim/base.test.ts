/** SGD and AdamW against PyTorch's, what they leave alone, and their saved state. */
import { describe, expect } from "vitest";
import { CheckpointError } from "../../src/core/errors.js";
import {
  AdamW,
  globalCosine,
  globalNorm,
  normOfNorms,
  type Optimizer,
  Sgd,
  tensorNorms,
} from "../../src/optim/index.js";
import { liveTensors, ones, scope, type Tensor, tensor } from "../../src/torch/index.js";
import { errorOf, expectClose, numbers, tensorTest } from "../support/tensors.js";

const float64 = { dtype: "float64" } as const;

/** Weights (1, −2, 0.5) as two parameters, and an optimiser on them; disposed with its state by the scope's end. */
function setUp<T extends Optimizer>(make: (parameters: Tensor[]) => T): { optimizer: T; weights: () => number[] } {
  const parameters = [tensor([1], float64).requiresGrad_(), tensor([[-2, 0.5]], float64).requiresGrad_()];
  return { optimizer: make(parameters), weights: () => parameters.flatMap(numbers) };
}

/** The gradient of step k (0-based): (0.1(k+1), −0.3, 0.2(1−k)). */
const gradients = (k: number) => [tensor([0.1 * (k + 1)], float64), tensor([[-0.3, 0.2 * (1 - k)]], float64)];

function steps(optimizer: Optimizer, from: number, to: number, rate: number): void {
  for (let k = from; k < to; k++) scope(() => optimizer.step(gradients(k), rate));
}

const release = (optimizer: Optimizer) => optimizer.loadState(new Map());

const makers: [string, (parameters: Tensor[]) => Optimizer, number, number[]][] = [
  ["SGD", (p) => new Sgd(p), 0.1, [0.94, -1.91, 0.5]],
  [
    "SGD with momentum and decay",
    (p) => new Sgd(p, { momentum: 0.9, weightDecay: 0.01 }),
    0.1,
    [0.899352789, -1.820633568, 0.4630733795],
  ],
  [
    "SGD with Nesterov's momentum",
    (p) => new Sgd(p, { momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
    0.1,
    [0.846550012551, -1.742876836512, 0.465408273391],
  ],
  ["AdamW", (p) => new AdamW(p), 0.1, [0.704981112721, -1.69430590799, 0.340349360555]],
  [
    "AdamW with settings",
    (p) => new AdamW(p, { beta1: 0.8, beta2: 0.95, eps: 1e-3, weightDecay: 0.2 }),
    0.05,
    [0.824982507785, -1.792586372093, 0.414071129002],
  ],
];

describe.each(makers)("%s", (_, make, rate, afterThree) => {
  tensorTest("takes three steps as PyTorch does", () => {
    const { optimizer, weights } = setUp(make);
    steps(optimizer, 0, 3, rate);
    expectClose(weights(), afterThree, 10);
    release(optimizer);
  });

  tensorTest("leaves the gradients as they were and makes no tensors after the first step", () => {
    const { optimizer } = setUp(make);
    const given = gradients(0);
    optimizer.step(given, rate);
    expect(given.flatMap(numbers)).toEqual(gradients(0).flatMap(numbers));
    const alive = liveTensors();
    steps(optimizer, 1, 4, rate);
    expect(liveTensors()).toBe(alive);
    release(optimizer);
  });

  tensorTest("goes on from a saved state to the bit", () => {
    const { optimizer, weights } = setUp(make);
    const resumed = setUp(make);
    steps(optimizer, 0, 2, rate);
    steps(resumed.optimizer, 0, 2, rate);
    // The weights are the same by now; the state is replaced by the other's.
    resumed.optimizer.loadState(optimizer.state());
    steps(optimizer, 2, 5, rate);
    steps(resumed.optimizer, 2, 5, rate);
    expect(resumed.weights()).toEqual(weights());
    release(optimizer);
    release(resumed.optimizer);
  });

  tensorTest("has no state before its first step", () => {
    expect(setUp(make).optimizer.state().size).toBe(0);
  });

  tensorTest("begins anew from the state of one that has not begun", () => {
    const [used, fresh] = [setUp(make), setUp(make)];
    steps(used.optimizer, 0, 2, rate);
    used.optimizer.loadState(fresh.optimizer.state());
    const before = used.weights();
    const again = setUp(make);
    steps(used.optimizer, 0, 1, 0);
    steps(again.optimizer, 0, 1, 0);
    expect(used.weights()).toEqual(before);
    const values = (optimizer: Optimizer) =>
      [...optimizer.state()].filter(([name]) => !name.startsWith("momentum")).map(([, value]) => numbers(value));
    expect(values(used.optimizer)).toEqual(values(again.optimizer));
    release(used.optimizer);
    release(again.optimizer);
  });
});

describe("what it remembers of past gradients", () => {
  tensorTest("is nothing for SGD without momentum, and empty before the first step", () => {
    expect(setUp((p) => new Sgd(p)).optimizer.momentum()).toBeNull();
    expect(setUp((p) => new Sgd(p, { momentum: 0.9 })).optimizer.momentum()).toEqual([]);
    expect(setUp((p) => new AdamW(p)).optimizer.momentum()).toEqual([]);
  });

  tensorTest("is the sum for SGD and the mean for AdamW", () => {
    // Gradients (0.1, −0.3, 0.2) and (0.2, −0.3, 0).
    for (const [make, want] of [
      [(p: Tensor[]) => new Sgd(p, { momentum: 0.5 }), [0.25, -0.45, 0.1]],
      [(p: Tensor[]) => new AdamW(p, { beta1: 0.5 }), [0.125, -0.225, 0.05]],
    ] as const) {
      const { optimizer } = setUp<Optimizer>(make);
      steps(optimizer, 0, 2, 0.1);
      expectClose((optimizer.momentum() as Tensor[]).flatMap(numbers), want, 12);
      release(optimizer);
    }
  });

  tensorTest("keeps every gradient in full at momentum 1, and decays by the whole weight at 1", () => {
    const { optimizer, weights } = setUp((p) => new Sgd(p, { momentum: 1, weightDecay: 1 }));
    steps(optimizer, 0, 1, 0.1);
    // w − 0.1·(g + w)
    expectClose(weights(), [0.89, -1.77, 0.43], 12);
    steps(optimizer, 1, 2, 0.1);
    expectClose(weights(), [0.89 - 0.1 * (1.1 + 1.09), -1.77 - 0.1 * (-2.3 - 2.07), 0.43 - 0.1 * (0.7 + 0.43)], 12);
    release(optimizer);
  });
});

describe("all parameters as one vector", () => {
  const vector = (...values: number[]) => values.map((value) => tensor([value], float64));

  tensorTest("have the cosine of the whole, and 0 beside nothing", () => {
    const cosine = (a: Tensor[], b: Tensor[]) => globalCosine(a, globalNorm(a), b, globalNorm(b)).item();
    expect(cosine(vector(3e-3, 4e-3), vector(4e-3, 3e-3))).toBeCloseTo(0.96, 12);
    expect(cosine(vector(0, 0), vector(4, 3))).toBe(0);
  });

  tensorTest("have the norm of their own norms", () => {
    const values = vector(3, -4, 12);
    const norms = tensorNorms(values);
    expect([...norms.toNumbers()]).toEqual([3, 4, 12]);
    expect(normOfNorms(norms).item()).toBe(globalNorm(values).item());
    expect(globalNorm(values).item()).toBe(13);
  });
});

describe("a state that does not fit", () => {
  tensorTest("is refused by name and shape, and the old one stays in use", () => {
    const { optimizer, weights } = setUp((p) => new Sgd(p, { momentum: 0.9, weightDecay: 0.01 }));
    steps(optimizer, 0, 2, 0.1);
    const wrong = new Map([
      ["momentum.0", ones([1], float64)],
      ["momentum.1", ones([3], float64)],
    ]);
    const error = errorOf(() => optimizer.loadState(wrong));
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error.message).toMatch(/"momentum\.1" has shape \[3\] but the parameter has \[1,2\]/);
    steps(optimizer, 2, 3, 0.1);
    expectClose(weights(), [0.899352789, -1.820633568, 0.4630733795], 10);
    release(optimizer);
  });

  tensorTest("names what is missing", () => {
    const { optimizer } = setUp((p) => new AdamW(p));
    const other = new Map([["momentum.0", ones([1], float64)]]);
    expect(() => optimizer.loadState(other)).toThrow(/has no "steps"; it belongs to another optimiser/);
    const partial = new Map([["steps", ones([1], float64)]]);
    expect(() => optimizer.loadState(partial)).toThrow(/"mean\.0" has shape \[missing\]/);
  });
});
