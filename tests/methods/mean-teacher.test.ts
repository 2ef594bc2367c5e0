import { expect } from "vitest";
import { consistency, ssl4misLoss } from "../../src/losses/index.js";
import { rampAt } from "../../src/methods/parts/consistency-options.js";
import { teacherForward } from "../../src/methods/parts/forward.js";
import { clippedNoise } from "../../src/methods/parts/noise.js";
import { networkInputs } from "../../src/methods/parts/views.js";
import { cat, noGrad, zeros } from "../../src/torch/index.js";
import { expectClose, tensorTest } from "../support/tensors.js";
import { at, kinds, makeBatch, Training, withTraining } from "./support.js";

const step = (iteration: number, maxIterations = 30000) => ({ seed: 1, iteration, maxIterations });

tensorTest("the ramp over a training of 30,000 steps is that of SSL4MIS, a stair every 150", () => {
  for (const k of [0, 149, 150, 1000, 7777, 29999, 30000]) {
    const wanted = Math.exp(-5 * (1 - Math.floor(k / 150) / 200) ** 2);
    expect(rampAt(step(k), { consistencyWeight: 0.1, startShare: 0 })).toBeCloseTo(wanted, 12);
  }
  const late = { consistencyWeight: 0.1, startShare: 1 / 30 };
  expect(rampAt(step(999), late)).toBe(0);
  expect(rampAt(step(1000), late)).toBeGreaterThan(0);
  expect(rampAt(step(3000, 100000), { ...late, startShare: 0, rampIterations: 3000 })).toBe(1);
});

tensorTest("noise is clipped, fixed by step and pass, and different between them", () => {
  const like = zeros([2, 1, 16, 16]);
  const draw = (iteration: number, pass: number) => [
    ...clippedNoise(like, step(iteration), pass, { noise: 0.1, noiseLimit: 0.2 }).toNumbers(),
  ];
  const first = draw(3, 1);
  expect(draw(3, 1)).toEqual(first);
  expect(draw(3, 2)).not.toEqual(first);
  expect(draw(4, 1)).not.toEqual(first);
  expect(Math.max(...first.map(Math.abs))).toBeCloseTo(0.2, 6);
  const deviation = Math.sqrt(first.reduce((sum, value) => sum + value ** 2, 0) / first.length);
  expect(deviation).toBeGreaterThan(0.08);
  expect(deviation).toBeLessThan(0.11);
});

for (const kind of kinds) {
  tensorTest(`the task is the supervised loss plus the weighted consistency, ${kind}`, () => {
    const options = { consistencyWeight: 0.7, noise: 0 };
    withTraining(new Training("mean-teacher", kind, { options }), ({ context, method, student }) => {
      const batch = makeBatch(kind, 1);
      const { x, y, weak } = networkInputs(batch);
      const prepared = method.prepare(batch, at(9));
      const { task, terms } = prepared.evaluate({ updateRunningStatistics: false });
      const teacher = method.networks.teacher as typeof student;
      const targets = teacherForward(teacher, weak, context);
      const [source, target] = noGrad(() => student.forward(cat([x, weak]))).split(2);
      const sup = ssl4misLoss(source, y, kind).loss.item();
      const agreement = consistency(target, targets, kind).item();
      expectClose(terms.sup, [sup]);
      expectClose(terms.consistency, [agreement]);
      expectClose(task, [sup + 0.7 * prepared.rampUp * agreement]);
    });
  });
}

tensorTest("the teacher copies the student at first, then averages it without its running statistics", () => {
  withTraining(new Training("mean-teacher", "softmax"), (training) => {
    const { student, method } = training;
    const teacher = method.networks.teacher as typeof student;
    const values = (network: typeof student) => network.parameters().flatMap((one) => [...one.toNumbers()]);
    training.step(0);
    const copied = values(student);
    expect(values(teacher)).toEqual(copied);
    expect(teacher.namedBuffers()[0][1].toNumbers()).not.toEqual(student.namedBuffers()[0][1].toNumbers());
    training.step(1);
    const moved = values(student);
    expectClose(
      values(teacher),
      copied.map((value, i) => (value + moved[i]) / 2),
    );
  });
});
