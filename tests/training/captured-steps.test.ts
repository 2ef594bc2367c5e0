/** Steps that are captured once and repeated leave the same weights, state and numbers as steps that are not, to the bit. */
import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { type MethodEntry, type MethodName, methods } from "../../src/methods/index.js";
import { type MinimizerEntry, type MinimizerName, minimizers } from "../../src/optim/index.js";
import { scope, trafficOf } from "../../src/torch/index.js";
import { CapturedSteps } from "../../src/training/steps/captured-steps.js";
import { UnreadSteps } from "../../src/training/steps/unread-steps.js";
import { at, kinds, makeBatch, Training, withTraining } from "../methods/support.js";

const capturableMethods = Object.entries<MethodEntry>(methods as never)
  .filter(([, { capturable }]) => capturable)
  .map(([name]) => name as MethodName);
const capturableMinimizers = Object.entries<MinimizerEntry>(minimizers as never)
  .filter(([, { capturable, options }]) => capturable?.(options.parse({})))
  .map(([name]) => name as MinimizerName);

const [steps, maxIterations] = [12, 20];
/** Steps whose numbers are logged are not captured. */
const isLogged = (iteration: number) => iteration === 0 || iteration === 9;

type Options = NonNullable<ConstructorParameters<typeof Training>[2]>;

/** What a run of several steps leaves: its checkpoint, and the task loss and norms of each unlogged step. */
function runOf(method: MethodName, kind: (typeof kinds)[number], options: Options, captures: boolean) {
  let files = new Map<string, Uint8Array>();
  const losses: number[][] = [];
  withTraining(new Training(method, kind, options), (training) => {
    using captured = new CapturedSteps(training.parts);
    for (let iteration = 0; iteration < steps; iteration++) {
      const unread = new UnreadSteps();
      const place = { ...at(iteration, maxIterations), measure: isLogged(iteration), deferred: true };
      scope(() => {
        const report =
          captures && !place.measure
            ? captured.step(makeBatch(kind, iteration), { ...place, baseRate: 0.03 })
            : training.step(iteration, () => makeBatch(kind, iteration), place);
        unread.keep(iteration, report);
        unread.read((own) => own);
        losses.push([report.task, report.ascentNorm, report.updateNorm, report.perturbedNorm, report.rho]);
      });
    }
    files = training.save();
  });
  return { losses, files };
}

function expectSame(method: MethodName, kind: (typeof kinds)[number], options: Options): void {
  const [eager, captured] = [false, true].map((captures) => runOf(method, kind, options, captures));
  expect(captured.losses).toEqual(eager.losses);
  for (const [file, bytes] of eager.files)
    expect(Buffer.compare(captured.files.get(file) as Uint8Array, bytes), file).toBe(0);
}

it("the methods and optimisers that can be captured are known", () => {
  expect([...capturableMethods].sort()).toEqual(["cps", "fixmatch", "mean-teacher", "midss", "supervised"]);
  expect(capturableMinimizers).toContain("dim");
});

describe.each(kinds)("on %s targets", (kind) => {
  it.each(capturableMethods)("%s under DiM", (method) => {
    expectSame(method, kind, { optimizer: "dim" });
  });
});

it.each(capturableMinimizers)("MiDSS under %s", (optimizer) => {
  expectSame("midss", "sigmoid", { optimizer });
});

it.each(["unet-ssl4mis", "deep"] as const)("the network %s, with dropout or outputs of several depths", (model) => {
  expectSame("midss", "softmax", { optimizer: "sam", model });
});

it("DiM whose steps begin to perturb on the way is captured in both forms", () => {
  expectSame("midss", "sigmoid", { optimizer: "dim", settings: { startFraction: 0.3 } });
});

it("a repeated step reads nothing of the device, and sends what the host decides alone", () => {
  withTraining(new Training("midss", "sigmoid", { optimizer: "dim" }), (training) => {
    using captured = new CapturedSteps(training.parts);
    scope(() => {
      const batch = makeBatch("sigmoid", 1);
      const step = (iteration: number) => {
        const place = { ...at(iteration, maxIterations), baseRate: 0.03, measure: false, deferred: true };
        captured.step(batch, place);
      };
      for (const iteration of [1, 2, 3, 4]) step(iteration);
      // Draws of MiDSS, of restyled images, and the numbers.
      expect(trafficOf(() => step(5))).toEqual({ reads: 0, uploads: 3, waits: {} });
    });
  });
});

it("a captured step that finds a NaN says so in the step that it began in", () => {
  withTraining(new Training("midss", "sigmoid", { optimizer: "sam" }), (training) => {
    using captured = new CapturedSteps(training.parts);
    const unread = new UnreadSteps();
    scope(() => {
      for (let iteration = 0; iteration < 7; iteration++) {
        const batch = makeBatch("sigmoid", iteration);
        if (iteration === 5) batch.labelled.images.mul_(Number.NaN);
        const place = { ...at(iteration, maxIterations), baseRate: 0.03, measure: false, deferred: true };
        unread.keep(iteration, captured.step(batch, place));
      }
      const { broken } = unread.read((own) => own);
      expect(broken).toEqual({ iteration: 5, what: { pass: "clean", quantity: "loss term sup" } });
    });
  });
});
