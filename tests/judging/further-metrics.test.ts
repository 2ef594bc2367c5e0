/** Surface Dice, volume error and lesions beside the usual metrics: measured as asked, kept and averaged as those are. */
import { describe, expect, it } from "vitest";
import { evaluateMask } from "../../src/evaluation/evaluate-mask.js";
import { usualLesionRule } from "../../src/evaluation/lesions.js";
import type { PartScore } from "../../src/judging/evaluate-network.js";
import { furtherScores } from "../../src/judging/further-metrics.js";
import { parseScores, scoresCsv } from "../../src/judging/scores-csv.js";
import { summarise } from "../../src/judging/summarise.js";

const shape = [1, 8];
const wanted = { nsd: 1, volumes: true, lesions: true };
const measure = (prediction: number[], reference: number[]) =>
  furtherScores(
    evaluateMask(Uint8Array.from(prediction), Uint8Array.from(reference), {
      ...{ shape, convention: "midss", surfaceDiceTolerances: [1], lesions: usualLesionRule },
    }),
    wanted,
  );

describe("furtherScores", () => {
  it("counts voxels and lesions", () => {
    expect(measure([1, 1, 0, 0, 1, 0, 0, 1], [1, 1, 1, 0, 1, 0, 0, 0])).toEqual({
      ...{ nsd: expect.any(Number), volume: 4, referenceVolume: 4, volumeError: 0 },
      ...{ lesions: 3, referenceLesions: 2, matchedLesions: 2, lesionF1: 0.8 },
    });
    expect(measure([1, 1, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0]).volumeError).toBe(0.5);
  });

  it("has no error of nothing, and gives only what was asked for", () => {
    const empty = Array(8).fill(0);
    expect(measure(empty, empty)).toMatchObject({ volumeError: NaN, lesionF1: NaN, nsd: 1 });
    const measured = evaluateMask(Uint8Array.from(empty), Uint8Array.from(empty), { shape, convention: "midss" });
    expect(furtherScores(measured, {})).toEqual({});
  });
});

describe("cases and summaries", () => {
  const row = (domain: string, id: string, further: Partial<PartScore>): PartScore => ({
    ...{
      domain,
      id,
      subject: id,
      part: "lesion",
      dice: 0.5,
      jaccard: 0.4,
      hd: 2,
      hd95: 2,
      asd: 1,
      assd: 1,
      empty: "none",
    },
    ...further,
  });
  const scores = [
    row("a", "1", { nsd: 0.5, volume: 3, referenceVolume: 2, volumeError: 0.5 }),
    row("a", "2", { nsd: 0.7, volume: 0, referenceVolume: 0, volumeError: NaN }),
    row("b", "3", { nsd: 1, volume: 2, referenceVolume: 2, volumeError: 0 }),
  ];

  it("have their columns in the file, and come back from it", () => {
    const text = scoresCsv(scores);
    expect(text.split("\n")[0]).toMatch(/,empty,nsd,volume,referenceVolume,volumeError$/);
    expect(parseScores(text, "cases.csv")).toEqual(scores);
  });

  it("have means over domains, with undefined ones left out", () => {
    const { average, domains, gap } = summarise(scores, { labelledDomain: "a" });
    expect(average.nsd?.mean).toBeCloseTo((0.6 + 1) / 2, 12);
    expect(average.volumeError).toMatchObject({ mean: 0.25, undefinedValues: 1 });
    expect(average.lesionF1).toBeUndefined();
    expect(domains[0].parts.lesion.nsd?.mean).toBeCloseTo(0.6, 12);
    expect(Object.keys(gap ?? {})).toEqual(["dice", "jaccard", "hd95", "asd"]);
  });

  it("are missing where they were not measured", () => {
    const plain = scores.map(({ nsd: _, volume: __, referenceVolume: ___, volumeError: ____, ...usual }) => usual);
    expect(scoresCsv(plain).split("\n")[0]).toMatch(/,empty$/);
    expect(Object.keys(summarise(plain).average)).toEqual(["dice", "jaccard", "hd95", "asd"]);
  });
});
