/** `dimseg data add-masks`: masks find their images by name, are checked as others are, and no mask is ever written over. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { DataError, UsageError } from "../../../src/core/errors.js";
import { allCases, type Case, caseName, loadDataset } from "../../../src/data/dataset.js";
import { decodeCase } from "../../../src/data/decode.js";
import { png, put, putDatasetYaml, temporaryFolder } from "../../data/files.js";
import { putDataset } from "../../data/tiny.js";
import { dimseg } from "../trained-run.js";

const base = temporaryFolder();
let count = 0;

/** A data set of its own: nested cup and disc, mask values 2 and 1. */
function fresh(changes: Record<string, unknown> = {}) {
  const folder = join(base, `${count++}`);
  const yaml = putDataset(join(folder, "data"), changes);
  const masks = join(folder, "drawn");
  const caseOf = (name: string) => allCases(loadDataset(yaml)).find((one) => caseName(one) === name) as Case;
  return {
    ...{ folder, yaml, masks, caseOf, list: join(folder, "data/dataset-masks/masks.json") },
    draw: (name: string, values: readonly number[], side = 32) =>
      put(
        join(masks, name),
        png(
          side,
          side,
          Array.from({ length: side * side }, (_, i) => values[i % values.length]),
        ),
      ),
    add: (...options: string[]) => dimseg("data", "add-masks", yaml, masks, ...options),
    label: async (name: string) => (await decodeCase(loadDataset(yaml), caseOf(name))).label as Uint8Array,
  };
}

/** Cup and disc planes of one row of values as the data set codes them. */
const planes = (values: readonly number[], cup: number, discs: readonly number[]) =>
  [cup, discs].map((of) =>
    Array.from({ length: 1024 }, (_, i) => Number([of].flat().includes(values[i % values.length]))),
  );

