/** One pass over a test set: the same masks as an evaluation judges, and what is gathered from them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onStoredSlices, pictureDrawing, pictureSize } from "../../../src/analysis/errors/case-drawing.js";
import { type InspectedCase, inspectPredictions } from "../../../src/analysis/errors/inspect.js";
import { confusionByDomain, sizeAgainstDice } from "../../../src/analysis/errors/summary.js";
import { planar8bit } from "../../../src/augment/index.js";
import { DecodedCache } from "../../../src/data/cache/decoded-cache.js";
import { type Frame, framedGrid } from "../../../src/grid/frame.js";
import { makeGrid } from "../../../src/grid/grid.js";
import { evaluateNetwork } from "../../../src/judging/evaluate-network.js";
import { liveTensors } from "../../../src/torch/index.js";
import { temporaryFolder } from "../../data/files.js";
import { nestedClasses, tinyNetwork, twoDomains } from "../../inference/tiny.js";

const folder = temporaryFolder();

function runOf(name: string, changes: Record<string, unknown> = {}) {
  const dataset = twoDomains(`${folder}/${name}`, changes);
  const cache = new DecodedCache(dataset, { folder: false });
  const networks = { student: tinyNetwork(1, dataset.outputs), teacher: null };
  return {
    dataset,
    cache,
    networks,
    device: "cpu",
    precision: "fp32" as const,
    normalisation: planar8bit,
    patch: null,
  };
}

const softmax = runOf("softmax");
const sigmoid = runOf("sigmoid", nestedClasses);
const casesOf = ({ dataset }: typeof softmax) => dataset.domains.flatMap((domain) => domain.cases("test"));

afterAll(() => {
  for (const { networks } of [softmax, sigmoid]) networks.student.dispose();
});

describe.each([
  ["softmax", softmax],
  ["sigmoid", sigmoid],
])("inspectPredictions with %s classes", (_, run) => {
  let inspected: InspectedCase[];
  const progress: number[] = [];

  beforeAll(async () => {
    inspected = await inspectPredictions(run, casesOf(run), { onProgress: (done) => void progress.push(done) });
  });

  it("measures what an evaluation measures, in the order of the cases, and tells its progress", async () => {
    const { networks, dataset, cache } = run;
    const asked = { device: "cpu", precision: "fp32", normalisation: planar8bit } as const;
    const { scores } = await evaluateNetwork(networks.student, dataset, casesOf(run), cache, asked);
    expect(inspected.flatMap((one) => one.scores)).toEqual(scores);
    expect(inspected.map((one) => one.case)).toEqual(casesOf(run));
    expect(progress).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("gives a case without a mask its outlines and sizes, but nothing that needs a reference", () => {
    const [withoutMask] = inspected.filter((one) => one.case.maskPath === undefined);
    expect(withoutMask).toMatchObject({ scores: [], confusion: null });
    expect(withoutMask.sizes.every(({ reference, image }) => reference === null && image === 256)).toBe(true);
    expect(withoutMask.drawing.outlines.map(({ part }) => part)).toEqual(run.dataset.parts.map(({ name }) => name));
  });

  it("counts every pixel once, and as many as the sizes say", () => {
    for (const { confusion, sizes } of inspected) {
      const counts = confusion?.counts ?? [];
      if (confusion) expect(counts.flat().reduce((sum, count) => sum + count)).toBe(256);
      if (confusion && run.dataset.target === "softmax") {
        expect(sizes[0].reference).toBe(counts[1][0] + counts[1][1]);
        expect(sizes[0].predicted).toBe(counts[0][1] + counts[1][1]);
      }
    }
  });

  it("has an outline where there is an object and none elsewhere", () => {
    for (const { sizes, drawing } of inspected) {
      expect(drawing.outlines.map(({ path }) => path !== "")).toEqual(sizes.map(({ predicted }) => predicted > 0));
    }
    expect(inspected.some(({ drawing }) => drawing.outlines.some(({ path }) => path !== ""))).toBe(true);
  });

  it("adds up by domain and in all, and lists sizes beside Dice", () => {
    const confusions = confusionByDomain(inspected);
    expect(confusions.map(({ domain, cases }) => [domain, cases])).toEqual([
      ["a", 3],
      ["b", 2],
      [null, 5],
    ]);
    expect(confusions[2].confusion.counts.flat().reduce((sum, count) => sum + count)).toBe(5 * 256);
    const points = sizeAgainstDice(inspected);
    expect(points).toHaveLength(5 * run.dataset.parts.length);
    expect(points[0]).toMatchObject({ domain: "a", id: "0", referencePixels: 0, referenceShare: 0 });
    expect(points.at(-1)?.dice).toBe(inspected.flatMap(({ scores }) => scores).at(-1)?.dice);
  });
});

it("takes scores that are known as they are", async () => {
  const distances = { hd: 1, hd95: 2, asd: 3, assd: 4 };
  const [part] = softmax.dataset.parts;
  const known = {
    domain: "a",
    id: "1",
    subject: "a/test/1",
    part: part.name,
    dice: 0.125,
    jaccard: 0.5,
    ...distances,
    empty: "none",
  } as const;
  const inspected = await inspectPredictions(softmax, casesOf(softmax), { scores: [known] });
  expect(inspected[1].scores).toEqual([known]);
  expect(inspected[0].scores[0].dice).not.toBe(0.125);
});

it("leaves no tensor behind, asks another network when told, and has nothing to add up without masks", async () => {
  const cases = casesOf(sigmoid);
  const other = tinyNetwork(1, sigmoid.dataset.outputs, 2);
  const before = liveTensors();
  const [own, others] = [
    await inspectPredictions(sigmoid, cases),
    await inspectPredictions(sigmoid, cases, { network: other }),
  ];
  expect(liveTensors()).toBe(before);
  other.dispose();
  expect(others.map(({ sizes }) => sizes)).not.toEqual(own.map(({ sizes }) => sizes));
  const withoutMask = own.filter((one) => one.case.maskPath === undefined);
  expect(confusionByDomain(withoutMask)).toEqual([]);
  expect(sizeAgainstDice(withoutMask)).toEqual([]);
});

it("reduces large pictures to 512 pixels and leaves small ones", () => {
  const size = (height: number, width: number) => pictureSize({ stored: makeGrid("test", [height, width]) });
  expect(size(2048, 1024)).toEqual({ height: 512, width: 256 });
  expect(size(96, 128)).toEqual({ height: 96, width: 128 });
  expect(size(1, 9000)).toEqual({ height: 1, width: 512 });
});

describe("pictureDrawing", () => {
  it("lies over the part of the picture that a frame showed", () => {
    const stored = makeGrid("wide", [30, 60]);
    const around = (frame: Frame) => {
      const label = new Uint8Array(frame.height * frame.width).fill(1);
      const working = framedGrid(stored, frame);
      const decoded = { image: label, channels: 1, wide: false, stored, working, mode: frame.mode };
      const [{ path }] = pictureDrawing(label, decoded, softmax.dataset).outlines;
      const numbers = path.match(/[\d.]+/g)?.map(Number) ?? [];
      const [xs, ys] = [0, 1].map((axis) => numbers.filter((_, i) => i % 2 === axis));
      return [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    };
    expect(around({ height: 16, width: 16, mode: "pad" })).toEqual([0, 60, 0, 30]);
    expect(around({ height: 16, width: 16, mode: "crop" })).toEqual([15, 45, 0, 30]);
    expect(around({ height: 16, width: 16, mode: "stretch" })).toEqual([0, 60, 0, 30]);
  });
});

describe("onStoredSlices", () => {
  it("brings label maps of padded and cropped slices back to where they were seen", () => {
    const stored = makeGrid("stack", [2, 2, 4]);
    const on = (frame: Frame, labels: readonly number[]) => {
      const label = Uint8Array.from([...labels, ...labels]);
      const decoded = { image: label, channels: 1, wide: true, stored, working: framedGrid(stored, frame), label };
      const [map, shown] = onStoredSlices(label, { ...decoded, mode: frame.mode });
      expect(shown.working).toEqual(stored);
      expect(shown.label).toEqual(map);
      return [...map];
    };
    const padded = on({ height: 4, width: 4, mode: "pad" }, [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0]);
    expect(padded).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8]);
    const cropped = on({ height: 2, width: 2, mode: "crop" }, [1, 2, 3, 4]);
    expect(cropped).toEqual([0, 1, 2, 0, 0, 3, 4, 0, 0, 1, 2, 0, 0, 3, 4, 0]);
  });
});
