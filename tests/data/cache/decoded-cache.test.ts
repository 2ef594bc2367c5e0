/** The cache: same arrays as decoding, bounded memory, and never an old or damaged answer. */
import {
  chmodSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { DecodedCache } from "../../../src/data/cache/decoded-cache.js";
import { cacheFolder } from "../../../src/data/cache/entry-folder.js";
import { loadDataset } from "../../../src/data/dataset.js";
import { decodeCase, readCaseBytes } from "../../../src/data/decode.js";
import { mapLimited } from "../../../src/data/limited.js";
import { png, put, putDatasetYaml, temporaryFolder } from "../files.js";

vi.mock("../../../src/data/decode.js", { spy: true });

const base = temporaryFolder();
let count = 0;

/** A set of `cases` grey images of 16 x 16 (256 bytes) with masks, the last one without. */
function makeSet(cases = 4) {
  const folder = join(base, `set${count++}`);
  for (let i = 0; i < cases; i++) {
    put(join(folder, `images/${i}.png`), png(16, 16, Array(256).fill(i)));
    if (i < cases - 1) put(join(folder, `masks/${i}.png`), png(16, 16, Array(256).fill(i % 2)));
  }
  const train = { images: "images/{id}.png", masks: "masks/{id}.png" };
  const dataset = loadDataset(putDatasetYaml(folder, { domains: [{ name: "a", train }] }));
  return { folder, dataset, cases: dataset.domains[0].cases("train") };
}

const entries = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".safetensors"))
    .map((name) => join(folder, name));

