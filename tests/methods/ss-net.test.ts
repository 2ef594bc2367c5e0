import { describe, expect } from "vitest";
import { diceLoss, softDiceDistance } from "../../src/losses/index.js";
import { networkInputs } from "../../src/methods/parts/views.js";
import { membersOf } from "../../src/methods/ss-net.js";
import { SsNetHeads } from "../../src/methods/ss-net-heads.js";
import { cat, Generator, grad, noGrad, rand, type Tensor, tensor } from "../../src/torch/index.js";
import { expectClose, tensorTest } from "../support/tensors.js";
import { at, kinds, makeBatch, Training, withTraining } from "./support.js";

const rows = (...numbers: number[]) => tensor(numbers, { dtype: "int64" });

tensorTest("members are the pixels of each class, or of each channel", () => {
  const labels = tensor(
    [
      [
        [0, 1],
        [2, 1],
      ],
    ],
    { dtype: "int64" },
  );
  expect(membersOf(labels, "softmax", 3).map((one) => one.toArray())).toEqual([[0], [1, 3], [2]]);
  const channels = tensor([
    [
      [
        [1, 1],
        [0, 0],
      ],
      [
        [0, 1],
        [0, 1],
      ],
    ],
  ]);
  expect(membersOf(channels, "sigmoid", 2).map((one) => one.toArray())).toEqual([
    [0, 1],
    [1, 3],
  ]);
});

tensorTest("the Dice distance of two predictions is 0 for equal sure ones and 1 for disjoint ones", () => {
  const p = tensor([[[[1, 0]], [[0, 1]]]]);
  const q = tensor([[[[0, 1]], [[1, 0]]]]);
  for (const kind of kinds) {
    expectClose(softDiceDistance(p, p, kind), [0]);
    expectClose(softDiceDistance(p, q, kind), [1]);
  }
});

describe("the memory", () => {
  const withHeads = (body: (heads: SsNetHeads, draw: (count: number) => Tensor) => void) => {
    using generator = new Generator(1);
    const heads = new SsNetHeads(4, 2, 7);
    body(heads, (count) => rand([count, 4], { generator }));
    heads.dispose();
  };
  const filled = (heads: SsNetHeads) => [...(heads.stateDict().get("filled") as Tensor).toNumbers()];
  const memory = (heads: SsNetHeads) => heads.stateDict().get("memory") as Tensor;

  tensorTest("grows by few pixels, keeps the latest 32, and is replaced by many", () => {
    withHeads((heads, draw) => {
      heads.remember(draw(30), [rows(), rows(...Array(20).keys())]);
      expect(filled(heads)).toEqual([0, 20]);
      const second = [...memory(heads).select(0, 1).select(0, 12).toNumbers()];
      heads.remember(draw(30), [rows(), rows(...Array(24).keys())]);
      expect(filled(heads)).toEqual([0, 32]);
      // 44 features: the oldest twelve are gone.
      expect([...memory(heads).select(0, 1).select(0, 0).toNumbers()]).toEqual(second);
      heads.remember(draw(60), [rows(3), rows(...Array(50).keys())]);
      expect(filled(heads)).toEqual([1, 32]);
      expect([...memory(heads).select(0, 1).select(0, 0).toNumbers()]).not.toEqual(second);
    });
  });

  tensorTest("contrast is 0 without memory, and lies between 0 and 2 with it", () => {
    withHeads((heads, draw) => {
      const features = draw(40);
      const members = [rows(...Array(20).keys()), rows(20)];
      expectClose(heads.contrast(features, members), [0]);
      heads.remember(features, members);
      const loss = heads.contrast(features, members);
      expect(loss.item()).toBeGreaterThan(0);
      // One class of two has pixels and memories enough.
      expect(loss.item()).toBeLessThan(1);
      const gradients = grad(loss, heads.parameters(), { allowUnused: true });
      expect(gradients[0].abs().sum().item()).toBeGreaterThan(0);
    });
  });
});

for (const kind of kinds) {
  tensorTest(`the task is Dice plus smoothness and contrast, ${kind}`, () => {
    withTraining(new Training("ss-net", kind, { options: { consistencyWeight: 0.5 } }), (training) => {
      training.run(0, 2);
      const { method, student } = training;
      const batch = makeBatch(kind, 6);
      const { x, y, weak } = networkInputs(batch);
      const prepared = method.prepare(batch, at(9));
      const { task, terms } = prepared.evaluate({ updateRunningStatistics: false });
      const logits = noGrad(() => student.forward(cat([x, weak]))).narrow(0, 0, 2);
      expectClose(terms.sup, [diceLoss(logits, y, null, { kind, diceMaskQuirk: false }).item()]);
      const [vat, contrast] = [terms.vat.item(), terms.contrast.item()];
      expectClose(task, [terms.sup.item() + 0.5 * prepared.rampUp * (vat + 0.1 * contrast)]);
      expect(vat).toBeGreaterThan(0);
    });
  });

  tensorTest(`a longer adversarial direction changes the prediction more, ${kind}`, () => {
    const distances = [0, 0.5, 6].map((radius) => {
      let distance = 0;
      withTraining(new Training("ss-net", kind, { options: { radius } }), ({ method }) => {
        const prepared = method.prepare(makeBatch(kind, 6), at(9));
        distance = prepared.evaluate({ updateRunningStatistics: false }).terms.vat.item();
      });
      return distance;
    });
    expect(distances[0]).toBeLessThan(distances[1]);
    expect(distances[1]).toBeLessThan(distances[2]);
  });
}
