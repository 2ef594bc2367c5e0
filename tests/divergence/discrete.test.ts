import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { discreteDivergence, divergence, type FDivergence } from "../../src/divergence/index.js";
import { scope, type Tensor, tensor } from "../../src/torch/index.js";
import {
  checkForLeaks,
  double,
  everyDivergence,
  exactGradient,
  expectClose,
  named,
  normalised,
  numericGradient,
} from "./support.js";

checkForLeaks();

/** Pairs of distributions over 2 to 8 outcomes, no entry below about 0.001. */
const pairs = fc
  .integer({ min: 2, max: 8 })
  .chain((size) => {
    const weights = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: size, maxLength: size });
    return fc.tuple(weights, weights);
  })
  .map((pair) =>
    pair.map((weights) => {
      const sum = weights.reduce((total, weight) => total + weight, 0);
      return weights.map((weight) => weight / sum);
    }),
  );

const value = (f: FDivergence, p: number[], q: number[], floor = 0) =>
  scope(() => discreteDivergence(f, double(p), double(q), { floor }).item());

describe("worked values (method section 8)", () => {
  const p = [0.5, 0.3, 0.2];
  const q = [0.2, 0.3, 0.5];
  const expected: [string, number][] = [
    ["kl", 0.274887],
    ["rkl", 0.274887],
    ["js", 0.132829],
    ["h2", 0.135089],
    ["pearson", 0.63],
    ["neyman", 0.63],
    ["jeffreys", 0.549774],
    ["lecam", 0.128571],
    ["alpha", 0.270178],
    ["tv", 0.3],
  ];

  it.each(expected)("%s is %d", (id, want) => {
    expect(value(divergence(id), p, q)).toBeCloseTo(want, 6);
  });

  it("half of js is the textbook value, at most ln 2", () => {
    expect(divergence("js").defaultScale * value(divergence("js"), p, q)).toBeCloseTo(0.066414, 6);
    expect(0.5 * value(divergence("js"), [1, 0], [0, 1], 1e-12)).toBeCloseTo(Math.LN2, 9);
  });

  it.each(expected)("E_P[T] − E_Q[f*(T)] at T = f'(p/q) is the divergence: %s", (id) => {
    const f = divergence(id);
    scope(() => {
      const [P, Q] = [double(p), double(q)];
      const t = f.fPrime(P.div(Q));
      const bound = P.mul(t)
        .sum()
        .sub(Q.mul(f.conjugate(t)).sum())
        .item();
      expect(bound).toBeCloseTo(value(f, p, q), 9);
    });
  });
});

describe("properties", () => {
  it.each(named(normalised))("%s is not negative, zero at equality and within its range", (_, f) => {
    fc.assert(
      fc.property(pairs, ([p, q]) => {
        const d = value(f, p, q);
        expect(d).toBeGreaterThanOrEqual(-1e-14);
        expect(d).toBeLessThanOrEqual(f.range[1]);
        expect(Math.abs(value(f, p, p))).toBeLessThan(1e-14);
      }),
      { numRuns: 40 },
    );
  });

  it("gan is js − 2 ln 2", () => {
    fc.assert(
      fc.property(pairs, ([p, q]) => {
        expect(value(divergence("gan"), p, q)).toBeCloseTo(value(divergence("js"), p, q) - 2 * Math.LN2, 12);
      }),
      { numRuns: 40 },
    );
  });

  it.each(named(everyDivergence))(
    "%s: perspective is q·f(p/q), with the partial derivatives of section 5.2",
    (_, f) => {
      fc.assert(
        fc.property(pairs, ([p, q]) =>
          scope(() => {
            const [P, Q] = [double(p), double(q)];
            const r = P.div(Q);
            const generic = Q.mul(f.f(r)).sum().item();
            expectClose([value(f, p, q)], [generic], 1e-13, 5e-12);
            const slope = f.fPrime(r);
            const toP = exactGradient((x) => discreteDivergence(f, x, Q, { floor: 0 }), p);
            const toQ = exactGradient((x) => discreteDivergence(f, P, x, { floor: 0 }), q);
            expectClose(toP, [...slope.toNumbers()], 1e-9, 1e-10);
            expectClose(toQ, [...f.f(r).sub(r.mul(slope)).toNumbers()], 1e-9, 1e-10);
          }),
        ),
        { numRuns: 20 },
      );
    },
  );

  it.each(named(everyDivergence))(
    "%s: gradients through floor and renormalisation match finite differences",
    (_, f) => {
      fc.assert(
        fc.property(pairs, ([p, q]) => {
          // At p = q total variation has a kink, which finite differences straddle.
          fc.pre(p.every((value, i) => Math.abs(value - q[i]) > 1e-4));
          scope(() => {
            const [P, Q] = [double(p), double(q)];
            const ofP = (x: Tensor) => discreteDivergence(f, x, Q);
            const ofQ = (x: Tensor) => discreteDivergence(f, P, x);
            expectClose(exactGradient(ofP, p), numericGradient(ofP, p, 1e-7), 1e-4, 1e-5);
            expectClose(exactGradient(ofQ, q), numericGradient(ofQ, q, 1e-7), 1e-4, 1e-5);
          });
        }),
        { numRuns: 10 },
      );
    },
  );

  it.each([
    ["kl", "rkl"],
    ["pearson", "neyman"],
  ])("%s and %s are each other with the arguments swapped", (a, b) => {
    fc.assert(
      fc.property(pairs, ([p, q]) => {
        expectClose([value(divergence(a), p, q)], [value(divergence(b), q, p)], 1e-12, 1e-14);
      }),
    );
  });

  it("is symmetric exactly where it says so", () => {
    const [p, q] = [
      [0.7, 0.2, 0.1],
      [0.1, 0.6, 0.3],
    ];
    for (const [name, f] of named(everyDivergence)) {
      const equal = Math.abs(value(f, p, q) - value(f, q, p)) < 1e-12;
      expect(equal, name).toBe(f.symmetric);
    }
  });

  it("α-divergences approach kl at 1 and rkl at 0, and are half of pearson at 2", () => {
    fc.assert(
      fc.property(pairs, ([p, q]) => {
        const at = (alpha: number) => value(divergence("alpha", { alpha }), p, q);
        expectClose(
          [at(1 + 1e-6), at(1e-6)],
          [value(divergence("kl"), p, q), value(divergence("rkl"), p, q)],
          1e-4,
          1e-8,
        );
        expectClose([at(2)], [value(divergence("pearson"), p, q) / 2], 1e-9, 1e-12);
      }),
    );
  });

  it("wjs at ½ is half of js", () => {
    fc.assert(
      fc.property(pairs, ([p, q]) => {
        expectClose([value(divergence("wjs"), p, q)], [value(divergence("js"), p, q) / 2], 1e-12, 1e-15);
      }),
    );
  });
});

