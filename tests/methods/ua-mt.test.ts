import { expect } from "vitest";
import { maskedConsistency, ssl4misLoss } from "../../src/losses/index.js";
import { networkInputs } from "../../src/methods/parts/views.js";
import { cat, noGrad, type Tensor } from "../../src/torch/index.js";
import { expectClose, tensorTest } from "../support/tensors.js";
import { at, kinds, makeBatch, Training, withTraining } from "./support.js";

const entropyOf = (p: Tensor) => p.mul(p.add(1e-6).log()).neg();

for (const kind of kinds) {
  tensorTest(`without noise the certain pixels are those of low entropy in the teacher's answer, ${kind}`, () => {
    const options = { noise: 0, passes: 2, consistencyWeight: 0.5 };
    withTraining(new Training("ua-mt", kind, { options }), (training) => {
      training.run(0, 2);
      const { method, student } = training;
      const teacher = method.networks.teacher as typeof student;
      // An almost untrained network is uncertain everywhere; larger scores make it surer of some pixels.
      noGrad(() => teacher.parameters().at(-2)?.mul_(10));
      const batch = makeBatch(kind, 9);
      const { x, y, weak } = networkInputs(batch);
      const prepared = method.prepare(batch, at(9));
      const { task, terms } = prepared.evaluate({ updateRunningStatistics: false });

      const targets = noGrad(() => teacher.forward(weak));
      const p = kind === "sigmoid" ? targets.sigmoid() : targets.softmax(1);
      const entropy =
        kind === "sigmoid" ? entropyOf(p).add(entropyOf(p.neg().add(1))) : entropyOf(p).sum(1, { keepdim: true });
      const threshold = (0.75 + 0.25 * Math.exp(-5 * 0.1 ** 2)) * Math.LN2;
      const certain = entropy.lt(threshold).to({ dtype: "float32" });
      const share = prepared.measures.certainShare.item();
      expect(share).toBeCloseTo(certain.mean().item(), 6);
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThan(1);

      const [source, target] = noGrad(() => student.forward(cat([x, weak]))).split(2);
      const sup = ssl4misLoss(source, y, kind).loss.item();
      const agreement = maskedConsistency(target, targets, certain, kind).item();
      expectClose(terms.consistency, [agreement]);
      expectClose(task, [sup + 0.5 * prepared.rampUp * agreement]);
    });
  });
}
