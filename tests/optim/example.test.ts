/** The worked example of docs/add-an-optimiser.md is the code that runs here, and it is short. */
import { describe, expect, it } from "vitest";
import { Sgd } from "../../src/optim/index.js";
import { scope } from "../../src/torch/index.js";
import { expectWorkedExample } from "../support/worked-example.js";
import { signSam } from "./example-sign-sam.js";
import { Bench, contextAt, everything, SmallNetwork, ToyObjective } from "./support.js";

function run(options: Record<string, unknown>) {
  const network = new SmallNetwork();
  const base = new Sgd(network.parameters(), { momentum: 0.9, weightDecay: 1e-3 });
  const minimizer = signSam.create(network.namedParameters(), base, signSam.options.parse(options));
  return scope(() => {
    const objective = new ToyObjective(network, 0);
    minimizer.step(objective, contextAt(0));
    return { passes: objective.passes, state: everything(network) };
  });
}

describe("the worked example", () => {
  it("is the one in the documentation: one short file and one line", () => {
    expectWorkedExample("add-an-optimiser.md", "tests/optim/example-sign-sam.ts", "src/optim/registry.ts");
  });

  it("moves every weight by rho and returns", () => {
    const [clean, perturbed] = run({ rho: 0.01 }).passes;
    const moves = new Set(clean.weights.map((weight, i) => Math.abs(perturbed.weights[i] - weight).toFixed(5)));
    expect([...moves]).toEqual(["0.01000"]);
  });

  it("is its base optimiser with rho = 0", () => {
    expect(run({ rho: 0 }).state).toEqual(everything(new Bench("none").run(0, 1).network));
  });
});
