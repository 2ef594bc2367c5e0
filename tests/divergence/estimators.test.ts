import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import {
  type DomainDivergenceOptions,
  divergence,
  domainDivergence,
  type EstimatorId,
  type FDivergence,
} from "../../src/divergence/index.js";
import { withFrozenRunningStatistics } from "../../src/nn/index.js";
import { autocast, cat, grad, scope } from "../../src/torch/index.js";
import { comparingImages, gradientNorm, images, input, labels, networks, withNetworks } from "./networks.js";
import { everyDivergence, expectClose, named } from "./support.js";

withNetworks();

/** Divergences the estimator has a form for; all of them once, two more for the other kind of labels. */
const supported = (id: EstimatorId, kind: "sigmoid" | "softmax"): FDivergence[] =>
  everyDivergence.filter(({ id: f, params: { alpha } }) => {
    if (kind === "softmax") return f === "js" || f === "kl";
    if (id !== "gaussian") return true;
    return ["kl", "rkl", "js", "h2", "jeffreys"].includes(f) || (f === "alpha" && alpha > 0 && alpha < 1);
  });

const settings = (["sigmoid", "softmax"] as const).flatMap((kind) =>
  comparingImages.map((id): [EstimatorId, "sigmoid" | "softmax"] => [id, kind]),
);

describe.each(settings)("%s, %s", (id, kind) => {
  it.each(named(supported(id, kind)))(
    "%s: no value and no gradient between equal images, both between others",
    (_, f) => {
      scope(() => {
        const [x, u] = [images(1, 2), images(2, 2, { gain: 0.4, offset: 0.8 })];
        const estimator = domainDivergence(id, { divergence: f, kind });
        const same = estimator.evaluate({ ...input(kind, x, x), shared: undefined });
        const other = estimator.evaluate({ ...input(kind, x, u), shared: undefined });
        const least = f.range[0] * f.defaultScale;
        expect(same.shape).toEqual([]);
        // Values agree to the rounding of float32, of distributions over 64 channels at most.
        expect(Math.abs(same.item() - least)).toBeLessThan(5e-7);
        expect(gradientNorm(same, networks[kind])).toBeLessThan(1e-3 * gradientNorm(other, networks[kind]));
        expect(other.item()).toBeGreaterThan(least);
        estimator.dispose();
      });
    },
  );

  it.each(["evalBN", "shared"] as const)("%s: the same between equal views", (forward) => {
    scope(() => {
      const [x, u] = [images(1, 2), images(2, 2, { gain: 0.4, offset: 0.8 })];
      const estimator = domainDivergence(id, { divergence: divergence("js"), kind, forward });
      expect(Math.abs(estimator.evaluate(input(kind, x, x)).item())).toBeLessThan(1e-7);
      const d = estimator.evaluate(input(kind, x, u));
      expect(d.item()).toBeGreaterThan(0);
      expect(gradientNorm(d, networks[kind])).toBeGreaterThan(0);
      estimator.dispose();
    });
  });

  it("follows a descent direction: the gradient predicts the change", () => {
    scope(() => {
      const network = networks[kind];
      const given = { ...input(kind, images(1, 2), images(2, 2, { gain: 0.4, offset: 0.8 })), shared: undefined };
      // The critic's reversed gradient is the whole one from the start.
      const choice = id === "critic" ? { name: id, warmUp: 0, rate: 0.1 } : id;
      const estimator = domainDivergence(choice, { divergence: divergence("js"), kind });
      estimator.evaluate(given);
      const at = () => estimator.evaluate({ ...given, learn: false });
      const bias = network.stateDict().get("down4.maxpool_conv.1.double_conv.4.bias")!;
      const [gradient] = grad(at(), [bias]);
      const predicted = gradient.square().sum().item();
      const move = (factor: number) => bias.detach().add_(gradient.mul(factor));
      const step = 0.01 / Math.sqrt(predicted);
      move(step);
      const ahead = at().item();
      move(-2 * step);
      const behind = at().item();
      move(step);
      // The tolerance covers the second order of a finite step and rounding of small values.
      expectClose([(ahead - behind) / (2 * step)], [predicted], 0.15, 1e-7 / step);
      estimator.dispose();
    });
  });

  it("leaves running statistics and modes as found", () => {
    scope(() => {
      const network = networks[kind];
      const before = network.namedBuffers().map(([, buffer]) => [...buffer.toNumbers()]);
      for (const forward of ["joint", "evalBN"] as const) {
        const estimator = domainDivergence(id, { divergence: divergence("js"), kind, forward });
        estimator.evaluate({
          network,
          source: images(1, 2),
          target: images(2, 3),
          labels: { ...labels(kind, 3), source: labels(kind, 2).source },
        });
        estimator.dispose();
      }
      expect(network.namedBuffers().map(([, buffer]) => [...buffer.toNumbers()])).toEqual(before);
      expect(network.namedModules().every(([, module]) => module.training)).toBe(true);
    });
  });
});

