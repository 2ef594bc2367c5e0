/** Each estimator on maps small enough to work out on paper; under `shared` no network is run. */
import { describe, expect, it } from "vitest";
import {
  type DomainDivergenceOptions,
  diagonalGaussian,
  divergence,
  domainDivergence,
  gaussianDivergence,
} from "../../src/divergence/index.js";
import { ones, scope, type Tensor, tensor, zeros } from "../../src/torch/index.js";
import { networks, withNetworks } from "./networks.js";

withNetworks();

type Options = Partial<DomainDivergenceOptions>;
const shared = { kind: "sigmoid", forward: "shared" } as const;

describe("featSoftmax by hand", () => {
  const evaluate = (options: Partial<DomainDivergenceOptions>, source: Tensor, target: Tensor) =>
    domainDivergence("featSoftmax", { divergence: divergence("tv"), kind: "sigmoid", forward: "shared", ...options })
      .evaluate({
        network: networks.sigmoid,
        source,
        target,
        shared: { source: { logits: source, bottleneck: source }, target: { logits: target, bottleneck: target } },
      })
      .item();
  /** Probability of the first of two channels whose means differ by 2d: they are standardised to ±d/√(d² + 1e-5). */
  const first = (d: number, tauF = 1) => 1 / (1 + Math.exp((-2 * d) / Math.sqrt(d * d + 1e-5) / tauF));

  it("is the softmax of standardised spatial means, averaged over the images", () => {
    scope(() => {
      // Means (2, 1) and (0.01, −0.01) of the first domain, (0, 0) of the second's one image.
      const source = tensor([
        [
          [[1], [3]],
          [[0], [2]],
        ],
        [
          [[0.02], [0]],
          [[-0.01], [-0.01]],
        ],
      ]);
      const target = tensor([
        [
          [[1], [-1]],
          [[2], [-2]],
        ],
      ]);
      for (const tauF of [1, 2]) {
        const p = (first(0.5, tauF) + first(0.01, tauF)) / 2;
        expect(evaluate({ tauF }, source, target)).toBeCloseTo(Math.abs(p - 0.5), 5);
        expect(evaluate({ tauF, scale: 3 }, source, target)).toBeCloseTo(3 * Math.abs(p - 0.5), 5);
      }
      expect(evaluate({}, source, target)).toBe(evaluate({ tauF: 1 }, source, target));
    });
  });
});

describe("predMarginal by hand", () => {
  /** A network is not needed under `shared`. */
  const evaluate = (options: Options, source: Tensor, target: Tensor, settings: Record<string, unknown> = {}) =>
    domainDivergence({ name: "predMarginal", ...settings }, { ...shared, divergence: divergence("tv"), ...options })
      .evaluate({
        network: networks.sigmoid,
        source,
        target,
        shared: { source: { logits: source }, target: { logits: target } },
      })
      .item();
  const logit = (p: number) => Math.log(p / (1 - p));
  const constant = (probabilities: number[]) => tensor([probabilities.map((p) => [[logit(p)]])]);

  it("channels: the mean of the channels' Bernoulli divergences", () => {
    scope(() => {
      const d = evaluate({}, constant([0.2, 0.5]), constant([0.6, 0.4]));
      expect(d).toBeCloseTo((0.4 + 0.1) / 2, 5);
    });
  });

  it("nested: one divergence between {inner, ring, rest}", () => {
    scope(() => {
      const d = evaluate({}, constant([0.2, 0.5]), constant([0.5, 0.4]), { marginal: "nested" });
      // {.2, .3, .5} against {.5, 0, .5}, the ring being clipped at 0
      expect(d).toBeCloseTo(0.3, 5);
      expect(() => evaluate({}, constant([0.2]), constant([0.5]), { marginal: "nested" })).toThrow(/but there are 1/);
    });
  });

  it("takes the mean over images and pixels", () => {
    scope(() => {
      // Channels' probabilities per image and pixel; means (0.4, 0.5) against (0.6, 0.1).
      const maps = (values: number[][][]) => tensor(values.map((image) => image.map((row) => [row.map(logit)])));
      const source = maps([
        [
          [0.2, 0.6],
          [0.5, 0.7],
        ],
        [
          [0.1, 0.7],
          [0.6, 0.2],
        ],
      ]);
      const target = maps([
        [
          [0.5, 0.7],
          [0.15, 0.05],
        ],
      ]);
      expect(evaluate({}, source, target)).toBeCloseTo((0.2 + 0.4) / 2, 5);
      // {0.4, ring, rest} with the ring (0.3, 0.1, 0.5, 0)/4 = 0.225, against {0.6, 0, 0.4}.
      expect(evaluate({}, source, target, { marginal: "nested" })).toBeCloseTo((0.2 + 0.225 + 0.025) / 2, 5);
      const classes = (values: number[][][]) => {
        return tensor(values.map((image) => image.map((row) => [row.map((p) => Math.log(p))])));
      };
      const three = classes([
        [
          [0.2, 0.6],
          [0.5, 0.3],
          [0.3, 0.1],
        ],
      ]);
      const other = classes([
        [
          [0.5, 0.5],
          [0.1, 0.3],
          [0.4, 0.2],
        ],
      ]);
      // Means (0.4, 0.4, 0.2) against (0.5, 0.2, 0.3).
      expect(evaluate({ kind: "softmax" }, three, other)).toBeCloseTo(0.2, 5);
      // The same by a divergence that is not linear in the differences.
      const kl = 0.4 * Math.log(0.4 / 0.5) + 0.4 * Math.log(0.4 / 0.2) + 0.2 * Math.log(0.2 / 0.3);
      expect(evaluate({ kind: "softmax", divergence: divergence("kl") }, three, other)).toBeCloseTo(kl, 5);
    });
  });

  it("softmax: one divergence between the classes", () => {
    scope(() => {
      const logits = (p: number[]) => tensor([p.map((value) => [[Math.log(value)]])]);
      const d = evaluate({ kind: "softmax" }, logits([0.7, 0.2, 0.1]), logits([0.4, 0.3, 0.3]));
      expect(d).toBeCloseTo(0.3, 5);
    });
  });
});

