/** Entries as memory: the arrays of decoding, bounded, and never those of a file that is no whole entry. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { type CacheOptions, DecodedCache } from "../../../src/data/cache/decoded-cache.js";
import { cacheFolder } from "../../../src/data/cache/entry-folder.js";
import { loadDataset } from "../../../src/data/dataset.js";
import { decodeCase, readCaseBytes } from "../../../src/data/decode.js";
import { sliceOf } from "../../../src/data/volumes/case-slices.js";
import { putDatasetYaml, temporaryFolder } from "../files.js";
import { putVolumes } from "../slices/bodies.js";
import { entriesBelow, putGreySet } from "./grey-set.js";

vi.mock("../../../src/data/decode.js", { spy: true });

const base = temporaryFolder();
let count = 0;
const makeSet = (cases: number) => putGreySet(join(base, `set${count++}`), cases);

describe("mapped entries", () => {
  it("hold what decoding gives, in every mode, fresh and found again", async () => {
    const { dataset, cases } = makeSet(6);
    const wanted = await Promise.all(cases.map((one) => decodeCase(dataset, one)));
    const ways: CacheOptions[] = [
      { mode: "disk" },
      { mode: "disk", memoryBytes: 1500 },
      { mode: "auto", memoryBytes: 1100 },
      { mode: "auto", memoryBytes: 0 },
      { mode: "memory", memoryBytes: 1100 },
    ];
    for (const options of ways)
      for (const _ of ["fresh", "again"]) {
        const cache = new DecodedCache(dataset, options);
        for (const turn of [1, 2, 3])
          for (const [i, one] of cases.entries()) expect(await cache.get(one), `turn ${turn}`).toEqual(wanted[i]);
      }
  });

  it("hold float values and labels of volumes, and slices of them", async () => {
    const root = join(base, "volumes");
    putVolumes(root, 1);
    const train = { images: "A/images/{id}.nii.gz", masks: "A/masks/{id}.nii.gz" };
    const set = {
      slices: "axial",
      intensity: { zscore: "all" },
      resize: { size: 32 },
      domains: [{ name: "A", train }],
    };
    const dataset = loadDataset(putDatasetYaml(root, set));
    const [one] = dataset.domains[0].cases("train");
    const wanted = await decodeCase(dataset, one);
    for (const _ of ["fresh", "again"]) {
      const cache = new DecodedCache(dataset, { mode: "disk" });
      const mapped = await cache.get(one);
      expect(mapped.image).toBeInstanceOf(Float32Array);
      expect(mapped).toEqual(wanted);
      expect(sliceOf(mapped, 1)).toEqual(sliceOf(wanted, 1));
      expect([cache.bytesInMemory, cache.bytesMapped > 0]).toEqual([0, true]);
    }
  });

  it("stay within the bound, and leave who still looks at one with its values", async () => {
    const { dataset, cases } = makeSet(8);
    const cache = new DecodedCache(dataset, { mode: "disk", memoryBytes: 4000 });
    const first = await cache.get(cases[1]);
    for (const one of [...cases, ...cases]) {
      await cache.get(one);
      expect(cache.bytesMapped).toBeLessThanOrEqual(4000);
    }
    expect(await cache.get(cases[1])).not.toBe(first);
    expect(first).toEqual(await decodeCase(dataset, cases[1]));
  });

  it("of a memory that is full never push out what it holds", async () => {
    const { dataset, cases } = makeSet(6);
    const cache = new DecodedCache(dataset, { memoryBytes: 1024 });
    const [first, second] = [await cache.get(cases[0]), await cache.get(cases[1])];
    for (const one of cases) await cache.get(one);
    expect(cache.bytesInMemory).toBe(1024);
    expect(await cache.get(cases[0])).toBe(first);
    expect(await cache.get(cases[1])).toBe(second);
  });

  it("are not decoded again, nor their originals read, however small the bound", async () => {
    const { dataset, cases } = makeSet(4);
    const cache = new DecodedCache(dataset, { mode: "disk", memoryBytes: 1 });
    await cache.prepare(cases);
    vi.mocked(readCaseBytes).mockClear();
    for (const one of [...cases, ...cases]) await cache.get(one);
    expect(readCaseBytes).not.toHaveBeenCalled();
  });

  it("are made again when they were cut, replaced or removed between two looks", async () => {
    const { dataset, cases } = makeSet(4);
    const wanted = await decodeCase(dataset, cases[0]);
    const cache = new DecodedCache(dataset, { mode: "disk", memoryBytes: 1 });
    await cache.get(cases[0]);
    const [own] = entriesBelow(cacheFolder(dataset));
    const good = readFileSync(own);
    await cache.get(cases[1]);
    const other = entriesBelow(cacheFolder(dataset)).find((path) => path !== own) as string;
    const flipped = Buffer.from(good);
    flipped[good.length - 1] ^= 1;
    const damages = [
      // By a new file each: cutting a file that is mapped is what nobody may do.
      () => put(own, good.subarray(0, good.length - 10)),
      () => put(own, flipped),
      () => put(own, Buffer.alloc(0)),
      () => put(own, Buffer.from("not an entry at all")),
      () => put(own, readFileSync(other)),
      () => rmSync(own),
    ];
    for (const damage of damages) {
      await cache.get(cases[1]);
      damage();
      expect(await cache.get(cases[0])).toEqual(wanted);
      expect(readFileSync(own).equals(good)).toBe(true);
    }
    put(other, good);
    expect(await new DecodedCache(dataset, { mode: "disk" }).get(cases[1])).toEqual(
      await decodeCase(dataset, cases[1]),
    );
  });

  it("keep what is written into them by mistake to themselves", async () => {
    const { dataset, cases } = makeSet(3);
    const wanted = await decodeCase(dataset, cases[1]);
    const mapped = await new DecodedCache(dataset, { mode: "disk" }).get(cases[1]);
    mapped.image.fill(77);
    expect(await new DecodedCache(dataset, { mode: "disk" }).get(cases[1])).toEqual(wanted);
  });
});

/** A file in the place of another, as a rename puts it there. */
function put(path: string, bytes: Uint8Array): void {
  rmSync(path, { force: true });
  writeFileSync(path, bytes);
}