describe("choices", () => {
  const given = () => input("sigmoid", images(1, 2), images(2, 2, { gain: 0.4, offset: 0.8 }));
  const make = (id: EstimatorId, options: Partial<DomainDivergenceOptions> = {}) =>
    domainDivergence(id, { divergence: divergence("js"), kind: "sigmoid", ...options });

  it("the scale is a factor, by default the divergence's own", () => {
    scope(() => {
      const [half, one] = [make("featSoftmax"), make("featSoftmax", { scale: 1 })];
      expectClose([half.evaluate(given()).item() * 2], [one.evaluate(given()).item()], 1e-6);
    });
  });

  it("the gradients of the two sides add up to that of both", () => {
    scope(() => {
      const parameters = networks.sigmoid.parameters();
      const of = (side: "both" | "source" | "target") => {
        const d = make("featSoftmax", { side }).evaluate(given());
        return { value: d.item(), gradients: grad(d, parameters, { allowUnused: true }) };
      };
      const [both, source, target] = [of("both"), of("source"), of("target")];
      expect(source.value).toBe(both.value);
      expect(target.value).toBe(both.value);
      both.gradients.forEach((gradient, i) => {
        const sum = source.gradients[i].add(target.gradients[i]);
        expect(gradient.sub(sum).abs().amax().item()).toBeLessThan(1e-5);
      });
      expect(Math.max(...source.gradients.map((one) => one.abs().amax().item()))).toBeGreaterThan(1e-3);
    });
  });

  it("a higher temperature flattens the distributions and lowers D", () => {
    scope(() => {
      const at = (tauF: number) => make("featSoftmax", { tauF }).evaluate(given()).item();
      expect(at(4)).toBeLessThan(at(1) / 4);
    });
  });

  it("BatchNorm hides the difference from separate forwards, above all in the predictions", () => {
    scope(() => {
      const ratio = (id: EstimatorId) => {
        const values = [11, 12, 13, 14, 15].map((seed) => {
          const one = input("sigmoid", images(seed, 2), images(seed + 50, 2, { gain: 0.4, offset: 0.8 }));
          return make(id).evaluate(one).item() / make(id, { forward: "shared" }).evaluate(one).item();
        });
        return values.sort((a, b) => a - b)[2];
      };
      expect(ratio("featSoftmax")).toBeGreaterThan(2);
      expect(ratio("predMarginal")).toBeGreaterThan(20);
    });
  });

  it.each([
    ["joint", true],
    ["evalBN", false],
  ] as const)(
    "%s takes BatchNorm's statistics of its own kind in whatever mode the network is",
    (forward, training) => {
      scope(() => {
        const network = networks.sigmoid;
        const [source, target] = [images(1, 2), images(2, 2, { gain: 0.4, offset: 0.8 })];
        const setMode = (mode: boolean) => {
          for (const [, module] of network.namedModules()) module.training = mode;
        };
        const inMode = (mode: boolean) => {
          setMode(mode);
          const value = make("featSoftmax", { forward }).evaluate({ network, source, target }).item();
          setMode(true);
          return value;
        };
        expect(inMode(true)).toBe(inMode(false));
        // What the network gives in that mode for all images together.
        setMode(training);
        const encoded = withFrozenRunningStatistics(network, () => network.encode(cat([source, target])));
        setMode(true);
        const [p, q] = encoded[encoded.length - 1].split(2).map((maps) => ({ logits: maps, bottleneck: maps }));
        const shared = make("featSoftmax", { forward: "shared" });
        const wanted = shared.evaluate({ network, source, target, shared: { source: p, target: q } }).item();
        expectClose([inMode(true)], [wanted], 1e-6);
      });
    },
  );

  it("under autocast the divergence itself stays in float32", () => {
    scope(() => {
      for (const id of comparingImages) {
        const estimators = [make(id), make(id)];
        const full = estimators[0].evaluate(given());
        const mixed = autocast("bf16", "cpu", () => estimators[1].evaluate(given()));
        expect(mixed.dtype).toBe("float32");
        expectClose([mixed.item()], [full.item()], 0.2, 1e-5);
        for (const estimator of estimators) estimator.dispose();
      }
    });
  });

  it("says what the method would have to keep", () => {
    scope(() => {
      const { labels: _, ...bare } = given();
      const logitsOnly = {
        source: { logits: bare.shared!.source.logits },
        target: { logits: bare.shared!.target.logits },
      };
      const bottleneck = () => make("gaussian", { forward: "shared" }).evaluate({ ...bare, shared: logitsOnly });
      expect(bottleneck).toThrow(UsageError);
      expect(bottleneck).toThrow(/"shared" needs the bottleneck of a labelled and an unlabelled view/);
      const one = { source: bare.shared!.source, target: logitsOnly.target };
      expect(() => make("gaussian", { forward: "shared" }).evaluate({ ...bare, shared: one })).toThrow(UsageError);
      expect(() => make("featProto").evaluate(bare)).toThrow(/featProto needs labels of the source and pseudo-labels/);
      expect(
        make("predMarginal", { forward: "shared" })
          .evaluate({ ...bare, shared: logitsOnly })
          .item(),
      ).toBeGreaterThan(0);
    });
  });
});
