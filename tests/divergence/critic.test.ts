/** The critic's bound on distributions whose divergence is known, its reversed gradient, its memory and its refusals. */
import { describe, expect, it } from "vitest";
import { CheckpointError, UsageError } from "../../src/core/errors.js";
import { neutralOutput, reversalAt } from "../../src/divergence/estimators/critic.js";
import {
  type DomainDivergence,
  type DomainInput,
  diagonalGaussian,
  divergence,
  domainDivergence,
  gaussianDivergence,
} from "../../src/divergence/index.js";
import { Generator, grad, manualSeed, noGrad, randn, scope, type Tensor, tensor } from "../../src/torch/index.js";
import { images, networks, withNetworks } from "./networks.js";
import { everyDivergence, expectClose, named } from "./support.js";

withNetworks();

/** Bottlenecks [n, C, 1, 1] as a method would have kept them. */
function features(source: Tensor, target: Tensor, learn = true): DomainInput {
  const view = (rows: Tensor) => ({ logits: rows, bottleneck: rows.unsqueeze(2).unsqueeze(3) });
  const shared = { source: view(source), target: view(target) };
  return { network: networks.softmax, source, target, shared, learn };
}

const quick = { name: "critic", hidden: 32, rate: 0.05, warmUp: 0 };
const make = (f = divergence("js"), settings: object = {}, options = {}) =>
  domainDivergence({ ...quick, ...settings }, { divergence: f, kind: "softmax", forward: "shared", ...options });

/** P = N(1, 1) and Q = N(0, 1.5²) in one dimension. */
const [meanP, deviationQ] = [1, 1.5];
const drawn = (n: number) => ({ p: randn([n, 1]).add(meanP), q: randn([n, 1]).mul(deviationQ) });

function closedForm(id: "kl" | "rkl" | "h2"): number {
  return scope(() => {
    const normal = (mean: number, variance: number) => diagonalGaussian(tensor([mean]), tensor([variance]));
    return gaussianDivergence(id, normal(meanP, 1), normal(0, deviationQ ** 2)).item();
  });
}

/** Textbook Jensen-Shannon by the midpoint rule. */
function jensenShannon(): number {
  const density = (x: number, mean: number, deviation: number) =>
    Math.exp(-(((x - mean) / deviation) ** 2) / 2) / (deviation * Math.sqrt(2 * Math.PI));
  let sum = 0;
  for (let x = -12; x < 12; x += 0.01) {
    const [p, q] = [density(x, meanP, 1), density(x, 0, deviationQ)];
    if (p > 0) sum += 0.005 * p * Math.log((2 * p) / (p + q));
    if (q > 0) sum += 0.005 * q * Math.log((2 * q) / (p + q));
  }
  return sum;
}

describe("between two Gaussians", () => {
  it.each([
    ["kl", closedForm("kl"), 0.9],
    // Its ratio grows so fast towards the tails that few samples tell of it.
    ["rkl", closedForm("rkl"), 0.8],
    ["h2", closedForm("h2"), 0.9],
    ["js", jensenShannon(), 0.9],
  ])("%s: the trained bound approaches the divergence from below", (id, exact, share) => {
    manualSeed(3);
    const estimator = make(divergence(id));
    const held = () => {
      const { p, q } = drawn(40000);
      return scope(() => estimator.evaluate(features(p, q, false)).item());
    };
    noGrad(() =>
      scope(() => {
        for (let k = 0; k < 3; k++) scope(() => estimator.evaluate(features(...batch())));
        const early = held();
        for (let k = 0; k < 900; k++) scope(() => estimator.evaluate(features(...batch())));
        const bound = held();
        expect(early).toBeLessThan(0.8 * exact);
        expect(bound).toBeGreaterThan(share * exact);
        // Above only by the sampling error of 40,000 draws.
        expect(bound).toBeLessThan(1.02 * exact);
      }),
    );
    estimator.dispose();
  });

  function batch(): [Tensor, Tensor] {
    const { p, q } = drawn(256);
    return [p, q];
  }
});

