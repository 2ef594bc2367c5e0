/** Label rules of single domains, nearest colours, and what follows them: decoding, cache, facts of runs, checks. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DecodedCache } from "../../src/data/cache/decoded-cache.js";
import { checkDataset } from "../../src/data/check/check.js";
import { loadDataset } from "../../src/data/dataset.js";
import { decodeCase } from "../../src/data/decode.js";
import { createLabelDecoder, ignoresPixels } from "../../src/data/masks/labels.js";
import { checkDatasetFacts, formatDatasetFacts } from "../../src/runs/dataset-facts.js";
import { png, put, putDatasetYaml, temporaryFolder } from "./files.js";
import { stored } from "./stored.js";

const base = temporaryFolder();
let count = 0;

const picture = (seed: number) =>
  png(
    16,
    16,
    Array.from({ length: 256 }, (_, i) => (i * 7 + seed * 13) % 251),
  );
const half = (first: number, second: number) =>
  png(
    16,
    16,
    Array.from({ length: 256 }, (_, i) => (i < 160 ? first : second)),
  );

/** Domains a and b, each a training and a test case with these masks. */
function setOf(masks: Record<"a" | "b", { train: Buffer; test: Buffer }>, changes: Record<string, unknown>) {
  const folder = join(base, `set${count++}`);
  const split = (domain: string, part: string) => ({
    images: `${domain}/${part}/images/{id}.png`,
    masks: `${domain}/${part}/masks/{id}.png`,
  });
  Object.entries(masks).forEach(([domain, parts], i) => {
    Object.entries(parts).forEach(([part, mask], k) => {
      put(join(folder, domain, part, "images/x.png"), picture(2 * i + k));
      put(join(folder, domain, part, "masks/x.png"), mask);
    });
  });
  const { ofB, ...others } = changes;
  const domains = ["a", "b"].map((name) => ({
    ...{ name, train: split(name, "train"), test: split(name, "test") },
    ...(name === "b" && ofB ? { labels: ofB } : {}),
  }));
  return loadDataset(putDatasetYaml(folder, { domains, ...others }));
}

const plain = { kind: "values", map: { 0: "background", 255: "disc" } };
const inverted = { kind: "values", map: { 255: "background", 0: "disc" } };
const both = (mask: Buffer) => ({ train: mask, test: mask });

describe("labels of a domain", () => {
  it("decode its masks, and the others' stay with the rule for all", async () => {
    const same = half(0, 255);
    const dataset = setOf({ a: both(same), b: both(same) }, { labels: plain, ofB: inverted });
    const labelOf = async (index: number) =>
      (await decodeCase(dataset, dataset.domains[index].cases("train")[0])).label;
    expect([...new Set((await labelOf(0))?.subarray(0, 160))]).toEqual([0]);
    expect([...new Set((await labelOf(1))?.subarray(0, 160))]).toEqual([1]);
    // Equal files of two domains have entries of their own, in memory and on the disk.
    for (const _ of ["made", "read"]) {
      const cache = new DecodedCache(dataset, { folder: join(base, "cache") });
      const [a, b] = await Promise.all(dataset.domains.map((one) => cache.get(one.cases("train")[0])));
      expect([a.label?.[0], b.label?.[0]]).toEqual([0, 1]);
    }
  });

  it("are refused where they name no class, with their place", () => {
    const wrong = { kind: "values", map: { 0: "background", 1: "dics" } };
    expect(() => setOf({ a: both(half(0, 1)), b: both(half(0, 1)) }, { ofB: wrong })).toThrow(
      /line \d+: domains\[1\]\.labels\.map\.1 "dics" is not a class; the classes are background, disc/,
    );
  });

  it("are a part of what a run began with, and of whether pixels are ignored", () => {
    const masks = { a: both(half(0, 255)), b: both(half(0, 255)) };
    const before = setOf(masks, { labels: plain });
    const facts = put(join(base, "facts.json"), formatDatasetFacts(before, "narrow"));
    checkDatasetFacts(facts, setOf(masks, { labels: plain }), false);
    expect(() => checkDatasetFacts(facts, setOf(masks, { labels: plain, ofB: inverted }), false)).toThrow(
      /domainLabels differ from what the run began with/,
    );
    expect(ignoresPixels(before)).toBe(false);
    expect(ignoresPixels(setOf(masks, { labels: plain, ofB: { ...inverted, ignore: 7 } }))).toBe(true);
  });
});

describe("colours with nearest: true", () => {
  const source = {
    target: "softmax" as const,
    classes: ["background", "red", "green"].map((name, index) => ({ index, name, colour: "#000000" })),
  };
  const map = { "#000000": "background", "#ff0000": "red", "#00ff00": "green" };
  // Black, nearly red, dark red, between red and green but nearer to green, white.
  const samples = Uint8Array.from([0, 250, 140, 120, 255, 0, 3, 0, 130, 255, 0, 9, 0, 0, 255]);

  it("count as the nearest named one, of equally near ones as the first, and those to ignore are named too", () => {
    const decode = (more: object) =>
      createLabelDecoder({ ...source, labels: { kind: "colours", map, nearest: true, ...more } }).decode(
        stored(1, 5, samples, 3),
        "m",
      );
    expect([...decode({})]).toEqual([0, 1, 1, 2, 1]);
    expect([...decode({ ignore: "#ffffff" })].slice(0, 4)).toEqual([0, 1, 1, 2]);
    expect(decode({ ignore: "#ffffff" })[4]).toBeLessThan(0);
  });

  it("are errors without it", () => {
    const decoder = createLabelDecoder({ ...source, labels: { kind: "colours", map } });
    expect(() => decoder.decode(stored(1, 5, samples, 3), "m")).toThrow(/m: unknown label colour #fa0309/);
  });
});

describe("checks of what masks show", () => {
  const classes = ["background", "disc", "cup"].map((name, index) => ({ index, name }));
  const labels = { kind: "values", map: { 0: "background", 1: "disc", 2: "cup" } };
  const warnings = async (masks: Parameters<typeof setOf>[0]) =>
    (await checkDataset(setOf(masks, { classes, labels }))).problems
      .map(({ message }) => message.split(";")[0])
      .filter((message) => !/have the same mask/.test(message));

  it("tell classes that two domains do not share", async () => {
    expect(await warnings({ a: both(half(0, 1)), b: both(half(0, 2)) })).toEqual([
      `class "disc" is only in a, "cup" is only in b`,
    ]);
    expect(await warnings({ a: both(half(0, 1)), b: { train: half(0, 2), test: half(0, 1) } })).toEqual([]);
  });

  it("tell a class that only test masks hold", async () => {
    expect(await warnings({ a: { train: half(0, 1), test: half(0, 2) }, b: both(half(0, 1)) })).toEqual([
      "class cup is in no training mask, so it cannot be learnt",
    ]);
  });

  it("tell training masks that are empty, and a test without any object", async () => {
    expect(await warnings({ a: both(half(0, 0)), b: both(half(1, 2)) })).toEqual([
      "domain a: 1 of 1 training mask is empty, so there is nothing to learn from",
      "domain a: no test mask shows any class, so nothing can be judged there",
    ]);
  });
});