describe("gaussian by hand", () => {
  const evaluate = (options: Options, source: Tensor, target: Tensor, settings: Record<string, unknown> = {}) =>
    domainDivergence({ name: "gaussian", ...settings }, { ...shared, divergence: divergence("kl"), ...options })
      .evaluate({
        network: networks.sigmoid,
        source,
        target,
        shared: { source: { logits: source, bottleneck: source }, target: { logits: target, bottleneck: target } },
      })
      .item();
  /** Two channels of mean m and deviation s each, [1, 2, 1, 2]. */
  const map = (moments: [number, number][]) => tensor([moments.map(([m, s]) => [[m - s, m + s]])]);
  const source = () =>
    map([
      [0.3, 0.9],
      [1, 1],
    ]);
  const target = () =>
    map([
      [-0.4, 1.3],
      [1, 1],
    ]);

  it("averages the closed forms of the channels", () => {
    scope(() => {
      expect(evaluate({}, source(), target())).toBeCloseTo(0.2523401647 / 2, 6);
      expect(evaluate({ divergence: divergence("h2") }, source(), target())).toBeCloseTo(0.1575848742 / 2, 6);
      expect(evaluate({}, source(), target(), { form: "renyi" })).toBeCloseTo(0.1641398025 / 2, 6);
    });
  });

  it("takes a channel's moments over images and positions", () => {
    scope(() => {
      // Channel 0: values 0, 2, 4, 6 of mean 3 and variance 5; channel 1: 1, 1, 1, 3 of mean 1.5 and variance ¾.
      const source = tensor([
        [
          [[0], [2]],
          [[1], [1]],
        ],
        [
          [[4], [6]],
          [[1], [3]],
        ],
      ]);
      // One image: mean 1 and variance 1, mean 2 and variance 4.
      const target = tensor([
        [
          [[0], [2]],
          [[0], [4]],
        ],
      ]);
      const kl = (m1: number, v1: number, m2: number, v2: number) =>
        (v1 / v2 - 1 + Math.log(v2 / v1) + (m1 - m2) ** 2 / v2) / 2;
      expect(evaluate({}, source, target)).toBeCloseTo((kl(3, 5, 1, 1) + kl(1.5, 0.75, 2, 4)) / 2, 5);
    });
  });

  it("alpha and Rényi's divergence take their order", () => {
    scope(() => {
      const closed = (id: "alpha" | "renyi", order: number) => {
        const moments = (mean: number[], deviation: number[]) =>
          diagonalGaussian(tensor(mean.map((m) => [m])), tensor(deviation.map((s) => [s * s])));
        const [p, q] = [moments([0.3, 1], [0.9, 1]), moments([-0.4, 1], [1.3, 1])];
        return gaussianDivergence(id, p, q, { order }).mean().item();
      };
      const [from, to] = [source(), target()];
      for (const order of [0.3, 0.8]) {
        expect(evaluate({ divergence: divergence("alpha", { alpha: order }) }, from, to)).toBeCloseTo(
          closed("alpha", order),
          6,
        );
        expect(evaluate({}, from, to, { form: "renyi", order })).toBeCloseTo(closed("renyi", order), 6);
      }
      for (const order of [0, 1]) expect(() => evaluate({}, from, to, { form: "renyi", order })).toThrow(/order/);
    });
  });

  it("js is the geometric one, in the textbook scale", () => {
    scope(() => {
      const js = evaluate({ divergence: divergence("js") }, source(), target());
      expect(js).toBeCloseTo(evaluate({}, source(), target(), { form: "geojs" }), 7);
    });
  });

  it("a dead channel has the floor's variance", () => {
    scope(() => {
      const d = evaluate(
        {},
        map([
          [0, 0],
          [0, 0],
        ]),
        map([
          [0.1, 0],
          [0, 0],
        ]),
      );
      expect(d).toBeCloseTo(0.1 ** 2 / 1e-3 / 2 / 2, 4);
    });
  });
});

