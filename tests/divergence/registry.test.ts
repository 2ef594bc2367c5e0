import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import { divergence, domainDivergence } from "../../src/divergence/index.js";

const kind = "softmax" as const;
const js = divergence("js");

describe("divergence", () => {
  it("gives the parameters it was made with", () => {
    expect(divergence("alpha").params).toEqual({ alpha: 0.5 });
    expect(divergence("wjs", { pi: 0.3 }).params).toEqual({ pi: 0.3 });
    expect(divergence("kl").params).toEqual({});
  });

  it.each([
    [() => divergence("jss"), 'divergence: there is no "jss"; did you mean "js"?'],
    [() => divergence("wasserstein"), /the divergences are kl, rkl, js/],
    [() => divergence("toString"), /there is no "toString"/],
    [() => divergence("js", { pi: 0.5 }), 'divergence js: there is no parameter "pi"; it has none'],
    [() => divergence("wjs", { alpha: 0.5 }), 'divergence wjs: there is no parameter "alpha"; it has pi'],
    [() => divergence("alpha", { alpha: 1 }), /alpha is 1; give a number other than 0 \(use rkl\) and 1 \(use kl\)/],
    [() => divergence("alpha", { alpha: 0 }), /alpha is 0; give a number other than 0/],
    [() => divergence("alpha", { alpha: Number.NaN }), /alpha is NaN/],
    [() => divergence("wjs", { pi: 0 }), /pi is 0; give a weight inside \(0, 1\)/],
    [() => divergence("wjs", { pi: 1 }), /pi is 1; give a weight inside \(0, 1\)/],
  ])("refuses %s", (make, message) => {
    expect(make).toThrow(UsageError);
    expect(make).toThrow(message);
  });
});

describe("domainDivergence refuses what makes no sense", () => {
  it.each([
    [() => domainDivergence("featSoftMx", { divergence: js, kind }), 'did you mean "featSoftmax"?'],
    [() => domainDivergence("wasserstein", { divergence: js, kind }), /the estimators are featSoftmax, predMarginal/],
    [() => domainDivergence("featSoftmax", { divergence: js, kind, tauF: 0 }), /tauF is 0/],
    [() => domainDivergence("featSoftmax", { divergence: js, kind, runningMean: 1 }), /runningMean is 1/],
    [
      () => domainDivergence({ name: "predMarginal", marginal: "nested" }, { divergence: js, kind }),
      /overlapping classes/,
    ],
    [() => domainDivergence("gaussian", { divergence: divergence("tv"), kind }), /tv has no closed form/],
    [() => domainDivergence("gaussian", { divergence: divergence("pearson"), kind }), /for every pair of Gaussians/],
    [
      () => domainDivergence("gaussian", { divergence: divergence("alpha", { alpha: 1.5 }), kind }),
      /alpha is 1.5; give an order inside \(0, 1\)/,
    ],
    [
      () => domainDivergence("gaussian", { divergence: divergence("alpha", { alpha: 2 }), kind }),
      /alpha is 2; give an order inside \(0, 1\)/,
    ],
    [
      () => domainDivergence({ name: "gaussian", form: "renyi", order: 1.5 }, { divergence: js, kind }),
      /estimator gaussian: order is 1.5/,
    ],
    [
      () => domainDivergence({ name: "gaussian", order: 0.3 }, { divergence: js, kind }),
      /order is for form: renyi, but form is own/,
    ],
  ])("%#", (make, message) => {
    expect(make).toThrow(UsageError);
    expect(make).toThrow(message);
  });
});
