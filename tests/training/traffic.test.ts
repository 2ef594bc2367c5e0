/**
 * What a training step moves between host and device, views and teacher included: on a GPU each read and each upload
 * waits for all work before it, and none of them can be part of a captured graph.
 */
import { describe, expect, it } from "vitest";
import { mriProfile, planar8bit, planarAugmenter } from "../../src/augment/index.js";
import type { Dataset } from "../../src/data/dataset.js";
import type { DecodedCase } from "../../src/data/decode.js";
import { estimatorIds } from "../../src/divergence/estimators/registry.js";
import { makeGrid } from "../../src/grid/grid.js";
import { type MethodName, methods } from "../../src/methods/index.js";
import { type MinimizerName, minimizers, perturbations } from "../../src/optim/index.js";
import { scope, sendTogether, type Traffic, tensor, trafficOf } from "../../src/torch/index.js";
import { Batches } from "../../src/training/batches/batches.js";
import { pixels } from "../data/tiny.js";
import { makeBatch, Training, withTraining } from "../methods/support.js";

type Choice = NonNullable<ConstructorParameters<typeof Training>[2]>;

/** A batch whose views are drawn and made in the step. */
function viewsOf(iteration: number) {
  const { labelled, unlabelled } = makeBatch("sigmoid", iteration);
  const augmenter = planarAugmenter(mriProfile);
  const key = (purpose: string) => ({ seed: 3, iteration, purpose });
  const plans = sendTogether("cpu", (pack) => ({
    labelled: augmenter.labelled(pack, labelled.images.shape, key("labelled")),
    unlabelled: augmenter.unlabelled(pack, labelled.images.shape, key("unlabelled")),
  }));
  return {
    labelled: plans.labelled(labelled.images, labelled.labels),
    unlabelled: plans.unlabelled(unlabelled?.weak ?? labelled.images),
  };
}

/** The traffic of the fourth step, whose numbers are left on the device; the first ones may be special. */
function trafficOfStep(method: MethodName, choice: Choice = {}): Traffic {
  let traffic: Traffic | null = null;
  withTraining(new Training(method, "sigmoid", choice), (training) => {
    const step = (iteration: number) => {
      const how = { measure: false, deferred: true };
      expect(training.step(iteration, () => viewsOf(iteration), how).nonFinite).toBeUndefined();
    };
    for (let iteration = 3; iteration < 6; iteration++) step(iteration);
    traffic = trafficOf(() => step(6));
  });
  return traffic as unknown as Traffic;
}

/** A case of the made-up set that `batches` draws from. */
function caseOf(seed: number): DecodedCase {
  const grid = makeGrid("made up", [16, 16]);
  const label = Uint8Array.from({ length: 256 }, (_, i) => Number(i % 16 < 8));
  return { image: pixels(256, seed), channels: 1, wide: false, stored: grid, working: grid, label };
}

const nowhere = { length: 0, get: async () => [] };
const batches = new Batches({
  dataset: { target: "softmax", outputs: 2, labels: { kind: "indices", classes: {} } } as unknown as Dataset,
  draws: { labelled: nowhere, unlabelled: nowhere, domains: [] },
  ...{ labelledBatch: 2, unlabelledBatch: 2, seed: 3, device: "cpu", normalisation: planar8bit },
  augmenter: planarAugmenter(mriProfile),
});

const nothing = { reads: 0, waits: {} };
const readsOf = ({ reads, waits }: Traffic) => ({ reads, waits });

describe("a step that is not logged reads nothing from the device", () => {
  const optimisers = (Object.keys(minimizers) as MinimizerName[]).filter((name) => name !== "esam");
  it.each(optimisers)("MiDSS under %s", (optimizer) => {
    expect(readsOf(trafficOfStep("midss", { optimizer }))).toEqual(nothing);
  });

  it.each(perturbations)("MiDSS under DiM with perturbWith: %s", (perturbWith) => {
    expect(readsOf(trafficOfStep("midss", { optimizer: "dim", settings: { perturbWith, startFraction: 0 } }))).toEqual(
      nothing,
    );
  });

  it("nor where radius and weight follow losses and gradients", () => {
    const settings = { rhoMode: "loss", balance: 0.1, renormalise: true, perturb: "norm" };
    expect(readsOf(trafficOfStep("midss", { optimizer: "dim", settings }))).toEqual(nothing);
  });

  it.each(estimatorIds.filter((name) => name !== "featCode"))("MiDSS under DiM with the estimator %s", (name) => {
    const settings = { divergence: { estimator: { name } } };
    expect(readsOf(trafficOfStep("midss", { optimizer: "dim", settings }))).toEqual(nothing);
  });

  const all = Object.keys(methods) as MethodName[];
  it.each(all.filter((name) => !Object.hasOwn(readers, name)))("%s under SAM", (name) => {
    expect(readsOf(trafficOfStep(name, { optimizer: "sam" }))).toEqual(nothing);
  });
});

