/**
 * Whether one step of a method asks of the device what the next one does: a captured graph repeats operators, shapes and
 * numbers of the host as they were. Views are not looked at: how many images draw a transform is chance.
 */
import { describe, expect, it } from "vitest";
import type { MethodName } from "../../src/methods/index.js";
import type { MinimizerName } from "../../src/optim/index.js";
import { type DeviceCall, deviceProgram, scope, tensor } from "../../src/torch/index.js";
import { makeBatch, Training, withTraining } from "../methods/support.js";

/** What two consecutive steps ask for whose numbers nobody reads, in the middle of training. */
function consecutiveSteps(method: MethodName, optimizer: MinimizerName): [DeviceCall[], DeviceCall[]] {
  let programs: DeviceCall[][] = [];
  scope(() => {
    const batch = makeBatch("sigmoid", 1);
    withTraining(new Training(method, "sigmoid", { optimizer }), (training) => {
      const how = { measure: false, deferred: true };
      const step = (iteration: number) => void training.step(iteration, () => batch, how);
      for (const iteration of [3, 4]) step(iteration);
      programs = [5, 6].map((iteration) => deviceProgram(() => step(iteration)));
    });
  });
  return programs as [DeviceCall[], DeviceCall[]];
}

const shapesOf = ({ operator, shapes }: DeviceCall) => `${operator} ${shapes.join(", ")}`;

/** Operators whose numbers differ, each once. */
function changing([first, second]: [DeviceCall[], DeviceCall[]]): string[] {
  const differing = first.filter(({ numbers }, i) => numbers !== second[i].numbers);
  return [...new Set(differing.map(({ operator }) => operator))].sort();
}

/** The learning rate; averages of weights by a decay that grows. */
const [rate, decay] = ["aten::_foreach_add_.List", "aten::_foreach_mul_.Scalar"];
/** Weights of terms that grow with training. */
const ramp = "aten::mul.Scalar";
/** The operators by which numbers of the host still come in that change from step to step. */
const left: Readonly<Record<Exclude<MethodName, "ss-net">, readonly string[]>> = {
  supervised: [rate],
  "fixmatch-cutmix": [rate],
  bcp: [rate],
  cps: [rate, ramp],
  caussl: [rate, ramp],
  midss: [rate, decay, ramp],
  "mean-teacher": [rate, decay, ramp],
  fixmatch: [rate, decay, ramp],
  // Below which uncertainty a label counts.
  "ua-mt": [rate, decay, "aten::lt.Scalar", ramp],
  // Which image covers another.
  "ust-run": [rate, decay, ramp, "aten::narrow"],
};

describe("two steps ask for the same operators on tensors of the same shapes, and for other numbers in few of them", () => {
  it.each(Object.keys(left) as (keyof typeof left)[])("%s under SAM", (method) => {
    const [first, second] = consecutiveSteps(method, "sam");
    expect(second.map(shapesOf)).toEqual(first.map(shapesOf));
    expect(changing([first, second])).toEqual(left[method]);
  });

  it.each(["none", "dim-features", "dim"] as const)("MiDSS under %s", (optimizer) => {
    const [first, second] = consecutiveSteps("midss", optimizer);
    expect(second.map(shapesOf)).toEqual(first.map(shapesOf));
    expect(changing([first, second])).toEqual(left.midss);
  });
});

it("SS-Net takes as many features of a class as there are, and other shapes with them", () => {
  const [first, second] = consecutiveSteps("ss-net", "sam");
  expect(second.map(shapesOf)).not.toEqual(first.map(shapesOf));
});

it("a program tells operators, shapes and numbers apart", () => {
  scope(() => {
    const x = tensor([1, 2, 3]);
    const of = (factor: number) => deviceProgram(() => void x.mul(factor));
    expect(of(2)).toEqual(of(2));
    expect(of(2)).not.toEqual(of(3));
    expect(of(2).map(shapesOf)).toEqual(of(3).map(shapesOf));
  });
});
