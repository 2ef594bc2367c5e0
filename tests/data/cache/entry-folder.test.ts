/** The room of the disk cache: what goes when it is full, and what does not. */
import { existsSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DecodedCache } from "../../../src/data/cache/decoded-cache.js";
import { EntryFolder } from "../../../src/data/cache/entry-folder.js";
import { decodeCase } from "../../../src/data/decode.js";
import { put, temporaryFolder } from "../files.js";
import { entriesBelow, putGreySet } from "./grey-set.js";

const base = temporaryFolder();
let count = 0;
const folderOf = () => join(base, `folder${count++}`);
const keyOf = (digit: number) => String(digit).repeat(64);
const pathOf = (folder: string, key: string) => join(folder, key.slice(0, 2), `${key}.safetensors`);

/** An entry of 100 bytes that was read so many days ago. */
function putEntry(folder: string, key: string, days: number): string {
  const path = put(pathOf(folder, key), Buffer.alloc(100));
  const then = Date.now() / 1000 - days * 86_400;
  utimesSync(path, then, then);
  return path;
}

describe("the room of the disk cache", () => {
  it("is made by what was read longest ago, and not by what is in use", async () => {
    const folder = folderOf();
    const [used, oldest, older, newest] = [9, 8, 7, 1].map((days) => putEntry(folder, keyOf(days), days));
    const room = new EntryFolder(folder, 350);
    room.use(keyOf(9));
    expect(await room.hasRoom()).toBe(true);
    expect([used, oldest, older, newest].map((path) => existsSync(path))).toEqual([true, false, true, true]);
  });

  it("is none where everything is in use, and nothing is removed then", async () => {
    const folder = folderOf();
    const paths = [1, 2, 3].map((digit) => putEntry(folder, keyOf(digit), digit));
    const room = new EntryFolder(folder, 300);
    for (const digit of [1, 2, 3]) room.use(keyOf(digit));
    expect(await room.hasRoom()).toBe(false);
    expect(paths.every((path) => existsSync(path))).toBe(true);
  });

  it("counts what is written, and leaves files that are no entries alone", async () => {
    const folder = folderOf();
    const foreign = put(join(folder, "11", "notes.txt"), Buffer.alloc(1000));
    const room = new EntryFolder(folder, 250);
    expect(await room.hasRoom()).toBe(true);
    for (const digit of [1, 2, 3]) {
      putEntry(folder, keyOf(digit), 0);
      room.use(keyOf(digit), 100);
    }
    expect(await room.hasRoom()).toBe(false);
    expect(existsSync(foreign)).toBe(true);
  });

  it("gets rid of what a killed run left half-written, a day later", async () => {
    const folder = folderOf();
    const key = keyOf(4);
    const name = (n: number) => join(folder, "44", `.${key}.safetensors.${n}.0123abcd.tmp`);
    const [left, recent] = [put(name(1), "half"), put(name(2), "half")];
    const then = Date.now() / 1000 - 2 * 86_400;
    utimesSync(left, then, then);
    await new EntryFolder(folder, 1000).hasRoom();
    expect([left, recent].map((path) => existsSync(path))).toEqual([false, true]);
  });

  it("bounds a set that is larger: the first cases stay, the others are decoded each time", async () => {
    const { dataset, cases } = putGreySet(folderOf(), 10);
    const folder = folderOf();
    const cache = new DecodedCache(dataset, { folder, memoryBytes: 0, diskBytes: 4 * 512 });
    for (const turn of [1, 2])
      for (const one of cases) expect(await cache.get(one), `turn ${turn}`).toEqual(await decodeCase(dataset, one));
    const kept = entriesBelow(folder);
    expect(kept.length).toBeGreaterThan(1);
    expect(kept.length).toBeLessThan(8);
    for (const one of cases) await cache.get(one);
    expect(entriesBelow(folder)).toEqual(kept);
  });
});