describe("floor", () => {
  it("makes disjoint distributions finite and stops the gradient of a raised entry", () => {
    scope(() => {
      const q = double([0, 1]);
      const gradient = exactGradient((p) => discreteDivergence(divergence("kl"), p, q), [1, 0]);
      expect(gradient.every(Number.isFinite)).toBe(true);
      // Only the entry above the floor is left, and renormalising makes its own scale irrelevant but for the floor.
      expect(gradient[1]).toBe(0);
    });
  });

  it("is 1e-6 unless another is given, before both are renormalised", () => {
    scope(() => {
      const kl = (options?: { floor: number }) =>
        discreteDivergence(divergence("kl"), double([0.5, 0.5]), double([1, 0]), options).item();
      const want = (floor: number) => 0.5 * Math.log(0.5 * (1 + floor)) + 0.5 * Math.log((0.5 * (1 + floor)) / floor);
      expect(kl()).toBeCloseTo(want(1e-6), 9);
      expect(kl({ floor: 0.01 })).toBeCloseTo(want(0.01), 12);
    });
  });

  it("takes rows along leading axes", () => {
    scope(() => {
      const p = double([
        [0.5, 0.5],
        [0.9, 0.1],
      ]);
      const q = double([
        [0.5, 0.5],
        [0.5, 0.5],
      ]);
      const d = discreteDivergence(divergence("tv"), p, q);
      expect(d.shape).toEqual([2]);
      expectClose([...d.toNumbers()], [0, 0.4], 1e-5, 1e-12);
    });
  });

  it("names both shapes when they differ", () => {
    scope(() => {
      expect(() => discreteDivergence(divergence("js"), double([0.5, 0.5]), double([1]))).toThrow(
        "discreteDivergence: p has shape [2] but q has [1]; expected equal shapes",
      );
    });
  });
});

it.each(named(everyDivergence))("%s: a vanishing probability has the derivative of the formula, not NaN", (_, f) => {
  scope(() => {
    const [p, q] = [
      [1e-20, 1],
      [0.5, 0.5],
    ];
    const [P, Q] = [double(p), double(q)];
    const r = P.div(Q);
    const slope = f.fPrime(r);
    const toP = exactGradient((x) => discreteDivergence(f, x, Q, { floor: 0 }), p);
    const toQ = exactGradient((x) => discreteDivergence(f, P, x, { floor: 0 }), q);
    expectClose(toP, [...slope.toNumbers()], 1e-6);
    expectClose(toQ, [...f.f(r).sub(r.mul(slope)).toNumbers()], 1e-6, 1e-9);
  });
});

describe("float32 near equality", () => {
  // Terms of first order in the difference cancel; written naively, rounding would exceed these values many times.
  it.each([
    ...["h2", "pearson", "neyman", "tv", "jeffreys", "lecam"].map((id) => [id, 5] as const),
    ...["js", "wjs"].map((id) => [id, 4] as const),
  ])("%s keeps %d digits", (id, digits) => {
    scope(() => {
      const base = Array.from({ length: 64 }, (_, i) => 1 + (i % 7) / 7);
      const total = base.reduce((sum, weight) => sum + weight, 0);
      const p = base.map((weight) => weight / total);
      const moved = p.map((weight, i) => weight * (1 + (i % 2 ? 1 : -1) * 2e-4));
      const sum = moved.reduce((a, b) => a + b, 0);
      const q = moved.map((weight) => weight / sum);
      const f = divergence(id);
      const [p32, q32] = [tensor(p), tensor(q)];
      // The reference sees the same rounded inputs.
      const exact = discreteDivergence(f, p32.to({ dtype: "float64" }), q32.to({ dtype: "float64" }), { floor: 0 });
      const single = discreteDivergence(f, p32, q32, { floor: 0 });
      expectClose([single.item()], [exact.item()], 10 ** -digits);
    });
  });
});
