import { expect } from "vitest";
import { midssRampUp, pseudoLabels, segmentationLoss } from "../../src/losses/index.js";
import { networkInputs } from "../../src/methods/parts/views.js";
import { noGrad } from "../../src/torch/index.js";
import { expectClose, tensorTest } from "../support/tensors.js";
import { at, kinds, makeBatch, Training, withTraining } from "./support.js";

for (const kind of kinds) {
  tensorTest(`strong views learn the teacher's confident labels of the weak ones, ${kind}`, () => {
    withTraining(new Training("fixmatch", kind, { options: { confidenceThreshold: 0.51 } }), (training) => {
      training.run(0, 2);
      const { student, method } = training;
      const teacher = method.networks.teacher as typeof student;
      const batch = makeBatch(kind, 7);
      const { x, y, weak, strong } = networkInputs(batch);
      const prepared = method.prepare(batch, at(7));
      const { task, terms } = prepared.evaluate({ updateRunningStatistics: false });
      const { labels, confident } = pseudoLabels(
        noGrad(() => teacher.forward(weak)),
        { threshold: 0.51 },
        kind,
      );
      const sup = segmentationLoss(
        noGrad(() => student.forward(x)),
        y,
        null,
        { kind },
      ).loss.item();
      const logits = noGrad(() => student.forward(strong));
      const u = segmentationLoss(logits, labels, confident, { kind }).loss.item();
      expect(prepared.measures.confidentShare.item()).toBeCloseTo(confident.mean().item(), 12);
      expectClose(terms.sup, [sup]);
      expectClose(terms.u, [u]);
      expectClose(task, [sup + midssRampUp(7, 10) * u]);
    });
  });
}

tensorTest("it is MiDSS without its parts, to the bit", () => {
  const parts = { ucp: false, symGD: false, tpRam: false };
  let wanted: Map<string, Uint8Array> = new Map();
  withTraining(new Training("midss", "softmax", { options: parts }), (training) => {
    training.run(0, 2);
    wanted = training.save();
  });
  withTraining(new Training("fixmatch", "softmax"), (training) => {
    training.run(0, 2);
    for (const [file, bytes] of training.save()) expect(Buffer.compare(bytes, wanted.get(file) as Uint8Array)).toBe(0);
  });
});
