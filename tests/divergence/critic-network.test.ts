/** The critic's network on weights small enough to work out on paper: its outputs, its steps and its first weights. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { CriticNetwork, type CriticSettings } from "../../src/divergence/estimators/critic-network.js";
import { divergence, domainDivergence, estimators } from "../../src/divergence/index.js";
import { scope, type Tensor } from "../../src/torch/index.js";
import { networks, withNetworks } from "./networks.js";
import { double, expectClose } from "./support.js";

withNetworks();

const settings: CriticSettings = { hidden: 1, rate: 0.1, momentum: 0.5, clip: 10, seed: 3, start: 0.2 };

/** The state of v = o·relu(w·x + b) + c after `updates` steps, at rest. */
function state([w, b, o, c]: number[], updates = 0): Map<string, Tensor> {
  const named = { "hidden.weight": double([[w]]), "hidden.bias": double([b]), "out.weight": double([[o]]) };
  const weights = Object.entries({ ...named, "out.bias": double([c]) });
  return new Map([
    ...weights.map(([name, tensor]) => [`critic.${name}`, tensor] as const),
    ...weights.map(([name, tensor]) => [`velocity.${name}`, tensor.mul(0)] as const),
    ["updates", double([updates])],
  ]);
}

function loaded(weights: number[], changes: Partial<CriticSettings> = {}): CriticNetwork {
  const network = new CriticNetwork({ ...settings, ...changes });
  network.load(state(weights));
  return network;
}

const weightsOf = (network: CriticNetwork, kind = "critic") =>
  ["hidden.weight", "hidden.bias", "out.weight", "out.bias"].map((name) =>
    (network.state().get(`${kind}.${name}`) as Tensor).item(),
  );

describe("outputs", () => {
  it("are one number per row, of two layers with a rectifier between", () => {
    scope(() => {
      const network = loaded([2, -1, 3, 0.5]);
      const scores = network.scores(double([[1], [0.25], [2]]));
      expect(scores.shape).toEqual([3]);
      expectClose([...scores.toNumbers()], [3.5, 0.5, 9.5], 1e-12);
      expect(network.scores(double([[1]])).shape).toEqual([1]);
      network.dispose();
    });
  });

  it("are cut at ±10", () => {
    scope(() => {
      const network = loaded([1, 0, 4, 0]);
      expect([...network.scores(double([[2.4], [2.6]])).toNumbers()]).toEqual([expect.closeTo(9.6, 12), 10]);
      network.dispose();
      const below = loaded([1, 0, -4, 0]);
      expect([...below.scores(double([[2.4], [2.6]])).toNumbers()]).toEqual([expect.closeTo(-9.6, 12), -10]);
      below.dispose();
    });
  });
});

describe("a step", () => {
  // Mean output of {2, 4} minus that of {1}: 2·o·w, whose gradient is 2o in w, 2w in o and 0 in both biases.
  const bound = (fromP: Tensor, fromQ: Tensor) => fromP.mean().sub(fromQ.mean());
  const ascend = (network: CriticNetwork) => network.ascend(double([[2], [4]]), double([[1]]), bound);

  it("follows the gradient with Nesterov's momentum", () => {
    scope(() => {
      const network = loaded([1, 0, 0.5, 0.2]);
      ascend(network);
      expectClose(weightsOf(network), [1 + 0.1 * 1.5, 0, 0.5 + 0.1 * 3, 0.2], 1e-12);
      ascend(network);
      // Gradients (1.6, 2.3), velocities ½·(1, 2) + (1.6, 2.3).
      expectClose(weightsOf(network), [1.15 + 0.1 * (1.6 + 1.05), 0, 0.8 + 0.1 * (2.3 + 1.65), 0.2], 1e-12);
      expectClose(weightsOf(network, "velocity"), [2.1, 0, 3.3, 0], 1e-12);
      expect(network.updates).toBe(2);
      network.dispose();
    });
  });

  it("cuts gradients that are longer than clip, and only those", () => {
    scope(() => {
      const norm = Math.sqrt(5);
      for (const [clip, cut] of [
        [1, 1 / norm],
        [norm + 1e-9, 1],
      ]) {
        const network = loaded([1, 0, 0.5, 0.2], { clip });
        ascend(network);
        expectClose(weightsOf(network), [1 + 0.15 * cut, 0, 0.5 + 0.3 * cut, 0.2], 1e-9);
        network.dispose();
      }
    });
  });

  it("moves nothing where the gradient is not finite, but counts", () => {
    scope(() => {
      const network = loaded([1, 0, 0.5, 0.2]);
      network.ascend(double([[2], [4]]), double([[1]]), (fromP, fromQ) => bound(fromP, fromQ).mul(Number.NaN));
      expect([...weightsOf(network), network.updates]).toEqual([1, 0, 0.5, 0.2, 1]);
      expect(weightsOf(network, "velocity")).toEqual([0, 0, 0, 0]);
      network.dispose();
    });
  });
});