describe.each(named(everyDivergence))("%s", (_, f) => {
  it("begins where the bound is f(1), and climbs", () => {
    scope(() => {
      manualSeed(5);
      const { p, q } = drawn(64);
      const estimator = make(f, {}, { scale: 1 });
      expect(f.activation(tensor([neutralOutput(f)], { dtype: "float64" })).item()).toBeCloseTo(f.fPrimeAtOne, 12);
      expect(estimator.evaluate(features(p, q, false)).item()).toBeCloseTo(f.range[0], 6);
      const values = Array.from({ length: 20 }, () => estimator.evaluate(features(p, q)).item());
      expect(values[0]).toBeGreaterThan(f.range[0]);
      expect(values[19]).toBeGreaterThan(values[0]);
      estimator.dispose();
    });
  });
});

describe("the reversed gradient", () => {
  it("grows from nothing to its limit", () => {
    const settings = { reversal: 1, warmUp: 1000 };
    expect(reversalAt(0, settings)).toBe(0);
    expect(reversalAt(1000, settings)).toBeCloseTo(2 / (1 + Math.exp(-1)) - 1, 12);
    expect(reversalAt(1e6, settings)).toBeCloseTo(1, 12);
    expect(reversalAt(1e6, { reversal: 0.1, warmUp: 3000 })).toBeCloseTo(0.1, 12);
    expect(reversalAt(0, { reversal: 0.1, warmUp: 0 }), "without a warm-up").toBe(0.1);
  });

  /** A critic that has seen something, at features that a gradient can be taken of. */
  function trained(settings: object, options: object = {}): { estimator: DomainDivergence; x: Tensor; u: Tensor } {
    using generator = new Generator(8);
    const x = randn([5, 3], { generator, dtype: "float64" }).requiresGrad_();
    const u = randn([4, 3], { generator, dtype: "float64" }).add(0.5).requiresGrad_();
    const estimator = make(divergence("js"), settings, options);
    for (let k = 0; k < 30; k++) estimator.evaluate(features(x, u));
    return { estimator, x, u };
  }

  it.each([
    [0, 0.7, 0.7],
    [20, 1, 2 / (1 + Math.exp(-30 / 20)) - 1],
  ])("with warmUp %d and reversal %d is that of D times %d", (warmUp, reversal, factor) => {
    scope(() => {
      const { estimator, x, u } = trained({ warmUp, reversal });
      const at = () => estimator.evaluate(features(x, u, false));
      const [ofX, ofU] = grad(at(), [x, u]);
      for (const [rows, gradient] of [
        [x, ofX],
        [u, ofU],
      ]) {
        const numeric = noGrad(() => {
          const values = rows.detach();
          return Array.from({ length: rows.numel }, (_, i) => {
            const entry = values.flatten().narrow(0, i, 1);
            entry.add_(1e-6);
            const ahead = at().item();
            entry.add_(-2e-6);
            const behind = at().item();
            entry.add_(1e-6);
            return (ahead - behind) / 2e-6;
          });
        });
        expectClose(
          [...gradient.toNumbers()],
          numeric.map((slope) => slope * factor),
          1e-5,
          1e-9,
        );
        expect(Math.max(...numeric.map(Math.abs))).toBeGreaterThan(1e-3);
      }
      estimator.dispose();
    });
  });

  it("leaves the critic's own: descending D with the features and climbing it with the critic", () => {
    scope(() => {
      const { estimator, x, u } = trained({ warmUp: 0 });
      const before = estimator.evaluate(features(x, u, false));
      const [ofX] = grad(before, [x]);
      noGrad(() => x.detach().add_(ofX.mul(-0.1)));
      const moved = estimator.evaluate(features(x, u, false)).item();
      expect(moved).toBeLessThan(before.item());
      expect(estimator.evaluate(features(x, u)).item(), "after one step of the critic").toBeGreaterThan(moved);
      estimator.dispose();
    });
  });

  it("goes through one side only when told to", () => {
    scope(() => {
      const { estimator, x, u } = trained({}, { side: "target" });
      const [ofX, ofU] = grad(estimator.evaluate(features(x, u)), [x, u], { allowUnused: true });
      expect(ofX.abs().amax().item()).toBe(0);
      expect(ofU.abs().amax().item()).toBeGreaterThan(0);
      estimator.dispose();
    });
  });
});

