/** Every method on labelled images of which a part was not annotated: what stands in its place decides nothing. */
import { describe, expect, it } from "vitest";
import { type MethodName, methods } from "../../src/methods/index.js";
import type { Batch } from "../../src/methods/method.js";
import { noGrad, onesLike, type Tensor } from "../../src/torch/index.js";
import { type Kind, kinds, makeBatch, Training, withTraining } from "./support.js";

/** The part: from row and column 4 on, across the object. */
const [rows, columns] = [20, 16];

/** A batch whose labels are 1 in the part, or 0, which is annotated or not. */
function batchWith(kind: Kind, iteration: number, label: 0 | 1, isAnnotated: boolean): Batch {
  return noGrad(() => {
    const { labelled, ...others } = makeBatch(kind, iteration);
    const part = (map: Tensor) => map.narrow(-2, 4, rows).narrow(-1, 4, columns);
    const annotated = onesLike(labelled.images);
    part(annotated).zero_();
    part(labelled.labels).fill_(label);
    return { ...others, labelled: { ...labelled, annotated: isAnnotated ? annotated : null } };
  });
}

/** All weights after steps in both phases of the methods that have two. */
function trained(make: () => Training, label: 0 | 1, isAnnotated = true): number[] {
  let weights: number[] = [];
  withTraining(make(), (training) => {
    for (const iteration of [0, 9]) {
      const report = training.step(iteration, () => batchWith(training.kind, iteration, label, isAnnotated));
      expect(report.nonFinite).toBeUndefined();
      expect(report.updateNorm).toBeGreaterThan(0);
    }
    weights = training.student.namedParameters().flatMap(([, parameter]) => [...parameter.toNumbers()]);
  });
  return weights;
}

const cases = (Object.keys(methods) as MethodName[]).flatMap((name) => kinds.map((kind) => [name, kind] as const));

describe.each(cases)("%s on %s targets", (name, kind) => {
  it("learns the same whatever the labels are where nobody gave one", () => {
    const make = () => new Training(name, kind);
    expect(trained(make, 1)).toEqual(trained(make, 0));
    expect(trained(make, 1, false)).not.toEqual(trained(make, 0, false));
  });

  it("chooses among samples by the same losses", () => {
    if (!methods[name].gives?.(methods[name].options.parse({}) as never)?.includes("perSample")) return;
    const make = () => new Training(name, kind, { optimizer: "esam" });
    expect(trained(make, 1)).toEqual(trained(make, 0));
  });
});

/** One method of each way to write a labelled loss. */
it.each(["supervised", "midss", "bcp", "ss-net", "fixmatch-cutmix", "cps", "mean-teacher"] as const)(
  "%s does so at every level of deep supervision",
  (name) => {
    const make = () => new Training(name, "softmax", { model: "deep" });
    expect(trained(make, 1)).toEqual(trained(make, 0));
  },
);

/** Those with labels of both domains, under the one divergence that looks at them. */
describe.each(["midss", "fixmatch-cutmix", "cps", "ss-net", "bcp", "ua-mt", "ust-run"] as const)(
  "featProto on %s",
  (name) => {
    it.each(kinds)("compares the annotated pixels of a class (%s)", (kind) => {
      const settings = { divergence: { estimator: "featProto" } };
      const make = () => new Training(name, kind, { optimizer: "dim-features", settings });
      expect(trained(make, 1)).toEqual(trained(make, 0));
    });
  },
);
