/** What is counted of a case is what the network and its members say, of pictures, of slices and of whole volumes. */
import { expect, it } from "vitest";
import { planar8bit } from "../../src/augment/index.js";
import type { DecodedCase } from "../../src/data/decode.js";
import { evaluateMask } from "../../src/evaluation/evaluate-mask.js";
import { confusionCounts } from "../../src/evaluation/overlap.js";
import { makeGrid } from "../../src/grid/grid.js";
import { classMask } from "../../src/inference/label-map.js";
import { mirrorMembers } from "../../src/inference/mirror.js";
import { judgedCases } from "../../src/judging/judged-cases.js";
import { type SegmentationNetwork, UNet } from "../../src/nn/index.js";
import { memberKinds, trueDice } from "../../src/quality/observation.js";
import { observeCase, reverseReference } from "../../src/quality/observe-case.js";
import { Generator, liveTensors, scope } from "../../src/torch/index.js";
import { pixels } from "../data/tiny.js";
import { sides, VolumeNetwork } from "../support/volume-network.js";

const part = { index: 1, name: "inner", colour: "#ff0000" };
const parts = [part, { ...part, index: 2, name: "outer" }];
const slices = { plane: "axial", intensity: { low: 0, high: 255 }, emptySlices: "keep" } as const;
const set = { target: "softmax", outputs: 3, parts, labels: { kind: "values", map: {} } } as const;
const asked = { device: "cpu", precision: "fp32", normalisation: planar8bit, convention: "midss" } as const;

/** Noise with labels of every class, on a grid. */
function noise(shape: readonly number[]): DecodedCase {
  const count = shape.reduce((product, length) => product * length, 1);
  const grid = makeGrid("noise", shape, null);
  const label = pixels(count, 5).map((value) => value % 3);
  return { image: pixels(count, 2), channels: 1, wide: false, stored: grid, working: grid, label };
}

function planar(): SegmentationNetwork {
  using generator = new Generator(3);
  return new UNet({ inChannels: 1, outChannels: 3, width: 2, generator });
}

const one = {
  id: "x",
  domain: "a",
  domainIndex: 0,
  split: "test",
  subject: "x",
  imagePath: "x",
  maskPath: "x",
} as const;

it.each([
  ["pictures", [16, 32], planar, {}, null, 3],
  ["slices of volumes", [3, 16, 32], planar, { slices }, null, 3],
  ["whole volumes", [...sides], () => new VolumeNetwork("softmax", 4), { slices }, [8, 8, 8], 1],
] as const)("%s", async (_, shape, create, further, patch, mirrors) => {
  const network = create().eval();
  const dataset = { ...set, ...further };
  const decoded = noise(shape);
  const before = liveTensors();
  const source = { get: async () => decoded };
  const { value: judged } = await judgedCases(network, dataset, [one], source, { ...asked, patch }).next();
  const members = [
    ...mirrorMembers(network).map((own) => ({ kind: "mirror", network: own }) as const),
    { kind: "teacher", network } as const,
  ];
  const references = [reverseReference(decoded, dataset, patch, "other")];
  const seen = await observeCase(decoded, dataset, { ...asked, network, members, references, patch }, "x");
  expect(liveTensors()).toBe(before);
  const count = decoded.image.length;
  parts.forEach(({ index }, p) => {
    const [said, truth] = [judged.labels, decoded.label as Uint8Array].map((labels) =>
      classMask(labels, index, "softmax", count),
    );
    const {
      shape: own,
      heldShape,
      inside,
      all,
      held,
      truth: overlap,
      members: theirs,
      reverse,
      restyled,
    } = seen.parts[p];
    const { truePositive, falsePositive, falseNegative } = confusionCounts(said, truth);
    expect(overlap).toEqual({ truePositive, falsePositive, falseNegative });
    const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
    expect([own.pixels, sum(all)]).toEqual([count, count]);
    expect([own.area, sum(inside)]).toEqual([sum(said), sum(said)]);
    expect([heldShape.area, sum(held)]).toEqual([sum(truth), sum(truth)]);
    // The network itself agrees with itself.
    expect(theirs.teacher).toEqual([{ truePositive: own.area, falsePositive: 0, falseNegative: 0 }]);
    expect(theirs.mirror.length).toBe(mirrors);
    expect(memberKinds.map((kind) => theirs[kind].length)).toEqual([mirrors, 1, 0, 0, 0]);
    expect(reverse >= 0 && reverse <= 1).toBe(true);
    // The labelled image is the case itself, which stays what it is in its own style.
    if (shape.length === 2) expect(restyled).toBe(trueDice(seen.parts[p]));
    else expect(restyled >= 0 && restyled <= 1).toBe(true);
    const hd95 = said.includes(1) ? evaluateMask(said, truth, { shape, convention: "midss" }).hd95 : Number.NaN;
    expect(seen.parts[p].hd95).toBe(hd95);
    expect(seen.parts[p].diagonal).toBeCloseTo(Math.hypot(...shape), 12);
  });
  expect(seen.feature.length).toBe(network.rank === 3 ? 16 : 32);
  // Without its mask nothing but the truth is missing.
  const { label: _label, ...image } = decoded;
  const alone = await observeCase(image, dataset, { ...asked, network, members, references, patch }, "x");
  expect(alone.feature).toEqual(seen.feature);
  expect(alone.parts.map(({ truth, inside, reverse, restyled }) => [truth, inside, reverse, restyled])).toEqual(
    seen.parts.map(({ inside, reverse, restyled }) => [null, inside, reverse, restyled]),
  );
  scope(() => network.dispose());
});
