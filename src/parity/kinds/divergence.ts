/** Kind `divergence`: f-divergences of discrete distributions, Gaussians and critics (method section 5). */
import * as divergences from "../../divergence/index.js";
import { grad, type Tensor } from "../../torch/index.js";
import type { Computed, GoldenCase } from "../golden-case.js";

const leaf = (testCase: GoldenCase, name: string): Tensor => testCase.tensor(name).requiresGrad_();

function familyOf({ params }: GoldenCase): divergences.FDivergence {
  const { f, alpha, pi } = params;
  const given = Object.entries({ alpha, pi }).filter(([, value]) => value !== undefined);
  return divergences.divergence(f, Object.fromEntries(given));
}

function discrete(testCase: GoldenCase): Computed {
  const f = familyOf(testCase);
  const values: number[] = [];
  const computed: Computed = new Map([["value", values]]);
  const evaluate = (suffix: string, floor: number): { value: number; gradients: Float64Array[] } => {
    const [p, q] = [leaf(testCase, `p${suffix}`), leaf(testCase, `q${suffix}`)];
    const value = divergences.discreteDivergence(f, p, q, { floor });
    return { value: value.item(), gradients: grad(value, [p, q]).map((gradient) => gradient.toNumbers()) };
  };
  testCase.params.pairs.forEach((_: unknown, i: number) => {
    const { value, gradients } = evaluate(String(i), 0);
    values.push(value);
    computed.set(`grad_p${i}`, gradients[0]).set(`grad_q${i}`, gradients[1]);
  });
  const { value, gradients } = evaluate("_zero", testCase.params.floor);
  computed.set("value_floored", [value]);
  return computed.set("grad_p_through_floor", gradients[0]).set("grad_q_through_floor", gradients[1]);
}

function variational(testCase: GoldenCase): Computed {
  const f = familyOf(testCase);
  const [fromP, fromQ] = [leaf(testCase, "v_s"), leaf(testCase, "v_t")];
  const bound = divergences.variationalBound(f, fromP, fromQ);
  const ratio = divergences.ratioBound(f, fromP, fromQ);
  const [boundP, boundQ] = grad(bound, [fromP, fromQ]);
  const [ratioP, ratioQ] = grad(ratio, [fromP, fromQ]);
  const tensors: Record<string, Tensor> = {
    T_s: f.activation(fromP),
    T_t: f.activation(fromQ),
    fstar_t: f.conjugate(f.activation(fromQ)),
    bound,
    grad_v_s: boundP,
    grad_v_t: boundQ,
    ratio_bound: ratio,
    ratio_grad_v_s: ratioP,
    ratio_grad_v_t: ratioQ,
  };
  return new Map(Object.entries(tensors).map(([name, tensor]) => [name, tensor.toNumbers()]));
}

/** One output by its name in the case: "bc", "kl", "renyi_0.3" … */
function gaussianValue(name: string, p: divergences.Gaussian, q: divergences.Gaussian): Tensor {
  if (name === "bc") return divergences.bhattacharyyaCoefficient(p, q);
  const [id, order] = name.split("_");
  const options = order === undefined ? {} : { order: Number(order) };
  return divergences.gaussianDivergence(id as divergences.GaussianDivergenceId, p, q, options);
}

function gaussian(testCase: GoldenCase): Computed {
  const spread = testCase.params.covariance === "diagonal" ? "var" : "cov";
  const make = spread === "var" ? divergences.diagonalGaussian : divergences.fullGaussian;
  const names = ["mu1", `${spread}1`, "mu2", `${spread}2`];
  const inputs = names.map((name) => leaf(testCase, name));
  const [p, q] = [make(inputs[0], inputs[1]), make(inputs[2], inputs[3])];
  const computed: Computed = new Map();
  for (const output of testCase.outputNames.filter((name) => !name.startsWith("grad_"))) {
    const value = gaussianValue(output, p, q);
    computed.set(output, value.toNumbers());
    if (!testCase.outputNames.includes(`grad_${output}.mu1`)) continue;
    grad(value, inputs).forEach((gradient, i) => {
      computed.set(`grad_${output}.${names[i]}`, gradient.toNumbers());
    });
  }
  return computed;
}

const forms: Record<string, (testCase: GoldenCase) => Computed> = { discrete, gaussian, variational };

export function divergence(testCase: GoldenCase): Computed | null {
  return forms[testCase.params.form]?.(testCase) ?? null;
}