describe("first weights", () => {
  it("are uniform by fan-in below and give the start everywhere", () => {
    scope(() => {
      const network = new CriticNetwork({ ...settings, hidden: 40 });
      expect(network.updates).toBe(0);
      expect(network.state().size).toBe(0);
      expectClose([...network.scores(double([Array(16).fill(3), Array(16).fill(-1)])).toNumbers()], [0.2, 0.2], 1e-12);
      const kept = network.state();
      const values = (name: string) => [...(kept.get(name) as Tensor).toNumbers()];
      expect((kept.get("critic.hidden.weight") as Tensor).shape).toEqual([40, 16]);
      for (const name of ["critic.hidden.weight", "critic.hidden.bias"]) {
        expect(Math.max(...values(name).map(Math.abs))).toBeLessThanOrEqual(1 / 4);
        for (const sign of [1, -1]) expect(Math.max(...values(name).map((value) => sign * value))).toBeGreaterThan(0.2);
      }
      expect(values("critic.out.weight")).toEqual(Array(40).fill(0));
      expect([...values("critic.out.bias"), ...values("updates")]).toEqual([0.2, 0]);
      expect(kept.size).toBe(9);
      for (const [name, value] of kept)
        if (name.startsWith("velocity.")) expect(value.abs().amax().item(), name).toBe(0);
      network.dispose();
    });
  });

  it("belong to one number of channels", () => {
    scope(() => {
      const network = loaded([1, 0, 1, 0]);
      expect(() => network.scores(double([[1, 2]]))).toThrow("critic: its weights are for 1 channels, not 2");
      network.dispose();
    });
  });

  it("are replaced by a saved state, which must be whole and hold nothing else", () => {
    scope(() => {
      const network = loaded([1, 0, 1, 0]);
      const without = state([1, 2, 3, 4]);
      without.delete("velocity.out.bias");
      expect(() => network.load(without)).toThrow("the saved state lacks velocity.out.bias");
      const foreign = state([1, 2, 3, 4]).set("momentum", double([1]));
      expect(() => network.load(foreign)).toThrow("the saved state has momentum");
      expect(weightsOf(network)).toEqual([1, 0, 1, 0]);
      network.load(state([1, 2, 3, 4], 7));
      expect([...weightsOf(network), network.updates]).toEqual([1, 2, 3, 4, 7]);
      network.load(new Map());
      expect([network.state().size, network.updates]).toEqual([0, 0]);
    });
  });
});

describe("the estimator", () => {
  it("judges image means or positions, through the divergence's own activation and scale", () => {
    scope(() => {
      // Two images of two positions in one channel, v = x: kl's bound is mean v(P) − mean e^{v(Q) − 1}.
      const map = (values: number[][]) => double(values.map((row) => [[row]]));
      const [source, target] = [
        map([
          [1, 3],
          [0, 2],
        ]),
        map([
          [0, 1],
          [2, 1],
        ]),
      ];
      const evaluate = (rows: string, scale?: number) => {
        const choices = { divergence: divergence("kl"), kind: "softmax", forward: "shared", scale } as const;
        const estimator = domainDivergence({ name: "critic", rows, hidden: 1 }, choices);
        estimator.loadState(state([1, 0, 1, 0]));
        const view = (maps: Tensor) => ({ logits: maps, bottleneck: maps });
        const shared = { source: view(source), target: view(target) };
        const given = { network: networks.softmax, source, target, shared, learn: false };
        const value = estimator.evaluate(given).item();
        estimator.dispose();
        return value;
      };
      const e = Math.exp;
      const pooled = 1.5 - (e(-0.5) + e(0.5)) / 2;
      expect(evaluate("pooled")).toBeCloseTo(pooled, 12);
      expect(evaluate("pooled", 3)).toBeCloseTo(3 * pooled, 12);
      expect(evaluate("positions")).toBeCloseTo(1.5 - (e(-1) + 2 * e(0) + e(1)) / 4, 12);
    });
  });

  it("has the settings of nv-tlabs/fDAL by default, within their ranges", () => {
    const options = z.strictObject(estimators.critic.options ?? {});
    const defaults = { hidden: 256, rate: 0.015, momentum: 0.9, clip: 10, reversal: 1, warmUp: 1000 };
    expect(options.parse({})).toEqual({ rows: "pooled", ...defaults });
    for (const within of [
      { hidden: 1 },
      { rate: 1e-9 },
      { momentum: 0 },
      { clip: 1e-9 },
      { reversal: 1e-9 },
      { warmUp: 0 },
    ])
      expect(options.parse(within)).toMatchObject(within);
    for (const beyond of [
      { hidden: 0 },
      { rate: 0 },
      { momentum: 1 },
      { momentum: -0.1 },
      { clip: 0 },
      { reversal: 0 },
      { warmUp: -1 },
    ])
      expect(() => options.parse(beyond), JSON.stringify(beyond)).toThrow(Object.keys(beyond)[0]);
  });
});