describe("its memory", () => {
  const given = (seed: number, learn = true): DomainInput => {
    const u = images(seed + 1, 2, { gain: 0.4, offset: 0.8 });
    return { network: networks.softmax, source: images(seed, 2), target: u, learn };
  };
  const joint = (settings: object = {}, seed = 0) =>
    domainDivergence({ name: "critic", ...settings }, { divergence: divergence("js"), kind: "softmax", seed });

  it.each(["pooled", "positions"])(
    "%s: learns once where told to, and continues from a saved state exactly",
    (rows) => {
      scope(() => {
        const [a, b] = [joint({ rows }), joint({ rows })];
        for (const estimator of [a, b]) for (const k of [1, 2]) estimator.evaluate(given(k));
        b.evaluate(given(7, false));
        noGrad(() => b.evaluate(given(8, false)));
        const c = joint({ rows }, 99);
        c.loadState(b.state());
        b.dispose();
        for (const k of [3, 4]) expect(c.evaluate(given(k)).item()).toBe(a.evaluate(given(k)).item());
        const [ofA, ofC] = [a, c].map((one) => [...one.state()].map(([name, value]) => [name, ...value.toNumbers()]));
        expect(ofC).toEqual(ofA);
        expect(ofA.find(([name]) => name === "updates")).toEqual(["updates", 4]);
        a.dispose();
        c.dispose();
        expect(a.state().size).toBe(0);
      });
    },
  );

  it("learns the same without gradient recording around it, and from NaN nothing but that a step was made", () => {
    scope(() => {
      const [a, b] = [joint(), joint()];
      a.evaluate(given(1));
      noGrad(() => b.evaluate(given(1)));
      const values = (one: DomainDivergence) => [...one.state().values()].flatMap((value) => [...value.toNumbers()]);
      expect(values(b)).toEqual(values(a));
      const broken = given(2);
      expect(a.evaluate({ ...broken, source: broken.source.mul(Number.NaN) }).item()).toBeNaN();
      const steps = (one: DomainDivergence) => one.state().get("updates")?.item();
      expect([steps(a), steps(b)]).toEqual([2, 1]);
      expect(values(a).slice(0, -1)).toEqual(values(b).slice(0, -1));
      a.dispose();
      b.dispose();
    });
  });

  it("draws its first weights from the seed", () => {
    scope(() => {
      const first = (seed: number) => {
        const estimator = joint({}, seed);
        estimator.evaluate(given(1, false));
        const values = [...(estimator.state().get("critic.hidden.weight") as Tensor).toNumbers()];
        estimator.dispose();
        return values;
      };
      expect(first(1)).toEqual(first(1));
      expect(first(1)).not.toEqual(first(2));
    });
  });

  it("refuses a state of another width or of something else, and running means", () => {
    scope(() => {
      const saved = joint({ hidden: 8 });
      saved.evaluate(given(1));
      expect(() => joint().loadState(saved.state())).toThrow(CheckpointError);
      expect(() => joint().loadState(saved.state())).toThrow("the saved state is 8 wide, but hidden is 256");
      expect(() => joint().loadState(new Map([["source.channels.mean", tensor([1])]]))).toThrow(/lacks updates/);
      saved.dispose();
    });
    const choices = { divergence: divergence("js"), kind: "softmax", runningMean: 0.9 } as const;
    expect(() => domainDivergence("critic", choices)).toThrow(UsageError);
    expect(() => domainDivergence({ name: "critic", hiden: 3 }, { ...choices, runningMean: 0 })).toThrow(/hidden/);
  });
});
