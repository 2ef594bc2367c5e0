/** `restyled`: the divergence of labels from predictions, by plain loops, and what it looks at. */
import { describe, expect, it } from "vitest";
import {
  type DomainDivergenceOptions,
  type DomainInput,
  divergence,
  domainDivergence,
  type RestyledImages,
} from "../../src/divergence/index.js";
import { withFixedStatistics } from "../../src/nn/index.js";
import { mean } from "../../src/statistics/mean.js";
import { ones, scope, type Tensor, zeros } from "../../src/torch/index.js";
import { gradientNorm, images, labels, networks, withNetworks } from "./networks.js";

withNetworks();

type Kind = "sigmoid" | "softmax";

function given(kind: Kind, annotated: Tensor | null = null): DomainInput & { restyled: RestyledImages } {
  const [source, target] = [images(1, 3), images(2, 3)];
  const of = { images: images(4, 3, { gain: 0.5, offset: 0.3 }), labels: labels(kind, 3).source, annotated };
  return { network: networks[kind], source, target, restyled: of };
}

const estimatorOf = (kind: Kind, options: Partial<DomainDivergenceOptions> = {}) =>
  domainDivergence("restyled", { divergence: divergence("js"), kind, ...options });

/** Textbook Jensen-Shannon divergence of two distributions. */
function jensenShannon(p: number[], q: number[]): number {
  const term = (a: number, m: number) => (a > 0 ? a * Math.log(a / m) : 0);
  return p.reduce((sum, a, i) => sum + (term(a, (a + q[i]) / 2) + term(q[i], (a + q[i]) / 2)) / 2, 0);
}

/** D by a loop over pixels. */
function byLoop(p: number[][], q: number[][]): number {
  return mean(p.map((row, x) => jensenShannon(row, q[x])));
}

describe("restyled", () => {
  it("is the mean of the pixels' divergences: exclusive classes", () => {
    scope(() => {
      const input = given("softmax");
      const { images: x, labels: y } = input.restyled;
      const logits = withFixedStatistics(input.network, "batch", () => input.network.forward(x));
      const q = logits.softmax(1).permute([0, 2, 3, 1]).flatten(0, 2).toArray() as number[][];
      const p = [...y.toNumbers()].map((label) => [0, 1, 2, 3].map((k) => Number(k === label)));
      expect(estimatorOf("softmax").evaluate(input).item()).toBeCloseTo(byLoop(p, q), 4);
    });
  });

  it("takes a part and its absence for two classes where parts overlap", () => {
    scope(() => {
      const input = given("sigmoid");
      const { images: x, labels: y } = input.restyled;
      const logits = withFixedStatistics(input.network, "batch", () => input.network.forward(x));
      const pairs = (of: Tensor, part: number) =>
        [...of.narrow(1, part, 1).toNumbers()].map((value) => [1 - value, value]);
      const expected = [0, 1].map((part) => byLoop(pairs(y, part), pairs(logits.sigmoid(), part)));
      expect(estimatorOf("sigmoid").evaluate(input).item()).toBeCloseTo(mean(expected), 4);
    });
  });

  it.each(["sigmoid", "softmax"] as const)("looks at nothing but restyled images and their labels: %s", (kind) => {
    scope(() => {
      const input = given(kind);
      const d = estimatorOf(kind).evaluate(input);
      const elsewhere = { ...input, source: images(7, 3), target: images(8, 3) };
      expect(estimatorOf(kind).evaluate(elsewhere).item()).toBe(d.item());
      expect(gradientNorm(d, networks[kind])).toBeGreaterThan(0);
    });
  });

  it("leaves out the pixels that nobody labelled, whatever stands there", () => {
    scope(() => {
      const annotated = ones([3, 1, 32, 32]);
      annotated.narrow(2, 0, 16).zero_();
      const input = given("sigmoid", annotated);
      const told = estimatorOf("sigmoid").evaluate(input).item();
      input.restyled.labels.narrow(2, 0, 16).fill_(1);
      expect(estimatorOf("sigmoid").evaluate(input).item()).toBe(told);
      expect(estimatorOf("sigmoid").evaluate(given("sigmoid")).item()).not.toBe(told);
      expect(
        estimatorOf("sigmoid")
          .evaluate(given("sigmoid", zeros([3, 1, 32, 32])))
          .item(),
      ).toBe(0);
    });
  });

  it.each([
    ["runningMean", { runningMean: 0.9 }],
    ["bank", { bank: 64 }],
    ["side", { side: "source" }],
  ] as const)("refuses %s, which it has no use for", (key, options) =>
    expect(() => estimatorOf("softmax", options)).toThrow(new RegExp(`restyled: ${key}`)),
  );

  it("refuses the method's own passes, which are of other images", () => {
    expect(() => estimatorOf("softmax", { forward: "shared" })).toThrow(/no passes over restyled images/);
  });
});
