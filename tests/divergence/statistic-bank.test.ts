/** The bank of batch statistics by hand, the permutation test on it, and both in an estimator and in training. */
import { describe, expect, it } from "vitest";
import { RandomStream } from "../../src/core/random.js";
import { permutationP } from "../../src/divergence/estimators/domain-gate.js";
import { StatisticBank } from "../../src/divergence/estimators/statistic-bank.js";
import { type DomainDivergence, divergence, domainDivergence } from "../../src/divergence/index.js";
import { grad, scope, tensor } from "../../src/torch/index.js";
import { Training, withTraining } from "../methods/support.js";
import { comparingImages, gradientNorm, images, labels, networks, withNetworks } from "./networks.js";

withNetworks();

describe("the bank", () => {
  const blend = (bank: StatisticBank, values: number[], update = true, present?: number[]) =>
    scope(() => {
      const batch = { images: 2, update, present: present && tensor(present) };
      return [...bank.blend("of", tensor(values), batch).toNumbers()];
    });

  it("averages the present batch with as many before it as its images make", () => {
    const bank = new StatisticBank(7);
    expect([1, 3, 5, 7, 9].map((value) => blend(bank, [value])[0])).toEqual([1, 2, 3, 4, 6]);
    expect(blend(bank, [100], false)[0]).toBe((100 + 9 + 7 + 5) / 4);
    expect(blend(bank, [11])[0]).toBe(8);
    bank.dispose();
  });

  it("leaves out rows that are absent, and what was not finite", () => {
    const bank = new StatisticBank(100);
    expect(blend(bank, [1, 5], true, [1, 0])).toEqual([1, 5]);
    expect(blend(bank, [3, 6], true, [1, 1])).toEqual([2, 6]);
    expect(blend(bank, [Number.NaN, 8])[0]).toBeNaN();
    expect(blend(bank, [8, 7])).toEqual([4, 7]);
    bank.dispose();
  });

  it("passes the gradient to the present batch only, by its share", () => {
    scope(() => {
      const bank = new StatisticBank(4);
      const rows = [1, 2, 3].map((value) => tensor([value]).requiresGrad_());
      const blended = rows.map((row) => bank.blend("of", row, { images: 2, update: true }));
      const [first, last] = grad(blended[2].sum(), [rows[0], rows[2]], { allowUnused: true });
      expect([first.item(), last.item()]).toEqual([0, expect.closeTo(1 / 3, 6)]);
      bank.dispose();
    });
  });
});

describe("the permutation test", () => {
  const test = (source: number[], target: number[], seed: number) => {
    const all = [...source, ...target];
    const mean = (rows: readonly number[]) => rows.reduce((sum, row) => sum + all[row], 0) / rows.length;
    const distance = (p: readonly number[], q: readonly number[]) =>
      tensor((mean(p) - mean(q)) ** 2, { dtype: "float64" });
    return permutationP([source.length, target.length], distance, new RandomStream(seed, "test"));
  };

  it("finds two of 70 relabellings of four and four as far apart", () => {
    // 199 draws of probability 1/35: 5.7 expected, with a deviation of 2.4.
    const p = test([0, 1, 0, 1], [8, 9, 8, 9], 1);
    expect(p).toBeGreaterThanOrEqual(1 / 200);
    expect(p).toBeLessThan(15 / 200);
    expect(test([5, 5], [5, 5], 1)).toBe(1);
  });

  it("rejects about one in twenty where there is no difference", () => {
    const draws = new RandomStream(7, "test");
    const numbers = () => Array.from({ length: 12 }, () => draws.normal());
    const rejected = Array.from({ length: 100 }, (_, i) => test(numbers(), numbers(), i) <= 0.05);
    expect(rejected.filter(Boolean).length).toBeLessThanOrEqual(12);
  });
});

describe("in an estimator", () => {
  const options = { divergence: divergence("js"), kind: "softmax", bank: 12 } as const;
  const gate = { level: 0.05, every: 3 };
  const given = (seed: number, camera = { gain: 0.4, offset: 0.8 }) => ({
    network: networks.softmax,
    source: images(seed, 2),
    target: images(seed + 100, 2, camera),
    labels: labels("softmax", 2),
  });
  const averaging = comparingImages.filter((id) => id !== "critic");

  function values(estimator: DomainDivergence, seeds: number[], camera?: { gain: number; offset: number }) {
    return seeds.map((seed) =>
      scope(() => {
        const d = estimator.evaluate(given(seed, camera));
        return { value: d.item(), norm: gradientNorm(d, networks.softmax) };
      }),
    );
  }

  it.each(averaging)("%s: the gate leaves the value, and lets the gradient through once the domains differ", (id) => {
    const [free, gated] = [domainDivergence(id, options), domainDivergence(id, { ...options, gate })];
    const seeds = [1, 2, 3, 4, 5, 6, 7];
    const [want, got] = [values(free, seeds), values(gated, seeds)];
    expect(got.map(({ value }) => value)).toEqual(want.map(({ value }) => value));
    expect(got.slice(0, 5).map(({ norm }) => norm)).toEqual([0, 0, 0, 0, 0]);
    expect(got.slice(5)).toEqual(want.slice(5));
    expect(want[6].norm).toBeGreaterThan(0);
    scope(() => expect(gated.measures?.().divergenceGate.item()).toBe(1));
    for (const one of [free, gated]) one.dispose();
  });

  it("stays shut between images of one camera", () => {
    const gated = domainDivergence("featSoftmax", { ...options, gate });
    const same = values(gated, [1, 2, 3, 4, 5, 6, 7, 8, 9], { gain: 1, offset: 0 });
    expect(same.map(({ norm }) => norm)).toEqual(same.map(() => 0));
    scope(() => expect(gated.measures?.().divergenceGate.item()).toBe(0));
    gated.dispose();
  });

  it.each(averaging)("%s: continues from a saved state exactly, the gate included", (id) => {
    const make = () => domainDivergence(id, { ...options, gate });
    const [whole, first, rest] = [make(), make(), make()];
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
    const want = values(whole, seeds).slice(4);
    values(first, seeds.slice(0, 4));
    scope(() => rest.loadState(first.state()));
    expect(values(rest, seeds.slice(4))).toEqual(want);
    for (const one of [whole, first, rest]) one.dispose();
  });

  it("is refused beside running means, a gate without a bank, and both for the critic", () => {
    const make = (id: string, changes: object) => () => domainDivergence(id, { ...options, ...changes });
    expect(make("featSoftmax", { runningMean: 0.5 })).toThrow(/two memories/);
    expect(make("featSoftmax", { bank: undefined, gate })).toThrow(/set divergence\.bank/);
    expect(make("critic", {})).toThrow(/critic: bank is for/);
    expect(make("critic", { bank: undefined, gate })).toThrow(/critic: gate is for/);
  });
});

it("a run with bank and gate continues with the same bits", () => {
  const settings = {
    divergence: { bank: 4, gate: { level: 0.9, every: 2 } },
    balance: 0.2,
    lambdaMode: "constant",
  };
  const make = (seed = 1) => new Training("midss", "sigmoid", { optimizer: "dim-features", seed, settings });
  let middle = new Map<string, Uint8Array>();
  let wanted = new Map<string, Uint8Array>();
  withTraining(make(), (training) => {
    training.run(0, 3);
    middle = training.save();
    training.run(3, 6);
    wanted = training.save();
  });
  withTraining(make(77), (training) => {
    training.load(middle);
    training.run(3, 6);
    for (const [file, bytes] of training.save())
      expect(Buffer.compare(bytes, wanted.get(file) as Uint8Array), file).toBe(0);
  });
});
