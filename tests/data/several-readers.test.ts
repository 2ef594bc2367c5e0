/** Masks of several readers of one image: chosen or combined, ignored pixels, hashes, and how well readers agree. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DecodedCache } from "../../src/data/cache/decoded-cache.js";
import { maskFilesOf } from "../../src/data/case-files.js";
import { agreementText } from "../../src/data/check/agreement-text.js";
import { checkDataset } from "../../src/data/check/check.js";
import { loadDataset } from "../../src/data/dataset.js";
import { decodeCase } from "../../src/data/decode.js";
import { inspectFolder } from "../../src/data/inspect/inspect.js";
import { writeDatasetYaml } from "../../src/data/inspect/write-yaml.js";
import { checkDatasetFacts, formatDatasetFacts } from "../../src/runs/dataset-facts.js";
import { png, put, putDatasetYaml, temporaryFolder } from "./files.js";

const base = temporaryFolder();
let count = 0;
const side = 16;

const picture = (seed: number) =>
  png(
    side,
    side,
    Array.from({ length: side * side }, (_, i) => (i * 7 + seed * 13) % 251),
  );

type Pixel = (x: number, y: number) => number;
const drawn = (pixel: Pixel) =>
  png(
    side,
    side,
    Array.from({ length: side * side }, (_, i) => pixel(i % side, Math.floor(i / side))),
  );
const columns =
  (from: number, to: number, value = 1): Pixel =>
  (x) =>
    x >= from && x < to ? value : 0;

const labels = { kind: "values", map: { 0: "background", 1: "disc" } };

/** A set of one training image, with a mask of each reader. */
function setOf(readers: readonly Pixel[], rule?: string, changes: Record<string, unknown> = {}) {
  const folder = join(base, `set${count++}`);
  put(join(folder, "images/a.png"), picture(1));
  const patterns = readers.map((pixel, i) => {
    put(join(folder, `reader${i}/a.png`), drawn(pixel));
    return `reader${i}/{id}.png`;
  });
  const train = { images: "images/{id}.png", masks: patterns[0], otherReaders: patterns.slice(1) };
  const domains = [{ name: "A", ...(rule === undefined ? {} : { readers: rule }), train }];
  const path = putDatasetYaml(folder, { labels, domains, ...changes });
  return { folder, path, load: () => loadDataset(path) };
}

/** The first row of a case's label. */
async function rowOf({ load }: ReturnType<typeof setOf>): Promise<number[]> {
  const dataset = load();
  const { label } = await decodeCase(dataset, dataset.domains[0].cases("train")[0]);
  return [...(label as Uint8Array).subarray(0, side)];
}

const row = (pixel: Pixel) => Array.from({ length: side }, (_, x) => pixel(x, 0));
const three = [columns(2, 8), columns(4, 10), columns(4, 12)];

