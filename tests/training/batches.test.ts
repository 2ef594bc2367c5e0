/** Batches asked for ahead of their step: the same ones, in order, and never more than were asked for. */
import { describe, expect, it } from "vitest";
import type { Augmenter } from "../../src/augment/index.js";
import { DataError } from "../../src/core/errors.js";
import type { Dataset } from "../../src/data/dataset.js";
import type { DecodedCase } from "../../src/data/decoded-case.js";
import { Batches } from "../../src/training/batches/batches.js";
import type { DrawSource } from "../../src/training/batches/draw-source.js";

const numbered = (number: number) => ({ image: Uint8Array.of(number) }) as DecodedCase;

/** A place far away: numbers are asked for, images come later and in any order. */
class FarAway implements DrawSource {
  readonly length = 20;
  readonly asked: number[] = [];
  underWay = 0;
  most = 0;

  constructor(private readonly broken: number[] = []) {}

  async get(indices: readonly number[], { iteration }: { iteration: number }): Promise<DecodedCase[]> {
    this.asked.push(iteration);
    this.most = Math.max(this.most, ++this.underWay);
    for (let turns = (iteration * 7) % 5; turns >= 0; turns--) await new Promise(setImmediate);
    this.underWay--;
    if (this.broken.includes(iteration)) throw new DataError(`broken in ${iteration}`);
    return indices.map(numbered);
  }
}

function batchesOf(source: DrawSource, count: number, iterations = 12) {
  return new Batches({
    dataset: {} as Dataset,
    draws: { labelled: source, unlabelled: { length: 0, get: async () => [] }, domains: [] },
    ...{ labelledBatch: 3, unlabelledBatch: 0, seed: 5, augmenter: {} as Augmenter, device: "cpu" },
    normalisation: "levels" as never,
    ahead: { count, iterations },
  });
}

const numbersOf = async (batches: Batches, iteration: number) =>
  (await batches.fetch(iteration)).labelled.map(({ image }) => image[0]);

describe("batches ahead of their step", () => {
  it("are those that come without, each asked for once and none beyond the last step", async () => {
    const [plain, source] = [batchesOf(new FarAway(), 0), new FarAway()];
    const ahead = batchesOf(source, 3);
    for (let i = 0; i < 12; i++) expect(await numbersOf(ahead, i)).toEqual(await numbersOf(plain, i));
    expect([...source.asked].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(source.most).toBeLessThanOrEqual(4);
  });

  it("are asked for before the step that needs them", async () => {
    const source = new FarAway();
    const ahead = batchesOf(source, 2);
    await ahead.fetch(4);
    expect(source.asked).toEqual([4, 5, 6]);
  });

  it("fail in their own step", async () => {
    const ahead = batchesOf(new FarAway([2]), 3);
    for (const i of [0, 1]) expect(await numbersOf(ahead, i)).toHaveLength(3);
    await new Promise((resolve) => setImmediate(resolve));
    await expect(ahead.fetch(2)).rejects.toThrow("broken in 2");
  });
});
