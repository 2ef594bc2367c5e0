import { describe, expect, it } from "vitest";
import { NumericError, UsageError } from "../../src/core/errors.js";
import {
  bhattacharyyaCoefficient,
  diagonalGaussian,
  fullGaussian,
  type GaussianDivergenceId,
  gaussianDivergence,
  gaussianDivergenceIds,
} from "../../src/divergence/index.js";
import { ShapeError, scope, type Tensor } from "../../src/torch/index.js";
import { checkForLeaks, double, exactGradient, expectClose, numericGradient } from "./support.js";

checkForLeaks();

const normal = (mean: number, deviation: number) => diagonalGaussian(double([mean]), double([deviation ** 2]));

describe("one dimension (method section 8)", () => {
  it.each([
    ["kl", undefined, 0.2523401647],
    ["h2", undefined, 0.1575848742],
    ["pearson", undefined, 0.41736225],
    ["renyi", 2, 0.3487975737],
    ["renyi", 0.5, 0.1641398025],
  ] as const)("%s %s is %d", (id, order, want) => {
    scope(() => {
      const d = gaussianDivergence(id, normal(0.3, 0.9), normal(-0.4, 1.3), { order });
      expect(d.item()).toBeCloseTo(want, 9);
    });
  });

  it("tv of equal deviations", () => {
    scope(() => {
      expect(gaussianDivergence("tv", normal(0.3, 1.1), normal(-0.4, 1.1)).item()).toBeCloseTo(0.2496529763, 9);
    });
  });
});

/** The trapezium rule on a fine grid, far into the tails. */
function integrate(integrand: (p: number, q: number) => number, [m1, s1]: number[], [m2, s2]: number[]): number {
  const density = (x: number, m: number, s: number) =>
    Math.exp(-(((x - m) / s) ** 2) / 2) / (s * Math.sqrt(2 * Math.PI));
  const step = 1e-3;
  let sum = 0;
  for (let x = -12; x <= 12; x += step) sum += integrand(density(x, m1, s1), density(x, m2, s2)) * step;
  return sum;
}

it.each([
  ["rkl", (p: number, q: number) => q * Math.log(q / p)],
  ["jeffreys", (p: number, q: number) => (p - q) * Math.log(p / q)],
  ["neyman", (p: number, q: number) => (p - q) ** 2 / p],
  ["alpha", (p: number, q: number) => (Math.sqrt(p * q) - q - 0.5 * (p - q)) / -0.25],
] as const)("%s is the integral it stands for", (id, integrand) => {
  scope(() => {
    const [p, q] = [
      [0.3, 1],
      [-0.2, 0.8],
    ];
    const got = gaussianDivergence(id, normal(p[0], p[1]), normal(q[0], q[1])).item();
    expect(got).toBeCloseTo(integrate(integrand, p, q), 7);
  });
});

const mean1 = [0.3, -0.1, 0.5];
const mean2 = [-0.2, 0.4, 0.1];
const variance1 = [0.9, 1.1, 0.8];
const variance2 = [1.2, 0.7, 1];
const matrix = (diagonal: number[]) => diagonal.map((value, i) => diagonal.map((_, j) => (i === j ? value : 0)));
/** tv apart, which wants equal covariances. */
const general = gaussianDivergenceIds.filter((id) => id !== "tv");

describe.each(general)("%s", (id) => {
  it("is 0 at equality and positive elsewhere", () => {
    scope(() => {
      const p = diagonalGaussian(double(mean1), double(variance1));
      const q = diagonalGaussian(double(mean2), double(variance2));
      expect(Math.abs(gaussianDivergence(id, p, p).item())).toBeLessThan(1e-14);
      expect(gaussianDivergence(id, p, q).item()).toBeGreaterThan(0.01);
    });
  });

  it("is the same for a diagonal stored in full", () => {
    scope(() => {
      const diagonal = gaussianDivergence(
        id,
        diagonalGaussian(double(mean1), double(variance1)),
        diagonalGaussian(double(mean2), double(variance2)),
      );
      const full = gaussianDivergence(
        id,
        fullGaussian(double(mean1), double(matrix(variance1))),
        fullGaussian(double(mean2), double(matrix(variance2))),
      );
      expect(full.item()).toBeCloseTo(diagonal.item(), 12);
    });
  });

  it("has the gradients of finite differences in means and covariances", () => {
    scope(() => {
      const q = diagonalGaussian(double(mean2), double(variance2));
      const ofMean = (mean: Tensor) => gaussianDivergence(id, diagonalGaussian(mean, double(variance1)), q);
      const ofVariance = (variance: Tensor) => gaussianDivergence(id, diagonalGaussian(double(mean1), variance), q);
      expectClose(exactGradient(ofMean, mean1), numericGradient(ofMean, mean1), 1e-6, 1e-8);
      expectClose(exactGradient(ofVariance, variance1), numericGradient(ofVariance, variance1), 1e-6, 1e-8);
      const full = fullGaussian(double(mean2), double(matrix(variance2)));
      const flat = [1, 0.2, 0, 0.2, 0.8, 0.1, 0, 0.1, 1.1];
      const ofMatrix = (entries: Tensor) => {
        const square = entries.reshape([3, 3]);
        return gaussianDivergence(id, fullGaussian(double(mean1), square.add(square.t()).div(2)), full);
      };
      expectClose(exactGradient(ofMatrix, flat), numericGradient(ofMatrix, flat), 1e-6, 1e-8);
    });
  });
});

