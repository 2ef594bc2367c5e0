/** The averaged teacher: parameters only, by the given coefficient, of the student as it is. */
import { describe, expect } from "vitest";
import { updateTeacher } from "../../src/methods/parts/teacher.js";
import { UNet } from "../../src/nn/index.js";
import { Generator, noGrad } from "../../src/torch/index.js";
import { disturb, snapshot, wave } from "../nn/networks.js";
import { expectRelative, numbers, tensorTest } from "../support/tensors.js";

function pair() {
  const make = (seed: number) => {
    using generator = new Generator(seed);
    return new UNet({ inChannels: 1, outChannels: 2, width: 1, generator });
  };
  const [teacher, student] = [make(1), make(2)];
  // Other statistics than the student's.
  noGrad(() => teacher.forward(wave([2, 1, 16, 16])));
  disturb(student);
  return {
    teacher,
    student,
    [Symbol.dispose]() {
      teacher.dispose();
      student.dispose();
    },
  };
}

describe("updateTeacher", () => {
  tensorTest("with 0 copies the student to the bit", () => {
    using nets = pair();
    updateTeacher(nets.teacher, nets.student, 0);
    expect(nets.teacher.parameters().map(numbers)).toEqual(nets.student.parameters().map(numbers));
  });

  tensorTest("with 1 keeps the teacher to the bit", () => {
    using nets = pair();
    const before = snapshot(nets.teacher);
    updateTeacher(nets.teacher, nets.student, 1);
    expect(snapshot(nets.teacher)).toEqual(before);
  });

  tensorTest("in between averages every parameter", () => {
    using nets = pair();
    const before = nets.teacher.parameters().map(numbers);
    updateTeacher(nets.teacher, nets.student, 0.99);
    nets.teacher.parameters().forEach((x, i) => {
      const student = numbers(nets.student.parameters()[i]);
      expectRelative(
        x,
        before[i].map((value, j) => 0.99 * value + 0.01 * student[j]),
        { absolute: 1e-7 },
      );
    });
  });

  tensorTest("touches neither running statistics nor the student, and stays out of gradients", () => {
    using nets = pair();
    const buffers = () => nets.teacher.namedBuffers().map(([, x]) => numbers(x));
    const before = [buffers(), snapshot(nets.student)];
    updateTeacher(nets.teacher, nets.student, 0.5);
    expect([buffers(), snapshot(nets.student)]).toEqual(before);
    expect(nets.student.parameters()[0].grad).toBeNull();
  });
});
