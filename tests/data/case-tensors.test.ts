/** Decoded cases as tensors: shapes, types and values, alone and as a batch. */
import { describe, expect } from "vitest";
import { ignoredLabel } from "../../src/core/target-kind.js";
import { caseTensors, imagesBCS, labelsBKS, lossLabels } from "../../src/data/case-tensors.js";
import type { DecodedCase } from "../../src/data/decode.js";
import { makeGrid, resampledGrid } from "../../src/grid/grid.js";
import { fromTypedArray } from "../../src/torch/index.js";
import { tensorTest } from "../support/tensors.js";
import { pixels } from "./tiny.js";

/** A case of two channels, 4 x 6, stored twice as wide and known in mm. */
function caseOf(seed: number, label?: Uint8Array): DecodedCase {
  const stored = makeGrid("stored", [4, 12], [1, 1]);
  const working = resampledGrid(stored, [4, 6]);
  return { image: pixels(48, seed), channels: 2, wide: false, stored, working, ...(label ? { label } : {}) };
}

const classNumbers = Uint8Array.from({ length: 24 }, (_, i) => i % 3);
const overlapping = Uint8Array.from({ length: 72 }, (_, i) => (i >> 2) & 1);

describe("caseTensors", () => {
  tensorTest("gives raw planes, class numbers, and both grids", () => {
    const one = caseOf(1, classNumbers);
    const { imageCS, labelKS, stored, working } = caseTensors(one, { target: "softmax", outputs: 3 }, "cpu");
    expect([imageCS.shape, imageCS.dtype]).toEqual([[2, 4, 6], "uint8"]);
    expect(imageCS.toTypedArray()).toEqual(one.image);
    expect([labelKS?.shape, labelKS?.dtype]).toEqual([[4, 6], "uint8"]);
    expect(labelKS?.toTypedArray()).toEqual(classNumbers);
    expect([stored.spacing, working.spacing]).toEqual([
      [1, 1],
      [1, 2],
    ]);
  });

  tensorTest("gives a plane for each overlapping class, and no label where there is none", () => {
    const classes = { target: "sigmoid", outputs: 3 } as const;
    expect(caseTensors(caseOf(1, overlapping), classes, "cpu").labelKS?.shape).toEqual([3, 4, 6]);
    expect(caseTensors(caseOf(1), classes, "cpu").labelKS).toBeNull();
  });

  tensorTest("of a batch are those of its cases, one after the other", () => {
    const cases = [
      caseOf(1, overlapping),
      caseOf(
        2,
        overlapping.map((value) => 1 - value),
      ),
    ];
    const classes = { target: "sigmoid", outputs: 3 } as const;
    const [images, labels] = [imagesBCS(cases, "cpu"), labelsBKS(cases, classes, "cpu")];
    expect([images.shape, labels.shape]).toEqual([
      [2, 2, 4, 6],
      [2, 3, 4, 6],
    ]);
    cases.forEach((one, i) => {
      const { imageCS, labelKS } = caseTensors(one, classes, "cpu");
      expect(images.select(0, i).toArray()).toEqual(imageCS.toArray());
      expect(labels.select(0, i).toArray()).toEqual(labelKS?.toArray());
    });
  });

  tensorTest("lossLabels gives the type that losses take", () => {
    const maps = labelsBKS([caseOf(1, classNumbers)], { target: "softmax", outputs: 3 }, "cpu");
    const labels = { kind: "values", map: {} } as const;
    const [softmax, sigmoid] = (["softmax", "sigmoid"] as const).map((target) => lossLabels(maps, { target, labels }));
    expect([softmax.labels.dtype, sigmoid.labels.dtype]).toEqual(["int64", "float32"]);
    expect([softmax.annotated, sigmoid.annotated]).toEqual([null, null]);
  });

  tensorTest("lossLabels says where nobody labelled, once for all classes, and makes it 0", () => {
    const labels = { kind: "values", map: {}, ignore: 255 } as const;
    const numbers = fromTypedArray(Uint8Array.of(0, 2, ignoredLabel, 1), [1, 2, 2]);
    const softmax = lossLabels(numbers, { target: "softmax", labels });
    expect(softmax.labels.toArray()).toEqual([
      [
        [0, 2],
        [0, 1],
      ],
    ]);
    expect([softmax.annotated?.dtype, softmax.annotated?.toArray()]).toEqual([
      "float32",
      [
        [
          [
            [1, 1],
            [0, 1],
          ],
        ],
      ],
    ]);
    const map = { kind: "values", map: {} } as const;
    const ofDomain = lossLabels(numbers, { target: "softmax", labels: map, domainLabels: { b: labels } });
    expect(ofDomain.annotated?.toArray()).toEqual(softmax.annotated?.toArray());
    const planes = fromTypedArray(Uint8Array.of(0, 1, ignoredLabel, 1, 1, 1, ignoredLabel, 0), [1, 2, 2, 2]);
    const sigmoid = lossLabels(planes, { target: "sigmoid", labels });
    expect(sigmoid.labels.toArray()).toEqual([
      [
        [
          [0, 1],
          [0, 1],
        ],
        [
          [1, 1],
          [0, 0],
        ],
      ],
    ]);
    expect(sigmoid.annotated?.toArray()).toEqual([
      [
        [
          [1, 1],
          [0, 1],
        ],
      ],
    ]);
  });
});
