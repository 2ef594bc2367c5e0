/** The critic under whole methods: one update per step, resumed to the bit, and without a say where λ is 0. */
import { expect, it } from "vitest";
import { perturbations } from "../../src/optim/index.js";
import { tensorFromBytes } from "./state-file.js";
import { Training, withTraining } from "./support.js";

const divergence = { estimator: { name: "critic", hidden: 16 } };
const dim = (settings: object) => ({ optimizer: "dim-features", settings: { divergence, ...settings } }) as const;

function expectSame(got: ReadonlyMap<string, Uint8Array>, wanted: ReadonlyMap<string, Uint8Array>): void {
  expect([...got.keys()]).toEqual([...wanted.keys()]);
  for (const [file, bytes] of wanted) expect(Buffer.compare(got.get(file) as Uint8Array, bytes), file).toBe(0);
}

it.each(perturbations)("continues with the same bits, having learnt once per step (%s)", (perturbWith) => {
  let [middle, wanted] = [new Map<string, Uint8Array>(), new Map<string, Uint8Array>()];
  withTraining(new Training("midss", "sigmoid", dim({ perturbWith })), (training) => {
    const first = training.run(0, 3);
    middle = training.save();
    const reports = [...first, ...training.run(3, 5)];
    wanted = training.save();
    for (const { nonFinite, divergence, perturbedDivergence, perturbationNorm } of reports) {
      expect(nonFinite).toBeUndefined();
      expect([divergence, perturbedDivergence].every(Number.isFinite)).toBe(true);
      // The length is that of the network's perturbation alone: nothing of the critic is in it. The reversed gradient
      // begins so small that 1e-12 beside its norm shows.
      expect(perturbationNorm).toBeCloseTo(0.05, 4);
    }
    expect(tensorFromBytes(wanted.get("divergence.safetensors"), "updates")).toEqual([5]);
  });
  withTraining(new Training("midss", "sigmoid", { ...dim({ perturbWith }), seed: 77 }), (training) => {
    training.load(middle);
    training.run(3, 5);
    expectSame(training.save(), wanted);
  });
});

/** Student, teacher and optimiser after three steps; the critic is a file of its own. */
function after(options: ConstructorParameters<typeof Training>[2]): Map<string, Uint8Array> {
  let files = new Map<string, Uint8Array>();
  withTraining(new Training("midss", "softmax", options), (training) => {
    training.run(0, 3);
    files = training.save();
  });
  for (const name of ["divergence.safetensors", "optimizer.safetensors"]) files.delete(name);
  return files;
}

it("rho = 0 and lambda = 0 is the method alone, lambda = 0 is SAM, to the bit", () => {
  expectSame(after(dim({ rho: 0, lambda: 0 })), after({ optimizer: "none" }));
  expectSame(after(dim({ lambda: 0 })), after({ optimizer: "sam" }));
});

it("trains under supervised, mean-teacher and bcp, on strong views and on positions", () => {
  const settings = { divergence: { estimator: { name: "critic", rows: "positions", hidden: 8 }, view: "strong" } };
  for (const name of ["supervised", "mean-teacher", "bcp"] as const) {
    withTraining(new Training(name, "softmax", { optimizer: "sdat", settings }), (training) => {
      for (const { nonFinite, perturbedDivergence } of training.run(0, 3)) {
        expect(nonFinite).toBeUndefined();
        expect(perturbedDivergence).toBeGreaterThan(0);
      }
    });
  }
});