describe("readers of a domain", () => {
  it("are one mask: the first, or what more than half of them marked", async () => {
    expect(await rowOf(setOf(three))).toEqual(row(columns(2, 8)));
    expect(await rowOf(setOf(three, "first"))).toEqual(row(columns(2, 8)));
    expect(await rowOf(setOf(three, "majority"))).toEqual(row(columns(4, 10)));
    // Of two, what both marked.
    expect(await rowOf(setOf(three.slice(0, 2), "majority"))).toEqual(row(columns(4, 8)));
  });

  it("may have a file for every class, each reader his own", async () => {
    const folder = join(base, `set${count++}`);
    put(join(folder, "images/a.png"), picture(1));
    const marked: Record<string, Pixel>[] = [
      { disc: columns(2, 12, 255), cup: columns(5, 9, 255) },
      { disc: columns(2, 12, 255), cup: columns(6, 9, 255) },
      { disc: columns(3, 13, 255), cup: columns(6, 10, 255) },
    ];
    const [first, ...others] = marked.map((files, i) =>
      Object.fromEntries(
        Object.entries(files).map(([name, pixel]) => {
          put(join(folder, `${name}${i}/a.png`), drawn(pixel));
          return [name, `${name}${i}/{id}.png`];
        }),
      ),
    );
    const load = (readers: string, otherReaders: unknown[] = others) => {
      const train = { images: "images/{id}.png", masksByClass: first, otherReaders };
      const classes = ["cup", "disc"].map((name, index) => ({
        index,
        name,
        ...(index === 0 ? { inside: "disc" } : {}),
      }));
      const rules = { target: "sigmoid", classes, labels: { kind: "files" } };
      return loadDataset(putDatasetYaml(folder, { ...rules, domains: [{ name: "A", readers, train }] }));
    };
    const planes = async (readers: string) => {
      const dataset = load(readers);
      const label = (await decodeCase(dataset, dataset.domains[0].cases("train")[0])).label as Uint8Array;
      return [0, 1].map((plane) => [...label.subarray(plane * side * side, plane * side * side + side)]);
    };
    expect(await planes("first")).toEqual([row(columns(5, 9)), row(columns(2, 12))]);
    for (const rule of ["majority", "staple"])
      expect(await planes(rule)).toEqual([row(columns(6, 9)), row(columns(2, 12))]);
    expect(() => load("majority", ["disc1/{id}.png"])).toThrow(/otherReaders of one file beside masksByClass/);
    expect(() => load("majority", [{ rim: "disc1/{id}.png" }])).toThrow(/"rim" is not a class/);
  });

  it("are weighed by STAPLE, which listens to those that agree rather than to the number", async () => {
    // Readers 3 and 4 mark stripes that have nothing to do with each other or with the object; 0 to 2 agree nearly.
    const stripes =
      (offset: number): Pixel =>
      (x, y) =>
        (x * 5 + y * 3 + offset) % 4 < 2 ? 1 : 0;
    const readers = [columns(4, 10), columns(4, 10), columns(5, 10), stripes(0), stripes(1)];
    expect(await rowOf(setOf(readers, "staple"))).toEqual(row(columns(4, 10)));
  });

  it("choose among several classes, each by itself", async () => {
    const classes = [
      { index: 0, name: "background" },
      { index: 1, name: "disc" },
      { index: 2, name: "cup" },
    ];
    const map = { 0: "background", 1: "disc", 2: "cup" };
    const nested =
      (disc: [number, number], cup: [number, number]): Pixel =>
      (x) =>
        columns(...cup, 2)(x, 0) || columns(...disc)(x, 0);
    const readers = [nested([2, 12], [5, 9]), nested([2, 12], [6, 9]), nested([3, 13], [6, 10])];
    const expected = row(nested([2, 12], [6, 9]));
    for (const rule of ["majority", "staple"])
      expect(await rowOf(setOf(readers, rule, { classes, labels: { kind: "values", map } }))).toEqual(expected);
    const sigmoid = {
      target: "sigmoid",
      classes: [
        { index: 0, name: "disc" },
        { index: 1, name: "cup", inside: "disc" },
      ],
      labels: { kind: "values", map },
    };
    // The first plane is the disc with the cup in it.
    for (const rule of ["majority", "staple"])
      expect(await rowOf(setOf(readers, rule, sigmoid))).toEqual(row(columns(2, 12)));
  });

  it("have no say where they ignore a pixel, which is ignored where all of them do", async () => {
    const ignoring = { labels: { ...labels, ignore: 255 } };
    const readers: Pixel[] = [
      (x) => (x < 2 ? 255 : columns(4, 8)(x, 0)),
      (x) => (x < 3 ? 255 : columns(4, 8)(x, 0)),
      (x) => (x < 2 ? 255 : x === 2 ? 1 : x === 9 ? 255 : columns(4, 8)(x, 0)),
    ];
    // Column 2: one marked it, one did not, one has no say: a tie is not the object.
    const expected = row((x) => (x < 2 ? 255 : columns(4, 8)(x, 0)));
    for (const rule of ["majority", "staple"]) expect(await rowOf(setOf(readers, rule, ignoring))).toEqual(expected);
  });

  it("label an image that the first one did not mark", async () => {
    const set = setOf(three, "majority");
    put(join(set.folder, "images/b.png"), picture(2));
    put(join(set.folder, "reader1/b.png"), drawn(columns(3, 5)));
    const [, second] = set.load().domains[0].cases("train");
    expect(maskFilesOf(second).map(({ path }) => path)).toEqual([join(set.folder, "reader1/b.png")]);
    expect((await decodeCase(set.load(), second)).label?.[3]).toBe(1);
  });

  it("are named only where there are several", () => {
    const folder = join(base, `set${count++}`);
    const train = { images: "images/{id}.png", masks: "masks/{id}.png" };
    const path = putDatasetYaml(folder, { domains: [{ name: "A", readers: "majority", train }] });
    expect(() => loadDataset(path)).toThrow(/domains\[0\]\.readers needs masks of several readers/);
  });
});

