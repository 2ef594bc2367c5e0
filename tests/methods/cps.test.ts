import { expect } from "vitest";
import { crossEntropy, ssl4misLoss } from "../../src/losses/index.js";
import { networkInputs } from "../../src/methods/parts/views.js";
import type { SegmentationNetwork } from "../../src/nn/index.js";
import { cat, noGrad } from "../../src/torch/index.js";
import { expectClose, tensorTest } from "../support/tensors.js";
import { at, kinds, makeBatch, Training, withTraining } from "./support.js";

for (const kind of kinds) {
  tensorTest(`each network learns the other's labels, ${kind}`, () => {
    withTraining(new Training("cps", kind, { options: { consistencyWeight: 0.6 } }), ({ method, student }) => {
      const batch = makeBatch(kind, 2);
      const { x, y, weak } = networkInputs(batch);
      const prepared = method.prepare(batch, at(9));
      const { task, terms } = prepared.evaluate({ updateRunningStatistics: false });
      const networks = [student, method.networks.second as SegmentationNetwork];
      const outputs = networks.map((network) => noGrad(() => network.forward(cat([x, weak]))).split(2));
      const labels = outputs.map(([, u]) => (kind === "sigmoid" ? u.ge(0).to({ dtype: "float32" }) : u.argmax(1)));
      const sup = outputs.map(([z]) => ssl4misLoss(z, y, kind).loss.item());
      const pseudo = outputs.map(([, u], i) => crossEntropy(u, labels[1 - i], null, kind).item());
      expectClose(terms.sup, [sup[0] + sup[1]]);
      expectClose(terms.pseudo1, [pseudo[0]]);
      expectClose(terms.pseudo2, [pseudo[1]]);
      expectClose(task, [sup[0] + sup[1] + 0.6 * prepared.rampUp * (pseudo[0] + pseudo[1])]);
    });
  });
}

tensorTest("both networks move, and SAM perturbs them as one vector", () => {
  for (const optimizer of ["none", "sam"] as const) {
    withTraining(new Training("cps", "softmax", { optimizer }), (training) => {
      const second = training.method.networks.second as SegmentationNetwork;
      const values = () => [...second.parameters()[0].toNumbers()];
      const before = values();
      const report = training.step(0);
      expect(values()).not.toEqual(before);
      if (optimizer === "sam") expect(report.perturbationNorm).toBeCloseTo(0.05, 4);
    });
  }
});
