/** Every method asks its networks in the scale that the batch names, and in no other. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Normalisation, planar8bit } from "../../src/augment/index.js";
import { type MethodName, methods } from "../../src/methods/index.js";
import { scope, type Tensor } from "../../src/torch/index.js";
import { at, makeBatch, Training, withTraining } from "./support.js";

const unit: Normalisation = {
  forward: (raw) => scope(() => raw.to({ dtype: "float32" }).div(255)),
  inverse: (input) => scope(() => input.mul(255)),
  range: [0, 255],
  whole: true,
};

afterEach(() => vi.restoreAllMocks());

const values = (tensor: Tensor) => tensor.toTypedArray();

describe.each(Object.keys(methods) as MethodName[])("%s", (name) => {
  it("uses the batch's normalisation", () => {
    vi.spyOn(planar8bit, "forward").mockImplementation(() => {
      throw new Error("the default was used");
    });
    withTraining(new Training(name, "softmax"), ({ method }) => {
      scope(() => {
        const batch = makeBatch("softmax", 1);
        const prepared = method.prepare({ ...batch, normalisation: unit }, at(3));
        prepared.evaluate({ updateRunningStatistics: false });
        expect(values(prepared.domains!.source)).toEqual(values(unit.forward(batch.labelled.images)));
        expect(values(prepared.domains!.target.weak)).toEqual(values(unit.forward(batch.unlabelled!.weak)));
        expect(values(prepared.domains!.target.strong)).toEqual(values(unit.forward(batch.unlabelled!.strong)));
      });
    });
  });
});