describe("every reader's file", () => {
  it("counts in the hashes of a case where it counts in its mask, and in the cache", async () => {
    const contents = async (set: ReturnType<typeof setOf>) => {
      const dataset = set.load();
      const [one] = dataset.domains[0].cases("train");
      const cache = new DecodedCache(dataset, { folder: join(base, "cache") });
      return { ...(await cache.contentsOf(one)), label: [...((await cache.get(one)).label as Uint8Array)] };
    };
    for (const rule of ["first", "majority", "staple"]) {
      const set = setOf(three, rule);
      const before = await contents(set);
      expect(await contents(set)).toEqual(before);
      put(join(set.folder, "reader2/a.png"), drawn(columns(2, 8)));
      const after = await contents(set);
      expect(after.mask === before.mask).toBe(rule === "first");
      expect(after.image).toBe(before.image);
      if (rule === "majority") expect(after.label.slice(0, side)).toEqual(row(columns(2, 8)));
    }
    const masks = await Promise.all(
      ["majority", "staple"].map(async (rule) => (await contents(setOf(three, rule))).mask),
    );
    expect(masks[0]).not.toBe(masks[1]);
  });

  it("is combined as a run began, or the run does not go on", () => {
    const dataset = setOf(three, "majority").load();
    const facts = put(join(base, "facts.json"), formatDatasetFacts(dataset, "narrow"));
    expect(() => checkDatasetFacts(facts, dataset, false)).not.toThrow();
    expect(() => checkDatasetFacts(facts, { ...dataset, domainReaders: { A: "staple" } }, false)).toThrow(
      /domainReaders differ/,
    );
    expect(() => checkDatasetFacts(facts, setOf(three).load(), false)).toThrow(/domainReaders differ/);
  });
});

describe("inspect and check", () => {
  it("write the choice down, and say how well the readers agree", async () => {
    const folder = join(base, `set${count++}`);
    const left = [2, 3, 4, 5, 6, 7];
    left.forEach((from, i) => {
      put(join(folder, `A/i${i}.png`), picture(i));
      put(
        join(folder, `A/i${i}_1stHO.png`),
        drawn((x, y) => (y > 3 && y < 12 ? columns(from, from + 6, 255)(x, y) : 0)),
      );
      put(
        join(folder, `A/i${i}_2ndHO.png`),
        drawn((x, y) => (y > 3 && y < 12 ? columns(from, from + 3, 255)(x, y) : 0)),
      );
    });
    const path = join(folder, "dataset.yaml");
    writeDatasetYaml(await inspectFolder(folder), folder, path, false);
    const text = readFileSync(path, "utf8");
    expect(text).toMatch(/readers: first # .*majority.*staple/);
    const { readers, parts, problems } = await checkDataset(loadDataset(path));
    expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
    // 2 * 3 / (6 + 3) in every image.
    expect(readers).toMatchObject([{ domain: "A", rule: "first", cases: 6, readers: [2, 2] }]);
    expect(readers[0].dice[0]).toBeCloseTo(2 / 3, 12);
    expect(agreementText(readers[0], parts)).toMatch(
      /^domain A: 2 readers marked 6 images; Dice between them: foreground 66\.7 %, lowest 66\.7 % \(foreground, A\/.*\); readers: first$/,
    );
    put(path, text.replace("readers: first", "readers: staple"));
    expect((await checkDataset(loadDataset(path))).readers[0].rule).toBe("staple");
  });

  it("name a mask of another reader that cannot be read, as an error only where it counts", async () => {
    const severities = [];
    for (const rule of ["first", "majority"]) {
      const set = setOf(three, rule);
      put(join(set.folder, "reader2/a.png"), "no picture");
      const { problems } = await checkDataset(set.load());
      severities.push(problems.find(({ message }) => message.includes("reader2/a.png"))?.severity);
    }
    expect(severities).toEqual(["warning", "error"]);
  });
});
