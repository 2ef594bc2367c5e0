/** Threads that decode: the arrays and the errors of this one, and one folder that several fill at once. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DataError } from "../../../src/core/errors.js";
import { DecodedCache } from "../../../src/data/cache/decoded-cache.js";
import { DecodingThreads } from "../../../src/data/cache/decoding-threads.js";
import { readEntry } from "../../../src/data/cache/entry.js";
import { decodeCase } from "../../../src/data/decode.js";
import { png, put, temporaryFolder } from "../files.js";
import { entriesBelow, putGreySet } from "./grey-set.js";

const base = temporaryFolder();

describe("decoding threads", () => {
  it("give what decoding gives, with and without the disk cache, to several at once", async () => {
    const { dataset, cases } = putGreySet(join(base, "set"), 12);
    const folder = join(base, "cache");
    const [one, other] = [new DecodingThreads(dataset, dataset.size, 1), new DecodingThreads(dataset, dataset.size, 1)];
    const wanted = await Promise.all(cases.map((each) => decodeCase(dataset, each)));
    const both = [one, other].flatMap((threads) =>
      cases.map((each) => threads.load({ one: each, folder, mayWrite: true, needsArrays: true })),
    );
    const loaded = await Promise.all(both);
    loaded.forEach(({ decoded }, i) => {
      expect(decoded).toEqual(wanted[i % cases.length]);
    });
    expect(entriesBelow(folder)).toHaveLength(cases.length);
    const [first] = loaded;
    expect(readEntry(first.entry?.path as string, cases[0])?.decoded).toEqual(wanted[0]);
    const light = await one.load({ one: cases[3], folder, mayWrite: true, needsArrays: false });
    expect([light.decoded, light.entry?.path]).toEqual([undefined, loaded[3].entry?.path]);
    const without = await one.load({ one: cases[3], mayWrite: false, needsArrays: false });
    expect([without.decoded, without.entry]).toEqual([wanted[3], undefined]);
  }, 60_000);

  it("name a broken file as this thread does, and go on with others", async () => {
    const { folder, dataset, cases } = putGreySet(join(base, "broken"), 3);
    put(join(folder, "images/001.png"), png(16, 16, Array(256).fill(1)).subarray(0, 50));
    const threads = new DecodingThreads(dataset, dataset.size, 1);
    const load = (i: number) => threads.load({ one: cases[i], mayWrite: false, needsArrays: true });
    const expected = await decodeCase(dataset, cases[1]).catch((error: Error) => error);
    await expect(load(1)).rejects.toThrow(DataError);
    await expect(load(1)).rejects.toThrow((expected as Error).message);
    expect((await load(2)).decoded).toEqual(await decodeCase(dataset, cases[2]));
  }, 60_000);

  it("take over in a set of more than a few images, with the same arrays in every mode", async () => {
    const { dataset, cases } = putGreySet(join(base, "many"), 40);
    for (const mode of ["auto", "memory", "disk"] as const) {
      const cache = new DecodedCache(dataset, { mode, threads: 1, memoryBytes: 2000 });
      await cache.prepare(cases);
      for (const one of cases.slice(-10)) expect(await cache.get(one)).toEqual(await decodeCase(dataset, one));
    }
  }, 60_000);
});
