/** What every registered method must do, under plain training, SAM and DiM, on overlapping and exclusive classes. */
import { describe, expect, it } from "vitest";
import { type MethodName, methods } from "../../src/methods/index.js";
import { liveTensors, manualSeed, scope } from "../../src/torch/index.js";
import { at, kinds, makeBatch, Training, withTraining } from "./support.js";

const names = Object.keys(methods) as MethodName[];
const cases = names.flatMap((name) => kinds.map((kind) => [name, kind] as const));

describe.each(cases)("%s on %s targets", (name, kind) => {
  it.each(["none", "sam", "dim"] as const)("has finite losses over three steps of %s", (optimizer) => {
    const before = liveTensors();
    withTraining(new Training(name, kind, { optimizer }), (training) => {
      training.step(0);
      const kept = liveTensors();
      const reports = [...training.run(1, 2), ...training.run(2, 3)];
      for (const report of reports) {
        expect(report.nonFinite).toBeUndefined();
        expect(Object.values(report.terms).every(Number.isFinite)).toBe(true);
        expect(report.terms).toHaveProperty("sup");
        expect(report.updateNorm).toBeGreaterThan(0);
      }
      expect(liveTensors(), "tensors kept from step to step").toBe(kept);
    });
    expect(liveTensors(), "tensors left after disposal").toBe(before);
  });

  it("continues with the same bits from a checkpoint", () => {
    let wanted: Map<string, Uint8Array> = new Map();
    let middle: Map<string, Uint8Array> = new Map();
    withTraining(new Training(name, kind, { optimizer: "dim" }), (training) => {
      training.run(0, 2);
      middle = training.save();
      training.run(2, 4);
      wanted = training.save();
    });
    withTraining(new Training(name, kind, { optimizer: "dim", seed: 77 }), (training) => {
      training.load(middle);
      training.run(2, 4);
      const got = training.save();
      expect([...got.keys()]).toEqual([...wanted.keys()]);
      for (const [file, bytes] of wanted) expect(Buffer.compare(got.get(file) as Uint8Array, bytes), file).toBe(0);
    });
  });

  it("evaluates to the same losses again at the same weights, moving running statistics only when told to", () => {
    withTraining(new Training(name, kind), (training) => {
      training.run(0, 2);
      scope(() => {
        manualSeed(1);
        const prepared = training.method.prepare(makeBatch(kind, 9), at(9));
        const buffers = () => training.student.namedBuffers().flatMap(([, buffer]) => [...buffer.toNumbers()]);
        const still = buffers();
        const first = prepared.evaluate({ updateRunningStatistics: false });
        expect(buffers()).toEqual(still);
        const second = prepared.evaluate({ updateRunningStatistics: true });
        expect(second.task.item()).toBe(first.task.item());
        expect(buffers()).not.toEqual(still);
      });
    });
  });
});