describe("DecodedCache", () => {
  it("gives what decoding gives, from memory and from disk", async () => {
    const { dataset, cases } = makeSet();
    for (const cache of [new DecodedCache(dataset), new DecodedCache(dataset)])
      for (const one of [...cases, ...cases]) expect(await cache.get(one)).toEqual(await decodeCase(dataset, one));
    expect(entries(cacheFolder(dataset)).length).toBe(4);
    const memory = new DecodedCache(dataset);
    expect(await memory.get(cases[0])).toBe(await memory.get(cases[0]));
  });

  it("counts progress and decodes a case asked for twice at once only once", async () => {
    const { dataset, cases } = makeSet();
    const cache = new DecodedCache(dataset, { folder: false });
    const [first, second] = await Promise.all([cache.get(cases[0]), cache.get(cases[0])]);
    expect(first).toBe(second);
    const seen: number[] = [];
    await cache.prepare(cases, (done) => seen.push(done));
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(cache.bytesInMemory).toBe(4 * 256 + 3 * 256);
  });

  it("stays within its memory bound and drops the least recently used", async () => {
    const { dataset, cases } = makeSet();
    const cache = new DecodedCache(dataset, { folder: false, memoryBytes: 2 * 512 });
    const first = await cache.get(cases[0]);
    await cache.get(cases[1]);
    expect(await cache.get(cases[0])).toBe(first);
    await cache.get(cases[2]);
    expect(cache.bytesInMemory).toBe(1024);
    expect(await cache.get(cases[0])).toBe(first);
  });

  it("makes a damaged entry again: truncated, or one bit flipped at any place", async () => {
    const { dataset, cases } = makeSet(2);
    const wanted = await decodeCase(dataset, cases[0]);
    await new DecodedCache(dataset).get(cases[0]);
    const [path] = entries(cacheFolder(dataset));
    const good = readFileSync(path);
    for (let at = 0; at < good.length; at += 37) {
      const damaged = Buffer.from(good);
      damaged[at] ^= 1 << (at % 8);
      writeFileSync(path, damaged);
      expect(await new DecodedCache(dataset).get(cases[0])).toEqual(wanted);
      expect(readFileSync(path).equals(good)).toBe(true);
    }
    truncateSync(path, 100);
    expect(await new DecodedCache(dataset).get(cases[0])).toEqual(wanted);
    expect(statSync(path).size).toBe(good.length);
  });

  it("never answers a changed file, label rule or size with old arrays", async () => {
    const { folder, dataset, cases } = makeSet(2);
    const before = await new DecodedCache(dataset).get(cases[0]);
    put(join(folder, "images/0.png"), png(16, 16, Array(256).fill(200)));
    const after = await new DecodedCache(dataset).get(cases[0]);
    expect([before.image[0], after.image[0]]).toEqual([0, 200]);
    expect((await new DecodedCache(dataset, { size: 8 }).get(cases[0])).image.length).toBe(64);
    const labels = { kind: "values" as const, map: { 0: "disc", 1: "background" } };
    const swapped = await new DecodedCache({ ...dataset, labels }).get(cases[0]);
    expect([after.label?.[0], swapped.label?.[0]]).toEqual([0, 1]);
  });

  it("keeps how shapes were kept, and each way apart", async () => {
    const { dataset, cases } = makeSet(2);
    for (const mode of ["stretch", "pad", "crop"] as const)
      for (const _ of ["decoded", "read back"]) {
        const size = { height: 8, width: 12, mode };
        const cached = await new DecodedCache(dataset, { size }).get(cases[1]);
        expect(cached).toEqual(await decodeCase(dataset, cases[1], size));
        expect(cached.mode).toBe(mode === "stretch" ? undefined : mode);
      }
  });

  it("does not read the originals of an unchanged case twice, however small the memory", async () => {
    const { dataset, cases } = makeSet(2);
    const cache = new DecodedCache(dataset, { memoryBytes: 0 });
    const first = await cache.get(cases[0]);
    vi.mocked(readCaseBytes).mockClear();
    expect(await cache.get(cases[0])).toEqual(first);
    expect(cache.bytesInMemory).toBe(0);
    expect(readCaseBytes).not.toHaveBeenCalled();
    const [entry] = entries(cacheFolder(dataset));
    truncateSync(entry, 100);
    expect(await cache.get(cases[0])).toEqual(first);
    expect(readCaseBytes).toHaveBeenCalledTimes(1);
  });

  it("notices changed contents under the old size, name and modification time", async () => {
    const { folder, dataset, cases } = makeSet(3);
    const path = join(folder, "images/1.png");
    const facts = () => [statSync(path).size, statSync(path).mtimeMs, statSync(path).ino];
    utimesSync(path, 1e9, 1e9);
    const before = facts();
    const cache = new DecodedCache(dataset, { memoryBytes: 0 });
    expect((await cache.get(cases[1])).image[0]).toBe(1);
    put(path, png(16, 16, Array(256).fill(7)));
    utimesSync(path, 1e9, 1e9);
    expect(facts()).toEqual(before);
    expect((await cache.get(cases[1])).image[0]).toBe(7);
  });

  it("does not take an entry that was copied under another's name", async () => {
    const { dataset, cases } = makeSet(3);
    const wanted = await decodeCase(dataset, cases[0]);
    await new DecodedCache(dataset).get(cases[0]);
    const [own] = entries(cacheFolder(dataset));
    await new DecodedCache(dataset).get(cases[1]);
    const other = entries(cacheFolder(dataset)).find((entry) => entry !== own) as string;
    copyFileSync(other, own);
    expect(await new DecodedCache(dataset).get(cases[0])).toEqual(wanted);
  });

  it("goes on without the disk and says so once when it cannot be written", async () => {
    const { folder, dataset, cases } = makeSet();
    const blocked = put(join(folder, "blocked"), "a file where the cache folder should be");
    chmodSync(blocked, 0o444);
    const onWarning = vi.fn();
    const cache = new DecodedCache(dataset, { folder: blocked, onWarning });
    await cache.prepare(cases);
    expect(onWarning).toHaveBeenCalledTimes(1);
    expect(onWarning.mock.calls[0][0]).toMatch(/blocked.*; going on without the disk cache$/);
  });

  it("names the broken file and leaves no entry of it", async () => {
    const { folder, dataset, cases } = makeSet();
    put(join(folder, "images/1.png"), png(16, 16, Array(256).fill(1)).subarray(0, 50));
    await expect(new DecodedCache(dataset).prepare(cases)).rejects.toThrow(/images\/1\.png: the PNG is truncated/);
    expect(entries(cacheFolder(dataset)).length).toBeLessThan(4);
  });

  it("lies beside the dataset.yaml unless DIMSEG_CACHE says where", () => {
    const { folder, dataset } = makeSet();
    expect(cacheFolder(dataset)).toBe(join(folder, ".cache", "dimseg"));
    vi.stubEnv("DIMSEG_CACHE", join(base, "elsewhere"));
    expect(cacheFolder(dataset)).toBe(join(base, "elsewhere"));
    vi.unstubAllEnvs();
  });
});

describe("mapLimited", () => {
  it("keeps the order and the limit, and stops at the first failure", async () => {
    let running = 0;
    let most = 0;
    const doubled = await mapLimited([1, 2, 3, 4, 5], 2, async (value) => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      return 2 * value;
    });
    expect(doubled).toEqual([2, 4, 6, 8, 10]);
    expect(most).toBe(2);
    const started: number[] = [];
    const failing = mapLimited([0, 1, 2, 3, 4, 5], 2, async (value) => {
      started.push(value);
      if (value === 1) throw new Error("one");
    });
    await expect(failing).rejects.toThrow("one");
    expect(started.length).toBeLessThan(6);
  });
});