/** Methods that look at values on the host: for shapes that depend on them, or for choices. */
const readers: Partial<Record<MethodName, object>> = {
  // Label maps, whose largest component is found on the host.
  bcp: { reads: 1, waits: {} },
  // Whether its coefficients were ever fitted, until they are.
  caussl: { reads: 1, waits: {} },
  // The features of each class, as many as there are.
  "ss-net": { reads: 5, waits: { "aten::nonzero": 6 } },
  // How hard each image is, by which the next ones are chosen.
  "ust-run": { reads: 3, waits: {} },
};

describe("a step reads what it has to", () => {
  it.each(Object.keys(readers) as MethodName[])("%s", (name) => {
    expect(readsOf(trafficOfStep(name, { optimizer: "sam" }))).toEqual(readers[name]);
  });

  it("the losses by which ESAM chooses samples, before and after", () => {
    expect(readsOf(trafficOfStep("midss", { optimizer: "esam" }))).toEqual({ reads: 2, waits: {} });
  });

  it("whether codes are in range, which libtorch looks at on a processor only", () => {
    const settings = { divergence: { estimator: { name: "featCode" } } };
    const waits = { "aten::_local_scalar_dense": 2 };
    expect(readsOf(trafficOfStep("midss", { optimizer: "dim", settings }))).toEqual({ reads: 0, waits });
  });

  it("everything in one, where the caller decides by it before the update", () => {
    withTraining(new Training("midss", "sigmoid", { optimizer: "dim" }), (training) => {
      for (const measure of [true, false, true]) {
        const { reads, waits } = trafficOf(() => void training.step(4, undefined, { measure }));
        expect({ reads, waits }).toEqual({ reads: 1, waits: {} });
      }
    });
  });
});

describe("what a step needs of the host goes over at once", () => {
  const uploads = (method: MethodName, choice: Choice = {}) => trafficOfStep(method, choice).uploads;
  /** One for all views of a step, and one for the boxes and ratios of these methods. */
  const withDraws: Partial<Record<MethodName, number>> = {
    midss: 2,
    "fixmatch-cutmix": 2,
    // Beside its box the label maps that it looked at on the host.
    bcp: 3,
    // Which images it pastes and keeps, box after box.
    "ust-run": 7,
  };
  it.each(Object.keys(methods) as MethodName[])("%s", (name) => {
    expect(uploads(name, { optimizer: "sam" })).toBe(withDraws[name] ?? 1);
  });

  it("ESAM's choices: each sample before and after, and those that it keeps", () => {
    // Two samples.
    expect(uploads("midss", { optimizer: "esam" })).toBe(2 + 2 * 2 + 1);
  });

  it.each(estimatorIds)("MiDSS under DiM with the estimator %s", (name) => {
    const settings = { divergence: { estimator: { name } } };
    // Restyled images have draws of their own.
    expect(uploads("midss", { optimizer: "dim", settings })).toBe(name === "restyled" ? 3 : 2);
  });

  it("images and labels with the numbers of their views", () => {
    const decoded = { iteration: 2, labelled: [caseOf(1), caseOf(2)], unlabelled: [caseOf(3), caseOf(4)] };
    const traffic = trafficOf(() =>
      scope(() => {
        const { labelled, unlabelled } = batches.assemble(decoded);
        expect(labelled.images.shape).toEqual([2, 1, 16, 16]);
        expect(labelled.labels.shape).toEqual([2, 16, 16]);
        expect(unlabelled?.strong.shape).toEqual([2, 1, 16, 16]);
      }),
    );
    expect(traffic).toEqual({ reads: 0, uploads: 1, waits: {} });
  });
});

describe("the counter", () => {
  it("sees reads, uploads, and what libtorch reads by itself", () => {
    scope(() => {
      const x = tensor([3, 0, 4]);
      expect(trafficOf(() => void x.add(1))).toEqual({ reads: 0, uploads: 0, waits: {} });
      expect(trafficOf(() => void tensor([x.sum().item()]))).toEqual({ reads: 1, uploads: 1, waits: {} });
      expect(trafficOf(() => void x.nonzero())).toEqual({ reads: 0, uploads: 0, waits: { "aten::nonzero": 1 } });
    });
  });
});
