import { expect } from "vitest";
import { pasteBoxes } from "../../src/augment/index.js";
import { mixLoss, pseudoLabels } from "../../src/losses/index.js";
import { drawBox } from "../../src/methods/bcp.js";
import { largestComponents } from "../../src/methods/parts/largest-component.js";
import { networkInputs } from "../../src/methods/parts/views.js";
import { cat, noGrad, type Tensor, tensor } from "../../src/torch/index.js";
import { expectClose, tensorTest } from "../support/tensors.js";
import { at, channelsOf, kinds, makeBatch, Training, withTraining } from "./support.js";

tensorTest("the box covers two thirds of each side, inside the image, fixed by the step", () => {
  for (let iteration = 0; iteration < 20; iteration++) {
    const mask = drawBox(at(iteration), [12, 15], "cpu");
    expect(mask.to({ dtype: "float32" }).sum().item()).toBe(8 * 10);
    expect(drawBox(at(iteration), [12, 15], "cpu").toArray()).toEqual(mask.toArray());
    expect(drawBox(at(iteration), [1, 12, 15], "cpu").to({ dtype: "float32" }).sum().item(), "a slice").toBe(8 * 10);
    expect(drawBox(at(iteration), [6, 12, 15], "cpu").to({ dtype: "float32" }).sum().item()).toBe(4 * 8 * 10);
  }
});

tensorTest("one sigmoid channel's mixed cross-entropy is that of the two-class softmax it is equivalent to", () => {
  const z = tensor([
    [
      [
        [0.3, -1.2],
        [2.5, 0],
      ],
    ],
  ]);
  const [image, patch] = [
    tensor([
      [
        [
          [1, 0],
          [1, 1],
        ],
      ],
    ]),
    tensor([
      [
        [
          [0, 0],
          [1, 0],
        ],
      ],
    ]),
  ];
  const outside = tensor([
    [
      [1, 0],
      [1, 0],
    ],
  ]);
  const weights = { image: 0.5, patch: 1 };
  const two = cat([z.mul(0), z], 1);
  const classes = (target: Tensor) => target.squeeze(1).to({ dtype: "int64" });
  const softmax = mixLoss(two, classes(image), classes(patch), outside, weights, "softmax");
  expectClose(mixLoss(z, image, patch, outside, weights, "sigmoid").ce, [softmax.ce.item()]);
});

for (const kind of kinds) {
  tensorTest(`both phases have the losses of mixed images, ${kind}`, () => {
    const training = new Training("bcp", kind, { options: { pretrainIterations: 2 } });
    withTraining(training, () => {
      training.run(0, 3);
      const { student, method } = training;
      const teacher = method.networks.teacher as typeof student;
      const batch = makeBatch(kind, 4);
      const { x, y, weak } = networkInputs(batch);
      const [[x1, x2], [y1, y2], [u1, u2]] = [x, y, weak].map((one) => one.chunk(2));
      const halfOf = (
        images: Tensor,
        imageTarget: Tensor,
        patchTarget: Tensor,
        weights: [number, number],
        k: number,
      ) => {
        const box = drawBox(at(k), [32, 32], "cpu");
        const outside = box.squeeze(1).logicalNot().to({ dtype: "float32" });
        const logits = noGrad(() => student.forward(images));
        const [image, patch] = weights;
        const { dice, ce } = mixLoss(logits, imageTarget, patchTarget, outside, { image, patch }, kind);
        return dice.add(ce).mul(0.5).item();
      };
      const box = (k: number) => drawBox(at(k), [32, 32], "cpu");
      const task = (k: number) => method.prepare(batch, at(k)).evaluate({ updateRunningStatistics: false }).task;

      expectClose(task(1), [halfOf(pasteBoxes(x1, x2, box(1)), y1, y2, [1, 1], 1)]);

      const second = task(4);
      const [q1, q2] = [u1, u2].map((images) => {
        const logits = noGrad(() => teacher.forward(images));
        return largestComponents(pseudoLabels(logits, { threshold: 0.95 }, kind).labels, kind, channelsOf(kind));
      });
      const unlabelled = halfOf(pasteBoxes(u1, x1, box(4)), q1, y1, [0.5, 1], 4);
      const labelled = halfOf(pasteBoxes(x2, u2, box(4)), y2, q2, [1, 0.5], 4);
      expectClose(second, [unlabelled + labelled]);
    });
  });
}

tensorTest("the teacher is the student while it pre-trains, then averages statistics too", () => {
  withTraining(new Training("bcp", "softmax", { options: { pretrainIterations: 1 } }), (training) => {
    const { student, method } = training;
    const teacher = method.networks.teacher as typeof student;
    const values = (network: typeof student) =>
      [...network.stateDict().values()].flatMap((one) => [...one.toNumbers()]);
    training.step(0);
    const before = values(student);
    expect(values(teacher)).toEqual(before);
    const statistics = teacher.namedBuffers()[0][1].toNumbers();
    training.step(1);
    const name = teacher.namedBuffers()[0][0];
    const after = student.stateDict().get(name)?.toNumbers() ?? [];
    const averaged = teacher.namedBuffers()[0][1].toNumbers();
    expect(averaged).not.toEqual(statistics);
    expect(averaged).not.toEqual(after);
  });
});

tensorTest("a batch of one image cannot be halved", () => {
  withTraining(new Training("bcp", "softmax"), ({ method }) => {
    expect(() => method.prepare(makeBatch("softmax", 1, { count: 1 }), at(0))).toThrow(/labelledBatch to 2 or more/);
  });
});
