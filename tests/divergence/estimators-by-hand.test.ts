/** Each estimator on maps small enough to work out on paper; under `shared` no network is run. */
import { describe, expect, it } from "vitest";
import { type DomainDivergenceOptions, divergence, domainDivergence } from "../../src/divergence/index.js";
import { scope, type Tensor, tensor } from "../../src/torch/index.js";
import { networks, withNetworks } from "./networks.js";

withNetworks();

type Options = Partial<DomainDivergenceOptions>;
const shared = { kind: "sigmoid", forward: "shared" } as const;

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
});