describe("dimseg data add-masks", () => {
  it("puts masks over those of the data set, keeps these, and says who added which, when and in place of what", async () => {
    const { draw, add, yaml, caseOf, label, list } = fresh();
    const old = caseOf("b/train/1").maskPath as string;
    const bytes = readFileSync(old);
    draw("b/train/1.png", [0, 1, 2, 2]);
    await expect(add()).rejects.toThrow(UsageError);
    await expect(add()).rejects.toThrow(/b\/train\/1 has the mask .*1\.png, as 1 of 1 images have one; add --replace/);
    expect(existsSync(list)).toBe(false);
    const text = readFileSync(yaml, "utf8");
    const { out } = await add("--replace", "--by", "A. Reader");
    expect(out).toContain("Added 1 mask (1 of b)");
    expect(readFileSync(yaml, "utf8")).toBe(`${text}addedMasks: dataset-masks/masks.json\n`);
    expect(readFileSync(old)).toEqual(bytes);
    const [cup, disc] = planes([0, 1, 2, 2], 2, [1, 2]);
    expect([...(await label("b/train/1"))]).toEqual([...cup, ...disc]);
    const { masks } = JSON.parse(readFileSync(list, "utf8"));
    expect(masks).toMatchObject([
      { domain: "b", split: "train", id: "1", values: "dataset", by: "A. Reader", replaces: old },
    ]);
    expect(Date.now() - Date.parse(masks[0].at)).toBeLessThan(3_600_000);
    expect(readFileSync(join(dirname(list), masks[0].mask)).length).toBeGreaterThan(0);
    expect((await dimseg("data", "check", yaml)).out).toContain("0 errors");
  });

  it("adds to what was added before, and nothing twice", async () => {
    const { draw, add, list, label } = fresh();
    draw("b/train/1.png", [0, 1]);
    await add("--replace");
    const before = readFileSync(list, "utf8");
    expect((await add()).out).toBe("1 mask had been added before.");
    expect(readFileSync(list, "utf8")).toBe(before);
    draw("b/train/1.png", [2, 1]);
    draw("b/train/2.png", [1, 1]);
    expect((await add("--replace")).out).toContain("Added 2 masks (2 of b)");
    const entries = JSON.parse(readFileSync(list, "utf8")).masks as { id: string; replaces: string }[];
    expect(entries.map(({ id }) => id)).toEqual(["1", "2"]);
    // Not the mask that was added first, which the data set never had.
    expect(entries[0].replaces).toMatch(/b\/train\/masks\/1\.png$/);
    const [cup, disc] = planes([2, 1], 2, [1, 2]);
    expect([...(await label("b/train/1"))]).toEqual([...cup, ...disc]);
    expect(readdirSync(join(dirname(list), "b/train")).length).toBe(3);
  });

  it("reads values as predict writes them where it is told so: 1 the cup, 2 the disc around it", async () => {
    const { draw, add, label } = fresh();
    draw("b/train/0.png", [0, 1, 2]);
    await add("--replace", "--as-predicted");
    const [cup, disc] = planes([0, 1, 2], 1, [1, 2]);
    expect([...(await label("b/train/0"))]).toEqual([...cup, ...disc]);
  });

  it("finds images by id, by domain and id, and by domain, split and id", async () => {
    const { draw, add, list } = fresh();
    for (const name of ["6.png", "b/2.png", "a/test/0.png"]) draw(name, [1]);
    expect((await add("--replace")).out).toContain("Added 3 masks (2 of a, 1 of b)");
    const entries = JSON.parse(readFileSync(list, "utf8")).masks as Record<string, string>[];
    expect(entries.map(({ domain, split, id }) => `${domain}/${split}/${id}`).sort()).toEqual([
      "a/test/0",
      "a/train/6",
      "b/train/2",
    ]);
  });

  it.each([
    [
      "of no image",
      "b/train/9.png",
      [0, 1],
      32,
      DataError,
      /no image of .* is called b\/train\/9; name the mask as its/,
    ],
    [
      "that fits several",
      "1.png",
      [0, 1],
      32,
      DataError,
      /is called as a\/train\/1 and a\/test\/1; put it into a folder/,
    ],
    [
      "of another size",
      "b/train/1.png",
      [0, 1],
      16,
      DataError,
      /the mask is 16 x 16 pixels, but its image .*nothing was/,
    ],
    ["with an unknown value", "b/train/1.png", [0, 7], 32, DataError, /unknown label value 7 .*nothing was added/],
  ])("refuses a mask %s, and writes nothing", async (_, name, values, side, kind, sentence) => {
    const { draw, add, yaml, list } = fresh();
    const text = readFileSync(yaml, "utf8");
    draw("a/train/0.png", [0, 1]);
    draw(name, values, side);
    await expect(add("--replace")).rejects.toThrow(kind);
    await expect(add("--replace")).rejects.toThrow(sentence);
    expect(readFileSync(yaml, "utf8")).toBe(text);
    expect(existsSync(dirname(list))).toBe(false);
  });

  it("warns of empty masks, and of predictions that nobody corrected", async () => {
    const { draw, add, masks } = fresh();
    draw("b/train/1.png", [0]);
    expect((await add("--replace")).err).toMatch(
      /1\.png: is empty: b\/train\/1 counts as an image that shows no class/,
    );
    const path = draw("b/train/2.png", [1]);
    const { sha256 } = await import("../../../src/core/sha256.js");
    put(join(masks, "dimseg-predictions.sha256"), `${sha256(readFileSync(path))}  b/train/2.png\n`);
    expect((await add("--replace")).err).toMatch(/2\.png: is as `dimseg predict` wrote it, as are 1 of 1 masks/);
  });

  it("asks for its line where a file cannot be added to, and names what is missing from a list", async () => {
    const { draw, add, yaml, list } = fresh();
    draw("b/train/1.png", [0, 1]);
    const text = readFileSync(yaml, "utf8");
    writeFileSync(yaml, `${text}...\n`);
    await expect(add("--replace")).rejects.toThrow(
      /write the line addedMasks: dataset-masks\/masks\.json among its keys/,
    );
    writeFileSync(yaml, `${text}addedMasks: dataset-masks/masks.json\n`);
    expect(() => loadDataset(yaml)).toThrow(/the list of added masks is not there; restore it, or remove addedMasks/);
    writeFileSync(yaml, text);
    await add("--replace");
    put(list, readFileSync(list, "utf8").replace('"id": "1"', '"id": "99"'));
    expect(() => loadDataset(yaml)).toThrow(
      /has a mask of b\/train\/99, which is no case of the data set; remove that/,
    );
    put(list, "{");
    expect(() => loadDataset(yaml)).toThrow(/masks\.json: it is no JSON; restore it/);
  });

  it("gives masks to a domain that has none, also where every class has a file of its own", async () => {
    const folder = join(base, `${count++}`);
    const image = png(
      16,
      16,
      Array.from({ length: 256 }, (_, i) => i),
    );
    for (const id of ["1", "2"]) put(join(folder, `x/images/${id}.png`), image);
    put(join(folder, "x/discs/1.png"), png(16, 16, Array(256).fill(255)));
    const yaml = putDatasetYaml(folder, {
      labels: { kind: "files" },
      domains: [{ name: "x", train: { images: "x/images/{id}.png", masksByClass: { disc: "x/discs/{id}.png" } } }],
    });
    put(join(folder, "drawn/2.png"), png(16, 16, Array(256).fill(1)));
    const add = (...options: string[]) => dimseg("data", "add-masks", yaml, join(folder, "drawn"), ...options);
    await expect(add()).rejects.toThrow(
      /have a file for each class; draw one file with class numbers and add --as-pred/,
    );
    await add("--as-predicted");
    const dataset = loadDataset(yaml);
    for (const one of dataset.domains[0].cases("train"))
      expect([...((await decodeCase(dataset, one)).label as Uint8Array)]).toEqual(Array(256).fill(1));
  });
});
