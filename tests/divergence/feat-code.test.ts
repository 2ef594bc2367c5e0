/** `featCode`: the code book by hand, and divergences of class-wise codes that are known beforehand. */
import { describe, expect, it } from "vitest";
import { CheckpointError } from "../../src/core/errors.js";
import { CodeBook } from "../../src/divergence/estimators/code-book.js";
import { type DomainInput, divergence, domainDivergence } from "../../src/divergence/index.js";
import { grad, scope, type Tensor, tensor, zeros } from "../../src/torch/index.js";
import { images, labels, networks, withNetworks } from "./networks.js";

withNetworks();

const rows = (values: number[][]) => tensor(values, { dtype: "float64" });

describe("the code book", () => {
  it("begins at rows and moves each code by a hundredth to what is nearest to it", () => {
    scope(() => {
      const book = new CodeBook(2, 1);
      book.learn(rows([[0], [10]]));
      // Each row is a code that stands for one row; the same rows move nothing.
      expect([...(book.state().get("book.sums") as Tensor).reshape([-1]).toNumbers()].sort((a, b) => a - b)).toEqual([
        0, 10,
      ]);
      book.learn(rows([[1], [3], [10]]));
      const sums = [...(book.state().get("book.sums") as Tensor).reshape([-1]).toNumbers()].sort((a, b) => a - b);
      const counts = [...(book.state().get("book.counts") as Tensor).toNumbers()].sort((a, b) => a - b);
      expect(sums).toEqual([expect.closeTo(0.04, 12), expect.closeTo(10, 12)]);
      expect(counts).toEqual([expect.closeTo(1, 12), expect.closeTo(1.01, 12)]);
      // (1 + 9 + 0)/3 is the mean squared distance of the second rows.
      expect(book.state().get("book.spread")?.item()).toBeCloseTo(10 / 300, 12);
      book.dispose();
    });
  });

  it("assigns softly by squared distances in units of their mean, with a gradient to the rows", () => {
    scope(() => {
      const book = new CodeBook(2, 1);
      book.learn(rows([[0], [4]]));
      book.learn(rows([[1], [5]]));
      // Codes 0.01 and 4.01 at spread 0.01, whichever comes first.
      const x = rows([[2]]).requiresGrad_();
      const assigned = book.assign(x, 100);
      const logit = (1.99 ** 2 - 2.01 ** 2) / (0.01 * 100);
      const want = [1 / (1 + Math.exp(logit)), 1 / (1 + Math.exp(-logit))].sort((a, b) => a - b);
      expect([...assigned.toNumbers()].sort((a, b) => a - b)).toEqual(want.map((one) => expect.closeTo(one, 9)));
      const [slope] = grad(assigned.narrow(1, 0, 1).sum(), [x]);
      expect(Math.abs(slope.item())).toBeCloseTo((want[0] * want[1] * 2 * 4) / 1, 6);
      book.dispose();
    });
  });

  it("keeps no NaN, and refuses a book of another size", () => {
    scope(() => {
      const [book, other] = [new CodeBook(2, 1), new CodeBook(3, 1)];
      book.learn(rows([[0], [10]]));
      book.learn(rows([[Number.NaN], [Number.NaN]]));
      const finite = [...book.state().values()].flatMap((value) => [...value.toNumbers()]).every(Number.isFinite);
      expect(finite).toBe(true);
      expect(() => other.load(book.state())).toThrow(CheckpointError);
      for (const one of [book, other]) one.dispose();
    });
  });
});

