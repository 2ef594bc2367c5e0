/** Several networks as one: the mean of their probabilities, whatever it is asked. */
import { afterAll, describe, expect, it } from "vitest";
import { planar8bit } from "../../src/augment/index.js";
import { Ensemble } from "../../src/inference/ensemble.js";
import { predict } from "../../src/inference/predict.js";
import { fromTypedArray } from "../../src/torch/index.js";
import { pixels, tinyNetwork } from "./tiny.js";

const members = [1, 2, 3].map((seed) => tinyNetwork(1, 3, seed));
const image = fromTypedArray(pixels(2 * 32 * 32), [2, 1, 32, 32]);

afterAll(() => {
  for (const member of members) member.dispose();
});

describe.each(["softmax", "sigmoid"] as const)("an ensemble of %s classes", (kind) => {
  const asked = { kind, device: "cpu", precision: "fp32", normalisation: planar8bit } as const;
  const ask = (network: (typeof members)[number]) => predict(network, image, asked).probabilities;

  it("says the mean of what its members say", () => {
    const mean = members
      .map(ask)
      .reduce((sum, one) => sum.add(one))
      .div(3);
    const together = predict(new Ensemble(members, kind), image, asked).probabilities;
    expect(together.sub(mean).abs().amax().item()).toBeLessThan(1e-5);
    expect(together.isfinite().all().item()).toBe(1);
  });

  it("of one member is that member", () => {
    const alone = predict(new Ensemble([members[0]], kind), image, asked).probabilities;
    expect(alone.sub(ask(members[0])).abs().amax().item()).toBeLessThan(1e-6);
  });
});
