/** The settings of every optimiser: the defaults of the papers and codes they follow, and the ends of their ranges. */
import { describe, expect, it } from "vitest";
import { type MinimizerEntry, type MinimizerName, minimizers } from "../../src/optim/index.js";
import { names } from "./support.js";

const parse = (name: MinimizerName, options: object = {}) =>
  (minimizers[name] as MinimizerEntry).options.parse(options);

const always = { startIteration: 0, startFraction: 0, every: 1 };
const usual = { rhoMin: 0, lossBudget: 0.05, ...always, perturb: "all", renormalise: false };
const constant = { rhoMode: "constant", ...usual };
const divergence = {
  f: "js",
  estimator: "featSoftmax",
  forward: "joint",
  view: "weak",
  tau: 1,
  side: "both",
};

const defaults: Record<MinimizerName, object> = {
  none: {},
  dim: {
    inner: { name: "sam" },
    ...usual,
    rho: 0.5,
    rhoMode: "loss",
    startFraction: 0.7,
    perturb: "auto",
    renormalise: undefined,
    kappa: 1,
    perturbWith: "total",
    lambda: 1,
    lambdaMode: "constant",
    addClean: false,
    divergence: { ...divergence, f: "kl", estimator: "restyled" },
  },
  "dim-features": {
    inner: { name: "sam" },
    ...usual,
    kappa: 1,
    perturbWith: "total",
    lambda: 0.1,
    lambdaMode: "ramp",
    addClean: false,
    divergence,
  },
  sam: { rho: 0.05, ...constant },
  asam: { rho: 0.5, ...constant, eta: 0.01 },
  asamAdaptive: { rho: 0.5, ...constant },
  fsam: { rho: 0.05, ...constant, sigma: 1, lambda: 0.9 },
  fisher: { rho: 0.1, ...constant, eta: 1 },
  gsam: { rho: 0.05, ...constant, rhoMode: "rate", alpha: 0.4 },
  sagm: { rho: 0.05, ...constant, alpha: 0.001 },
  disam: { rho: 0.05, lambda: 0.1 },
  esam: { rho: 0.05, beta: 0.5, gamma: 0.5 },
  flatmatch: { rho: 0.05 },
  gam: { rho: 0.2, gradRho: 0.02, beta0: 0.5, beta1: 0.6, gamma: 0.03 },
  looksam: { rho: 0.05, alpha: 0.2, every: 5 },
  msam: { rho: 0.3 },
  sdat: { rho: 0.05, ...constant, lambda: 1, lambdaMode: "constant", divergence },
  wsam: { rho: 0.05, gamma: 0.9 },
};

it.each(names)("%s has its paper's defaults", (name) => {
  expect(parse(name)).toEqual(defaults[name]);
});

/** Optimiser, setting, values at the ends of its range, values just beyond. */
const ranges: [MinimizerName, string, number[], number[]][] = [
  ...(names.filter((name) => name !== "none").map((name) => [name, "rho", [0, 3], [-0.001]]) as never),
  ...((["dim", "dim-features", "sam", "gsam", "sdat"] as const).flatMap((name) => [
    [name, "rhoMin", [0, 3], [-0.001]],
    [name, "startIteration", [0, 7], [-1, 0.5]],
    [name, "startFraction", [0, 0.7, 1], [-0.001, 1.001]],
    [name, "lossBudget", [1e-9, 3], [0]],
    [name, "every", [1, 7], [0, 1.5]],
  ]) as never),
  ["dim", "kappa", [0, 3], [-0.001]],
  ["dim", "lambda", [0, 3], [-0.001]],
  ["dim", "balance", [1e-9, 3], [0]],
  ["sdat", "lambda", [0, 3], [-0.001]],
  ["asam", "eta", [0, 3], [-0.001]],
  ["fsam", "sigma", [-3, 3], []],
  ["fsam", "lambda", [0, 0.999], [-0.001, 1]],
  ["fisher", "eta", [0, 3], [-0.001]],
  ["gsam", "alpha", [0, 3], [-0.001]],
  ["sagm", "alpha", [0, 3], [-0.001]],
  ["disam", "lambda", [0, 3], [-0.001]],
  ["esam", "beta", [0.001, 1], [0, 1.001]],
  ["esam", "gamma", [0.001, 1], [0, 1.001]],
  ["gam", "gradRho", [0, 3], [-0.001]],
  ["gam", "beta0", [0, 1], [-0.001, 1.001]],
  ["gam", "beta1", [0, 1], [-0.001, 1.001]],
  ["gam", "gamma", [0, 3], [-0.001]],
  ["looksam", "alpha", [0, 3], [-0.001]],
  ["looksam", "every", [1, 7], [0, 1.5]],
  ["wsam", "gamma", [0, 0.999], [-0.001, 1]],
];

describe("ranges", () => {
  it.each(ranges)("%s: %s may be %j but not %j", (name, setting, within, beyond) => {
    for (const value of within) expect(parse(name, { [setting]: value })).toMatchObject({ [setting]: value });
    for (const value of beyond) expect(() => parse(name, { [setting]: value }), String(value)).toThrow(setting);
  });

  it.each(["dim", "sdat"] as const)("%s: those of the divergence", (name) => {
    const withDivergence = (options: object) => parse(name, { divergence: options });
    for (const options of [{ pi: 0.001 }, { pi: 0.999 }, { scale: 1e-9 }, { tau: 1e-9 }, { runningMean: 0 }])
      expect(withDivergence(options)).toMatchObject({ divergence: options });
    for (const options of [{ pi: 0 }, { pi: 1 }, { scale: 0 }, { tau: 0 }, { runningMean: -0.001 }, { runningMean: 1 }])
      expect(() => withDivergence(options), JSON.stringify(options)).toThrow(Object.keys(options)[0]);
  });

  it.each(names)("%s: knows no other setting", (name) => {
    expect(() => parse(name, { rhoo: 1 })).toThrow(/rhoo/);
  });
});
