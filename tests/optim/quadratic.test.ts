/** Two steps of every optimiser on L = ½(w1² + 10·w2²) against method section 8, in float64. */
import { describe, expect, it } from "vitest";
import { type MinimizerName, Sgd } from "../../src/optim/index.js";
import { scope, tensor } from "../../src/torch/index.js";
import { contextAt, create } from "./support.js";

/** The weights after each of some steps from (1, 0.5) with SGD 0.1, momentum 0.9, weight decay 1e-4. */
function trajectory(name: MinimizerName, options: Record<string, unknown>, steps: number): number[] {
  const weight = tensor([1, 0.5], { dtype: "float64" }).requiresGrad_();
  const curvature = tensor([1, 10], { dtype: "float64" });
  const base = new Sgd([weight], { momentum: 0.9, weightDecay: 1e-4 });
  const minimizer = create(name, [["weight", weight]], base, options);
  const result: number[] = [];
  for (let k = 0; k < steps; k++) {
    scope(() => {
      const evaluate = () => {
        const task = weight.square().mul(curvature).sum().mul(0.5);
        return { task, terms: { sup: task } };
      };
      minimizer.step({ evaluate, divergence: null }, contextAt(k));
      result.push(...weight.toNumbers());
    });
  }
  return result;
}

/** Weights (w1, w2) after step 1, 2, …, one after the other. */
const table: [string, MinimizerName, Record<string, unknown>, number[]][] = [
  ["SGD", "none", {}, [0.89999, -0.000005, 0.719973, -0.4500045]],
  ["SAM", "sam", {}, [0.89900942, -0.04903403, 0.71381843, -0.4701886]],
  ["ASAM adaptive", "asamAdaptive", { rho: 0.05 }, [0.89813305, -0.02321692, 0.71213994, -0.47088724]],
  ["ASAM official", "asam", {}, [0.8813936, -0.2370858, 0.65076884, -0.58952743]],
  ["GSAM", "gsam", { rhoMode: "constant" }, [0.90211907, -0.04960598, 0.72343414, -0.46540579]],
  ["F-SAM", "fsam", {}, [0.89900942, -0.04903403, 0.71829992, -0.4441386]],
  ["Fisher SAM", "fisher", { rho: 0.05 }, [0.89792207, -0.00795856, 0.7125564, -0.45128538]],
  ["SAGM", "sagm", {}, [0.89954971, -0.02201952, 0.71679715, -0.46398334]],
  ["LookSAM", "looksam", { alpha: 0.7 }, [0.89900942, -0.04903403, 0.78849852, -0.50818825]],
  ["GAM", "gam", {}, [0.89970688, -0.09971277, 0.71817858, -0.44328582]],
  ["WSAM", "wsam", {}, [0.89116477, -0.4412663, 0.70312221, -0.0089055]],
  ["MSAM", "msam", {}, [0.89999, -0.000005, 0.72585758, -0.15582837, 0.51890354, 0.05981573]],
];

describe("on a quadratic", () => {
  it.each(table)("%s", (_, name, options, expected) => {
    const got = trajectory(name, options, expected.length / 2);
    for (const [i, value] of expected.entries()) {
      expect(got[i], `w${(i % 2) + 1} after step ${Math.floor(i / 2) + 1}`).toBeCloseTo(value, 7);
    }
  });
});
