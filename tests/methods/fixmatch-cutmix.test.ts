import { expect } from "vitest";
import { crossEntropy, pseudoLabels } from "../../src/losses/index.js";
import { networkInputs } from "../../src/methods/parts/views.js";
import { inEvaluationMode } from "../../src/nn/index.js";
import { cat, noGrad } from "../../src/torch/index.js";
import { expectClose, tensorTest } from "../support/tensors.js";
import { at, kinds, makeBatch, Training, withTraining } from "./support.js";

for (const kind of kinds) {
  tensorTest(`without boxes the strong views learn the student's own labels, ${kind}`, () => {
    const options = { cutMixProbability: 0, confidenceThreshold: 0.51 };
    withTraining(new Training("fixmatch-cutmix", kind, { options }), (training) => {
      training.run(0, 2);
      const { student, method } = training;
      const batch = makeBatch(kind, 7);
      const { x, y, weak, strong } = networkInputs(batch);
      const prepared = method.prepare(batch, at(7));
      const { task, terms } = prepared.evaluate({ updateRunningStatistics: false });
      const [source, target] = noGrad(() => student.forward(cat([x, weak]))).split(2);
      const { labels, confident } = pseudoLabels(target, { threshold: 0.51 }, kind);
      const logits = noGrad(() => student.forward(strong));
      expectClose(terms.sup, [crossEntropy(source, y, null, kind).item()]);
      expectClose(terms.u, [crossEntropy(logits, labels, confident, kind).item()]);
      expectClose(task, [(terms.sup.item() + terms.u.item()) / 2]);
    });
  });
}

tensorTest("a pasted box brings its neighbour's labels, made in evaluation mode", () => {
  const shares = [0, 1].map((cutMixProbability) => {
    let share = 0;
    const options = { cutMixProbability, confidenceThreshold: 0.51 };
    withTraining(new Training("fixmatch-cutmix", "sigmoid", { options }), (training) => {
      training.run(0, 2);
      const { student, method } = training;
      const batch = makeBatch("sigmoid", 7);
      share = method.prepare(batch, at(7)).measures.confidentShare.item();
      const { x, weak } = networkInputs(batch);
      const ofBatch = noGrad(() => student.forward(cat([x, weak]))).split(2)[1];
      const running = noGrad(() => inEvaluationMode(student, () => student.forward(weak)));
      const share1 = (logits: typeof running) =>
        pseudoLabels(logits, { threshold: 0.51 }, "sigmoid").confident.mean().item();
      if (cutMixProbability === 0) expect(share).toBeCloseTo(share1(ofBatch), 6);
      expect(share1(running)).not.toBeCloseTo(share1(ofBatch), 6);
    });
    return share;
  });
  expect(shares[0]).not.toBe(shares[1]);
});
