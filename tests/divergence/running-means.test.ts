import { describe, expect, it } from "vitest";
import { divergence, domainDivergence } from "../../src/divergence/index.js";
import { scope, tensor } from "../../src/torch/index.js";
import { comparingImages, gradientNorm, images, labels, networks, withNetworks } from "./networks.js";
import { expectClose } from "./support.js";

withNetworks();

/** The critic has a memory of its own kind. */
const averaging = comparingImages.filter((id) => id !== "critic");

describe("running means", () => {
  const beta = 0.9;
  const options = { divergence: divergence("js"), kind: "softmax", runningMean: beta } as const;
  const given = (seed: number) => {
    const u = images(seed + 1, 2, { gain: 0.4, offset: 0.8 });
    return { network: networks.softmax, source: images(seed, 2), target: u, labels: labels("softmax", 2) };
  };

  it.each(averaging)("%s: the gradient shrinks to 1 − β once there is a past of the same images", (id) => {
    scope(() => {
      const estimator = domainDivergence(id, options);
      const [first, second] = [given(1), given(1)].map((one) => {
        const d = estimator.evaluate(one);
        return { value: d.item(), norm: gradientNorm(d, networks.softmax) };
      });
      // The code book of featCode has moved a little towards the same images.
      const moved = id === "featCode" ? 10 : 1;
      expectClose([second.value], [first.value], moved * 1e-5, 1e-9);
      expectClose([second.norm], [first.norm * (1 - beta)], moved * 1e-3);
      estimator.dispose();
    });
  });

  it.each(averaging)("%s: a perturbed pass changes nothing, and saved state continues exactly", (id) => {
    scope(() => {
      const [a, b] = [domainDivergence(id, options), domainDivergence(id, options)];
      a.evaluate(given(1));
      b.evaluate(given(1));
      b.evaluate({ ...given(7), learn: false });
      const c = domainDivergence(id, options);
      c.loadState(b.state());
      b.dispose();
      const next = a.evaluate(given(3)).item();
      expect(c.evaluate(given(3)).item()).toBe(next);
      const forgetful = domainDivergence(id, { ...options, runningMean: 0 });
      expect(next).not.toBe(forgetful.evaluate(given(3)).item());
      forgetful.dispose();
      expect([...a.state().keys()].length).toBeGreaterThan(0);
      a.dispose();
      c.dispose();
      expect(a.state().size).toBe(0);
    });
  });

  it("a class counts fully when it first appears and keeps its mean while absent", () => {
    scope(() => {
      const estimator = domainDivergence("featProto", {
        divergence: divergence("tv"),
        kind: "softmax",
        forward: "shared",
        runningMean: 0.5,
      });
      const logits = tensor([[[[0, 0]], [[0, 0]]]]);
      const steady = tensor([[[[0, 0]], [[0, 0]]]]);
      const evaluate = (values: number[][], present: number[]) => {
        const feature = tensor([values.map((row) => [row])]);
        const both = {
          source: tensor([[present]], { dtype: "int64" }),
          target: tensor([[[0, 1]]], { dtype: "int64" }),
        };
        return estimator
          .evaluate({
            network: networks.softmax,
            source: feature,
            target: steady,
            shared: { source: { logits, feature }, target: { logits, feature: steady } },
            labels: { ...both, targetConfidence: tensor([[[[1, 1]]]]) },
          })
          .item();
      };
      const softmax = (a: number, b: number) => 1 / (1 + Math.exp(b - a));
      const away = (p: number) => Math.abs(p - 0.5);
      const [p, q] = [softmax(2, 0), softmax(1, 0)];
      // only class 0, twice
      expect(
        evaluate(
          [
            [2, 2],
            [0, 0],
          ],
          [0, 0],
        ),
      ).toBeCloseTo(away(p), 5);
      expect(
        evaluate(
          [
            [1, 1],
            [0, 0],
          ],
          [0, 0],
        ),
      ).toBeCloseTo(away((p + q) / 2), 5);
      // class 1 appears: no past to blend with
      expect(
        evaluate(
          [
            [1, 1],
            [0, 0],
          ],
          [1, 1],
        ),
      ).toBeCloseTo(away(q), 5);
      // class 0 comes back to its own mean
      const back = ((p + q) / 2 + p) / 2;
      expect(
        evaluate(
          [
            [2, 2],
            [0, 0],
          ],
          [0, 0],
        ),
      ).toBeCloseTo(away(back), 5);
      estimator.dispose();
    });
  });

  it("a batch with NaN leaves the means as they were", () => {
    scope(() => {
      const estimator = domainDivergence("featSoftmax", options);
      estimator.evaluate(given(1));
      const values = () => [...estimator.state().values()].map((tensor) => [...tensor.toNumbers()]);
      const before = values();
      const broken = given(1);
      expect(estimator.evaluate({ ...broken, source: broken.source.mul(Number.NaN) }).item()).toBeNaN();
      expect(values()).toEqual(before);
      estimator.dispose();
    });
  });
});
