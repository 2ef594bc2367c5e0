import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crc32, extractZip, listZip } from "../../scripts/setup/zip.mjs";
import { type ZipEntry, zipArchive } from "./zip-archive.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dimseg-zip-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

/** Writes an archive and unpacks it; returns the target folder. */
async function unpack(archive: Buffer, options = {}): Promise<string> {
  const path = join(folder, `${++count}.zip`);
  const target = join(folder, `${count}`);
  writeFileSync(path, archive);
  await extractZip(path, target, options);
  return target;
}

const text = (name: string, more: Partial<ZipEntry> = {}): ZipEntry => ({
  name,
  content: Buffer.from(`content of ${name}`),
  ...more,
});

describe("zip reader", () => {
  it("computes the standard's check value", () => {
    expect(crc32(Buffer.from("123456789"))).toBe(0xcbf43926);
    expect(crc32(Buffer.from("6789"), crc32(Buffer.from("12345")))).toBe(0xcbf43926);
  });

  it("unpacks stored, deflated, empty and zip64 entries, in folders, with an archive comment", async () => {
    const entries = [
      text("a/stored"),
      text("a/b/deflated", { deflate: true }),
      text("wide", { deflate: true, zip64: true }),
      { name: "empty", content: Buffer.alloc(0) },
      { name: "folder/", content: Buffer.alloc(0) },
    ];
    const target = await unpack(zipArchive(entries, "a comment"));
    for (const { name, content } of entries.slice(0, 4)) expect(readFileSync(join(target, name))).toEqual(content);
    expect(readdirSync(join(target, "folder"))).toEqual([]);
  });

  it("streams entries larger than its buffers, reports progress and takes only what is selected", async () => {
    const content = Buffer.concat([randomBytes(3 << 20), Buffer.alloc(3 << 20)]);
    const archive = zipArchive([{ name: "big", content, deflate: true }, { name: "plain", content }, text("other")]);
    const seen: number[] = [];
    const target = await unpack(archive, {
      select: (name: string) => name !== "other",
      onProgress: (done: number, total: number) => seen.push(done / total),
    });
    expect(readFileSync(join(target, "big")).equals(content)).toBe(true);
    expect(readFileSync(join(target, "plain")).equals(content)).toBe(true);
    expect(existsSync(join(target, "other"))).toBe(false);
    expect(seen.length).toBeGreaterThan(4);
    expect(seen.at(-1)).toBe(1);
  });

  it("gives back any contents under any names", async () => {
    const name = fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8}){0,2}\.bin$/);
    const entry = fc.record({
      name,
      content: fc.uint8Array({ maxLength: 2000 }).map(Buffer.from),
      deflate: fc.boolean(),
    });
    const list = fc.uniqueArray(entry, { maxLength: 8, selector: ({ name: key }) => key });
    await fc.assert(
      fc.asyncProperty(list, async (entries) => {
        const target = await unpack(zipArchive(entries));
        for (const { name: key, content } of entries) expect(readFileSync(join(target, key))).toEqual(content);
      }),
      { numRuns: 30 },
    );
  });

  it("refuses an archive cut off anywhere", async () => {
    const archive = zipArchive([text("one", { deflate: true }), text("two")]);
    for (let length = 0; length < archive.length; length++) {
      const path = join(folder, "cut.zip");
      writeFileSync(path, archive.subarray(0, length));
      await expect(listZip(path)).rejects.toThrow(/cut\.zip.*not completely downloaded/);
    }
  });

  it("refuses wrong checksums and lengths, small and streamed", async () => {
    const big = { name: "big", content: randomBytes(2 << 20) };
    const broken: ZipEntry[] = [
      text("crc", { crc: 1 }),
      text("crc", { crc: 1, deflate: true }),
      text("longer", { deflate: true, size: 5 }),
      text("shorter", { deflate: true, size: 500 }),
      { ...big, crc: 1 },
      { ...big, crc: 1, deflate: true },
      { ...big, size: 1_500_000, deflate: true },
    ];
    for (const entry of broken) await expect(unpack(zipArchive([entry]))).rejects.toThrow(/entry \w+ is damaged/);
  });

  it("refuses deflated data that is none", async () => {
    await expect(unpack(zipArchive([text("noise", { method: 8 })]))).rejects.toThrow("entry noise is damaged");
  });

  it("refuses names that leave the folder, unknown methods and encryption", async () => {
    for (const name of ["../up", "a/../../up", "/root", "a\\b", "nul\0"]) {
      await expect(unpack(zipArchive([text(name)]))).rejects.toThrow("unsafe name");
    }
    await expect(unpack(zipArchive([text("x", { method: 12 })]))).rejects.toThrow("unsupported method 12");
    await expect(unpack(zipArchive([text("x", { flags: 1 })]))).rejects.toThrow("encrypted");
  });
});