describe("between cells of known codes", () => {
  /** Features of four single-pixel cells, far from each other or equal, and their classes. */
  function given(
    source: number[],
    target: number[],
    ofSource: number[],
    ofTarget: number[],
    confidence = [1, 1, 1, 1],
  ) {
    const map = (values: number[]) => tensor([[values.map((value) => [value])]]);
    const classes = (values: number[]) => tensor([values.map((value) => [value])], { dtype: "int64" });
    const logits = zeros([1, 3, 4, 1]);
    const [feature, moved] = [map(source), map(target)];
    return {
      network: networks.softmax,
      source: feature,
      target: moved,
      shared: { source: { logits, feature }, target: { logits, feature: moved } },
      labels: { source: classes(ofSource), target: classes(ofTarget), targetConfidence: map(confidence) },
    } satisfies DomainInput;
  }

  const tv = (...of: Parameters<typeof given>) =>
    scope(() => {
      const options = { divergence: divergence("tv"), kind: "softmax", forward: "shared", seed: 3 } as const;
      const estimator = domainDivergence({ name: "featCode", codes: 8, cell: 1 }, options);
      const d = estimator.evaluate(given(...of)).item();
      estimator.dispose();
      return d;
    });

  it("is the total variation of the codes of each class, averaged over the classes", () => {
    // As many codes as cells: each value is its own code, so that the distributions are shares of values.
    const source = [0, 100, 200, 300];
    const target = [0, 0, 200, 200];
    // Class 0: half 0, half 100 against all 0: ½. Class 1: half 200, half 300 against all 200: ½.
    expect(tv(source, target, [0, 0, 1, 1], [0, 0, 1, 1])).toBeCloseTo(0.5, 4);
    // The same values, otherwise shared out: class 0 all apart, class 1 as before.
    expect(tv(source, [200, 200, 200, 200], [0, 0, 1, 1], [0, 0, 1, 1])).toBeCloseTo(0.75, 4);
    // Classes apart, the domains as a whole equal: what a comparison without classes would not see.
    expect(tv(source, [200, 300, 0, 100], [0, 0, 1, 1], [0, 0, 1, 1])).toBeCloseTo(1, 4);
    expect(tv(source, source, [0, 0, 1, 1], [0, 0, 1, 1])).toBe(0);
  });

  it("counts confident pixels only, and classes of both domains only", () => {
    const source = [0, 100, 200, 300];
    expect(tv(source, [0, 100, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0])).toBeCloseTo(0, 4);
    expect(tv(source, [0, 100, 0, 0], [0, 0, 1, 1], [0, 0, 2, 2])).toBeCloseTo(0, 4);
    expect(tv(source, source, [0, 0, 0, 0], [1, 1, 1, 1])).toBe(0);
  });
});

describe("in training", () => {
  const make = () => domainDivergence("featCode", { divergence: divergence("js"), kind: "softmax" });
  const given = (seed: number, learn = true): DomainInput => ({
    network: networks.softmax,
    source: images(seed, 2),
    target: images(seed + 100, 2, { gain: 0.4, offset: 0.8 }),
    labels: labels("softmax", 2),
    learn,
  });
  const values = (estimator: ReturnType<typeof make>, seeds: number[]) =>
    seeds.map((seed) => scope(() => estimator.evaluate(given(seed)).item()));

  it("continues from a saved state exactly", () => {
    const [whole, first, rest] = [make(), make(), make()];
    const want = values(whole, [1, 2, 3, 4]).slice(2);
    values(first, [1, 2]);
    scope(() => rest.loadState(first.state()));
    expect(values(rest, [3, 4])).toEqual(want);
    for (const one of [whole, first, rest]) one.dispose();
  });

  it("learns in the pass that it is told to, and knows nothing before the first", () => {
    const [watched, plain] = [make(), make()];
    scope(() => {
      expect(watched.evaluate(given(9, false)).item()).toBe(0);
      expect(watched.state().size).toBe(0);
    });
    const want = values(plain, [1, 2]);
    const got = [1, 2].map((seed) =>
      scope(() => {
        const learnt = watched.evaluate(given(seed)).item();
        watched.evaluate(given(seed + 50, false));
        return learnt;
      }),
    );
    expect(got).toEqual(want);
    for (const one of [watched, plain]) one.dispose();
  });
});
