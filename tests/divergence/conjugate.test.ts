import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  discreteDivergence,
  divergence,
  divergenceIds,
  ratioBound,
  variationalBound,
} from "../../src/divergence/index.js";
import { wrightOmega } from "../../src/divergence/wright-omega.js";
import { scope } from "../../src/torch/index.js";
import {
  checkForLeaks,
  double,
  everyDivergence,
  exactGradient,
  expectClose,
  named,
  numericGradient,
} from "./support.js";

checkForLeaks();

const ratios = fc.double({ min: 0.05, max: 20, noNaN: true }).filter((u) => Math.abs(u - 1) > 1e-3);
const outputs = fc.double({ min: -6, max: 6, noNaN: true });

describe.each(named(everyDivergence))("%s", (name, f) => {
  it("f' is the derivative of f, and f'(1) as stated", () => {
    fc.assert(
      fc.property(ratios, (u) =>
        scope(() => {
          const slope = f.fPrime(double([u])).toNumbers();
          expectClose(
            [...slope],
            numericGradient((x) => f.f(x).sum(), [u], 1e-6 * u),
            1e-6,
            1e-7,
          );
        }),
      ),
      { numRuns: 30 },
    );
    expect(scope(() => f.fPrime(double(1)).item())).toBeCloseTo(f.fPrimeAtOne, 12);
  });

  it("f(1) is 0, or −2 ln 2 for gan", () => {
    expect(scope(() => f.f(double(1)).item())).toBeCloseTo(name === "gan" ? -2 * Math.LN2 : 0, 12);
  });

  it("f*(f'(u)) = u·f'(u) − f(u)", () => {
    fc.assert(
      fc.property(ratios, (u) =>
        scope(() => {
          const x = double([u]);
          const t = f.fPrime(x);
          const want = x.mul(t).sub(f.f(x));
          expectClose([...f.conjugate(t).toNumbers()], [...want.toNumbers()], 1e-8, 1e-8);
        }),
      ),
      { numRuns: 40 },
    );
  });

  it("f*(t) ≥ u·t − f(u) for every u: it is the supremum", () => {
    fc.assert(
      fc.property(ratios, outputs, (u, v) =>
        scope(() => {
          const t = f.activation(double([v]));
          const line = t
            .mul(u)
            .sub(f.f(double([u])))
            .item();
          expect(f.conjugate(t).item()).toBeGreaterThanOrEqual(line - 1e-9 * (1 + Math.abs(line)));
        }),
      ),
      { numRuns: 40 },
    );
  });

  it("the activation is increasing and stays where the conjugate is finite", () => {
    scope(() => {
      const v = Array.from({ length: 41 }, (_, i) => (i - 20) / 2);
      const t = f.activation(double(v));
      const values = t.toNumbers();
      for (let i = 1; i < values.length; i++) expect(values[i]).toBeGreaterThanOrEqual(values[i - 1]);
      expect(values[20]).toBeLessThan(f.conjugateEnd);
      expect(f.conjugate(t).toNumbers().every(Number.isFinite)).toBe(true);
    });
  });

  it("the conjugate is +∞ above its domain", () => {
    if (!Number.isFinite(f.conjugateEnd)) return;
    expect(scope(() => f.conjugate(double([f.conjugateEnd + 0.01])).item())).toBe(Number.POSITIVE_INFINITY);
  });

  it("both bounds have the gradients of finite differences", () => {
    scope(() => {
      const [fromP, fromQ] = [
        [-1.3, 0.2, 0.9],
        [-0.7, 0.4],
      ];
      for (const bound of [variationalBound, ratioBound]) {
        const ofP = (v: ReturnType<typeof double>) => bound(f, v, double(fromQ));
        const ofQ = (v: ReturnType<typeof double>) => bound(f, double(fromP), v);
        expectClose(exactGradient(ofP, fromP), numericGradient(ofP, fromP), 1e-6, 1e-8);
        expectClose(exactGradient(ofQ, fromQ), numericGradient(ofQ, fromQ), 1e-6, 1e-8);
      }
    });
  });
});