it("takes a batch of Gaussians along leading axes", () => {
  scope(() => {
    const column = (values: number[]) => double(values.map((value) => [value]));
    const p = diagonalGaussian(column(mean1), column(variance1));
    const q = diagonalGaussian(column(mean2), column(variance2));
    const joint = gaussianDivergence(
      "kl",
      diagonalGaussian(double(mean1), double(variance1)),
      diagonalGaussian(double(mean2), double(variance2)),
    );
    const each = gaussianDivergence("kl", p, q);
    expect(each.shape).toEqual([3]);
    expect(each.sum().item()).toBeCloseTo(joint.item(), 12);
  });
});

/** Two covariances with all entries, the first of them no multiple of the second. */
const matrices = [
  [
    [1, 0.2, 0.1],
    [0.2, 0.8, -0.1],
    [0.1, -0.1, 1.2],
  ],
  [
    [0.9, 0.1, 0.1],
    [0.1, 1, 0.2],
    [0.1, 0.2, 1],
  ],
];

it.each(general)("%s: each of a batch of full Gaussians is compared with its own partner", (id) => {
  scope(() => {
    const batch = gaussianDivergence(
      id,
      fullGaussian(double([mean1, mean2]), double(matrices)),
      fullGaussian(double([mean2, [0, 0, 0]]), double([...matrices].reverse())),
    );
    const single = [
      [mean1, matrices[0], mean2, matrices[1]],
      [mean2, matrices[1], [0, 0, 0], matrices[0]],
    ].map(([m1, s1, m2, s2]) =>
      gaussianDivergence(id, fullGaussian(double(m1), double(s1)), fullGaussian(double(m2), double(s2))).item(),
    );
    expect(batch.shape).toEqual([2]);
    expectClose([...batch.toNumbers()], single, 1e-12);
    expect(single[0]).not.toBeCloseTo(single[1], 3);
  });
});

it("kl of full Gaussians is ½(tr Σ2⁻¹Σ1 − d + ln|Σ2|/|Σ1| + quadratic form), worked out by hand", () => {
  scope(() => {
    // Σ1 = [[2, 1], [1, 2]] of determinant 3 and Σ2 = [[1, 0], [0, 4]]; difference of the means (1, 2).
    const p = fullGaussian(
      double([1, 2]),
      double([
        [2, 1],
        [1, 2],
      ]),
    );
    const q = fullGaussian(
      double([0, 0]),
      double([
        [1, 0],
        [0, 4],
      ]),
    );
    expect(gaussianDivergence("kl", p, q).item()).toBeCloseTo((2 + 2 / 4 - 2 + Math.log(4 / 3) + 1 + 4 / 4) / 2, 12);
    // Σ1⁻¹ = [[2, −1], [−1, 2]]/3.
    expect(gaussianDivergence("kl", q, p).item()).toBeCloseTo((10 / 3 - 2 + Math.log(3 / 4) + (2 - 4 + 8) / 3) / 2, 12);
  });
});

it("tv has a zero gradient, not NaN, at equal means", () => {
  scope(() => {
    const q = diagonalGaussian(double(mean2), double(variance2));
    const ofMean = (mean: Tensor) => gaussianDivergence("tv", diagonalGaussian(mean, double(variance2)), q);
    expect(exactGradient(ofMean, mean2)).toEqual([0, 0, 0]);
  });
});