describe("featProto by hand", () => {
  it("compares the classes present in both batches only", () => {
    scope(() => {
      const feature = tensor([[[[1, 3]], [[2, 0]]]]);
      const moved = tensor([[[[1, 5]], [[2, 0]]]]);
      const logits = tensor([[[[0, 0]], [[0, 0]], [[0, 0]]]]);
      const estimator = domainDivergence("featProto", {
        divergence: divergence("tv"),
        kind: "softmax",
        forward: "shared",
      });
      const evaluate = (targetLabels: number[][], confidence: number[][]) =>
        estimator
          .evaluate({
            network: networks.softmax,
            source: feature,
            target: moved,
            shared: { source: { logits, feature }, target: { logits, feature: moved } },
            labels: {
              source: tensor([[[0, 1]]], { dtype: "int64" }),
              target: tensor([targetLabels], { dtype: "int64" }),
              targetConfidence: tensor([[confidence]]),
            },
          })
          .item();
      const softmax = (a: number, b: number) => 1 / (1 + Math.exp(b - a));
      const second = Math.abs(softmax(3, 0) - softmax(5, 0));
      // class 0 agrees, class 1 moved, class 2 is absent
      expect(evaluate([[0, 1]], [[1, 1]])).toBeCloseTo(second / 2, 5);
      // class 1 is not trusted: only class 0 is left
      expect(evaluate([[0, 1]], [[1, 0]])).toBeCloseTo(0, 6);
      // nothing in common
      expect(evaluate([[2, 2]], [[1, 1]])).toBe(0);
    });
  });

  it("averages the features of a class over its pixels, in all images, for overlapping classes too", () => {
    scope(() => {
      const map = (values: number[][][]) => tensor(values.map((image) => image.map((row) => [row])));
      // Two images of two pixels with two features.
      const feature = map([
        [
          [1, 3],
          [0, 1],
        ],
        [
          [2, 0],
          [0, 2],
        ],
      ]);
      const moved = map([
        [
          [0, 1],
          [1, 0],
        ],
        [
          [4, 2],
          [2, 0],
        ],
      ]);
      // Channel 0 holds the first three pixels, channel 1 the last two.
      const labels = map([
        [
          [1, 1],
          [0, 0],
        ],
        [
          [1, 0],
          [1, 1],
        ],
      ]);
      const pass = (maps: Tensor) => ({ logits: zeros([2, 2, 1, 2]), feature: maps });
      const evaluate = (confidence: Tensor, tauF: number) =>
        domainDivergence("featProto", { divergence: divergence("tv"), kind: "sigmoid", forward: "shared", tauF })
          .evaluate({
            network: networks.sigmoid,
            source: feature,
            target: moved,
            shared: { source: pass(feature), target: pass(moved) },
            labels: { source: labels, target: labels, targetConfidence: confidence },
          })
          .item();
      const first = (a: number, b: number) => 1 / (1 + Math.exp(b - a));
      // Sums over means: channel 0 (2, ⅓) against (5/3, 1), channel 1 (1, 1) against (3, 1).
      const channel = (tau: number, a: number[], b: number[]) =>
        Math.abs(first(a[0] / tau, a[1] / tau) - first(b[0] / tau, b[1] / tau));
      for (const tau of [1, 2]) {
        const both = channel(tau, [2, 1 / 3], [5 / 3, 1]) + channel(tau, [1, 1], [3, 1]);
        expect(evaluate(ones([2, 2, 1, 2]), tau)).toBeCloseTo(both / 2, 5);
      }
      // Only the last pixel of channel 1 is trusted: (2, 0); all of channel 0 still is.
      const trusted = ones([2, 2, 1, 2]);
      trusted.select(0, 1).select(0, 1).select(1, 0).fill_(0);
      const both = channel(1, [2, 1 / 3], [5 / 3, 1]) + channel(1, [1, 1], [2, 0]);
      expect(evaluate(trusted, 1)).toBeCloseTo(both / 2, 5);
    });
  });
});