describe("constants", () => {
  const infinity = Number.POSITIVE_INFINITY;
  const entropy = (pi: number) => -pi * Math.log(pi) - (1 - pi) * Math.log(1 - pi);
  /** f'(1), end of the conjugate's domain, least and greatest value, factor to the textbook's scaling, symmetry. */
  const constants: Record<string, [number, number, [number, number], number, boolean]> = {
    kl: [1, infinity, [0, infinity], 1, false],
    rkl: [-1, 0, [0, infinity], 1, false],
    js: [0, Math.log(2), [0, 2 * Math.log(2)], 0.5, true],
    h2: [0, 1, [0, 2], 1, true],
    pearson: [0, infinity, [0, infinity], 1, false],
    neyman: [0, 1, [0, infinity], 1, false],
    tv: [0, 0.5, [0, 1], 1, true],
    "alpha 0.5": [0, 2, [0, 4], 1, true],
    "alpha -0.5": [0, 1 / 1.5, [0, infinity], 1, false],
    "alpha 0.3": [0, 1 / 0.7, [0, 1 / 0.21], 1, false],
    "alpha 1.5": [0, infinity, [0, infinity], 1, false],
    "alpha 2": [0, infinity, [0, infinity], 1, false],
    "alpha 3": [0, infinity, [0, infinity], 1, false],
    jeffreys: [0, infinity, [0, infinity], 1, true],
    lecam: [0, 0.5, [0, 1], 1, true],
    "wjs 0.5": [0, Math.log(2) / 2, [0, Math.log(2)], 1, true],
    "wjs 0.1": [0, -0.1 * Math.log(0.1), [0, entropy(0.1)], 1, false],
    "wjs 0.7": [0, -0.7 * Math.log(0.7), [0, entropy(0.7)], 1, false],
    gan: [-Math.log(2), 0, [-2 * Math.log(2), 0], 1, true],
  };

  it.each(named(everyDivergence))("%s has those of its definition", (name, f) => {
    const [slope, end, [least, most], scale, symmetric] = constants[name];
    const want = [slope, end, least, most, scale];
    const got = [f.fPrimeAtOne, f.conjugateEnd, ...f.range, f.defaultScale];
    got.forEach((value, i) => void expect(value === want[i] || Math.abs(value - want[i]) < 1e-14, `[${i}]`).toBe(true));
    expect(f.symmetric).toBe(symmetric);
  });

  it.each(named(everyDivergence))("%s comes up to its greatest value between distributions apart", (_, f) => {
    scope(() => {
      const [p, q] = [double([1, 1e-60]), double([1e-60, 1])];
      const d = discreteDivergence(f, p, q, { floor: 0 }).item();
      if (Number.isFinite(f.range[1])) expect(d).toBeCloseTo(f.range[1], 9);
      else expect(d).toBeGreaterThan(100);
    });
  });

  it.each(named(everyDivergence.filter(({ conjugateEnd }) => Number.isFinite(conjugateEnd))))(
    "%s: the conjugate ends where the activation does",
    (_, f) => {
      scope(() => {
        const at = (t: number) => f.conjugate(double([t])).item();
        expect(at(f.conjugateEnd - 1e-9)).toBeLessThan(infinity);
        expect(at(f.conjugateEnd + 1e-9)).toBe(infinity);
        expect(f.activation(double([40])).item()).toBeCloseTo(f.conjugateEnd, 12);
      });
    },
  );
});

it("below the kink of a conjugate its value is −f(0)", () => {
  scope(() => {
    for (const [id, t, want] of [
      ["pearson", -5, -1],
      ["tv", -3, -0.5],
      ["lecam", -4, -0.5],
      ["lecam", -2, -0.5],
    ] as const)
      expect(
        divergence(id)
          .conjugate(double([t]))
          .item(),
      ).toBeCloseTo(want, 12);
    expect(
      divergence("alpha", { alpha: 2 })
        .conjugate(double([-9]))
        .item(),
    ).toBeCloseTo(-0.5, 12);
  });
});

describe("wrightOmega", () => {
  const arguments_ = [-700, -30, -2, -0.5, 0, 0.999, 1, 1.001, 3, 50, 1e4, 1e12];

  it("solves w + ln w = y over the whole range", () => {
    scope(() => {
      const w = wrightOmega(double(arguments_)).toNumbers();
      w.forEach((value, i) => {
        const y = arguments_[i];
        expect(value).toBeGreaterThan(0);
        expect(Math.abs(value + Math.log(value) - y)).toBeLessThanOrEqual(4e-16 * Math.max(4, Math.abs(y)));
      });
      expect(wrightOmega(double(1)).item()).toBeCloseTo(1, 15);
    });
  });

  it("has the derivative ω/(1+ω)", () => {
    scope(() => {
      const at = [-5, 0, 1, 8];
      const w = wrightOmega(double(at)).toNumbers();
      expectClose(
        exactGradient((y) => wrightOmega(y).sum(), at),
        [...w.map((value) => value / (1 + value))],
        1e-14,
      );
    });
  });
});

it("every id of the registry is covered here", () => {
  expect(new Set(everyDivergence.map(({ id }) => id))).toEqual(new Set(divergenceIds));
});