it("the Bhattacharyya coefficient underflows in many dimensions while h2 stays 2", () => {
  scope(() => {
    const many = (value: number) => double(Array(1000).fill(value));
    const p = diagonalGaussian(many(0), many(1));
    const q = diagonalGaussian(many(4), many(1));
    expect(bhattacharyyaCoefficient(p, q).item()).toBe(0);
    expect(gaussianDivergence("h2", p, q).item()).toBe(2);
  });
});

describe("what does not exist is refused", () => {
  const wide = () => normal(0, 2);
  const narrow = () => normal(0, 1);

  it("pearson where one variance is at least twice the other", () => {
    scope(() => {
      expect(() => gaussianDivergence("pearson", wide(), narrow())).toThrow(NumericError);
      expect(() => gaussianDivergence("pearson", wide(), narrow())).toThrow(
        /the form of order 2 does not exist for this pair: 2·Σ2 \+ -1·Σ1 has the eigenvalue -2/,
      );
      expect(() => gaussianDivergence("neyman", narrow(), wide())).toThrow(NumericError);
      expect(gaussianDivergence("pearson", narrow(), wide()).item()).toBeGreaterThan(0);
      // 2·1 − 2 = 0 is no variance.
      const twice = diagonalGaussian(double([0]), double([2]));
      expect(() => gaussianDivergence("pearson", twice, narrow())).toThrow(/the eigenvalue 0, not above 0/);
    });
  });

  it("tv of covariances that differ by more than a millionth of the largest entry", () => {
    scope(() => {
      const tv = (difference: number) => {
        const [p, q] = [double([2, 0.01]), double([2, 0.01 + difference])];
        return gaussianDivergence(
          "tv",
          diagonalGaussian(double([1, 0]), p),
          diagonalGaussian(double([0, 0]), q),
        ).item();
      };
      expect(tv(1e-6)).toBe(tv(0));
      for (const difference of [3e-6, -3e-6]) expect(() => tv(difference)).toThrow(NumericError);
    });
  });

  it("Rényi's divergence of an order outside (0, 1), where the mixture of variances is not positive", () => {
    scope(() => {
      // 1.5·1 − 0.5·4 = −0.5, and −0.5·4 + 1.5·1 the other way round.
      expect(() => gaussianDivergence("renyi", wide(), narrow(), { order: 1.5 })).toThrow(/the eigenvalue -0.5/);
      expect(() => gaussianDivergence("renyi", narrow(), wide(), { order: -0.5 })).toThrow(/the eigenvalue -0.5/);
      expect(gaussianDivergence("renyi", narrow(), wide(), { order: 1.5 }).item()).toBeGreaterThan(0);
      for (const order of [0, Number.NaN, Number.POSITIVE_INFINITY])
        expect(() => gaussianDivergence("renyi", narrow(), wide(), { order })).toThrow(`the order is ${order}`);
    });
  });

  it.each(["js", "lecam", "wjs", "gan"])("%s, and geojs is named", (id) => {
    scope(() => {
      const form = () => gaussianDivergence(id as GaussianDivergenceId, wide(), narrow());
      expect(form).toThrow(UsageError);
      expect(form).toThrow(`${id} has no closed form between Gaussians; take geojs`);
    });
  });

  it("tv of unequal covariances, a bad order, matrices that are no covariances, unequal shapes", () => {
    scope(() => {
      expect(() => gaussianDivergence("tv", wide(), narrow())).toThrow(
        /tv has a closed form for equal covariances only/,
      );
      expect(() => gaussianDivergence("renyi", wide(), narrow(), { order: 1 })).toThrow(/the order is 1/);
      expect(() => normal(0, 0)).toThrow(/the variance is not positive definite: its smallest eigenvalue is 0/);
      expect(() =>
        fullGaussian(
          double([0, 0]),
          double([
            [1, 2],
            [2, 1],
          ]),
        ),
      ).toThrow(/smallest eigenvalue is -1/);
      expect(() => diagonalGaussian(double([0, 0]), double([1]))).toThrow(ShapeError);
      expect(() => fullGaussian(double([0, 0]), double([1, 1]))).toThrow(
        /covariance has shape \[2\]; expected \[2,2\]/,
      );
      const two = diagonalGaussian(double([0, 0]), double([1, 1]));
      expect(() => gaussianDivergence("kl", wide(), two)).toThrow(/expected equal shapes of one kind/);
      const full = fullGaussian(double([0, 0]), double(matrix([1, 1])));
      expect(() => gaussianDivergence("kl", two, full)).toThrow(/expected equal shapes of one kind/);
    });
  });
});
