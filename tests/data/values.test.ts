/** Values that are not bytes: z-scores, and windows that are not rounded, from a file to the network's input. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import { settingsHash } from "../../src/data/cache/contents.js";
import { DecodedCache } from "../../src/data/cache/decoded-cache.js";
import { imagesBCS } from "../../src/data/case-tensors.js";
import { type Dataset, loadDataset } from "../../src/data/dataset.js";
import { type DecodedCase, decodeCase } from "../../src/data/decode.js";
import { shownDecoded } from "../../src/data/images/shown-image.js";
import { resizeFiltered } from "../../src/grid/resize.js";
import { resizeFloat } from "../../src/grid/resize-float.js";
import { datasetDifferences } from "../../src/runs/dataset-facts.js";
import { normalisationOf } from "../../src/runs/normalisation-of.js";
import { scope } from "../../src/torch/index.js";
import { png, put, putDatasetYaml, temporaryFolder } from "./files.js";
import { niftiFile } from "./nifti-file.js";

const base = temporaryFolder();
let made = 0;

/** Every value of 12 bits once, in an order that neighbours in the image are not neighbours in value. */
const ramp = Array.from({ length: 4096 }, (_, i) => (i * 1027) % 4096);

/** A volume of 16 slices of 16 x 16, or a picture of 64 x 64, of the same values. */
function setOf(kind: "volume" | "picture", changes: Record<string, unknown>, values: readonly number[] = ramp) {
  const folder = join(base, `set${made++}`);
  const size = kind === "volume" ? 16 : 64;
  if (kind === "volume") {
    const image = niftiFile({
      extents: [16, 16, 16],
      values: Float64Array.from(values),
      spacing: [1, 1, 1],
      type: "int16",
    });
    put(join(folder, "images/a.nii.gz"), image);
  } else put(join(folder, "images/a.png"), png(64, 64, values, { bits: 16 }));
  const path = putDatasetYaml(folder, {
    ...{ resize: { size }, ...(kind === "volume" ? { slices: "stored" } : {}) },
    domains: [{ name: "a", train: { images: "images/{id}.*" } }],
    ...changes,
  });
  const dataset = loadDataset(path);
  return { dataset, one: dataset.domains[0].cases("train")[0] };
}

/** What the network is given. */
function inputOf(decoded: DecodedCase, dataset: Dataset): number[] {
  return scope(() => [
    ...normalisationOf(dataset)
      .forward(imagesBCS([decoded], "cpu"))
      .toNumbers(),
  ]);
}

function momentsOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
}

describe.each(["volume", "picture"] as const)("a %s of 12 bits", (kind) => {
  it.each([
    ["z-scores", { intensity: { zscore: "all" } }, 4096],
    ["a window that is not rounded", { intensity: { low: 0, high: 4095 }, values: "float" }, 4096],
    ["bytes", { intensity: { low: 0, high: 4095 } }, 256],
  ])("as %s keeps its levels at the network's input", async (_, changes, levels) => {
    const { dataset, one } = setOf(kind, changes);
    const decoded = await decodeCase(dataset, one, kind === "volume" ? "whole" : undefined);
    expect(new Set(inputOf(decoded, dataset)).size).toBe(levels);
  });

  it("has mean 0 and deviation 1 as z-scores, in the order of its values", async () => {
    const { dataset, one } = setOf(kind, { intensity: { zscore: "all" } });
    const input = inputOf(await decodeCase(dataset, one), dataset);
    const { mean, deviation } = momentsOf(input);
    expect(mean).toBeCloseTo(0, 6);
    expect(deviation).toBeCloseTo(1, 6);
    // Evenly spaced values: (v − 2047.5) / √((4096² − 1) / 12).
    const wanted = ramp.map((value) => (value - 2047.5) / Math.sqrt((4096 ** 2 - 1) / 12));
    input.forEach((value, i) => void expect(value).toBeCloseTo(wanted[i], 5));
  });

  it("leaves 0 at 0 and out of the statistics where that is asked for", async () => {
    const half = ramp.map((value, i) => (i % 2 === 0 ? 0 : value + 1000));
    const { dataset, one } = setOf(kind, { intensity: { zscore: "nonzero" } }, half);
    const input = inputOf(await decodeCase(dataset, one), dataset);
    expect(input.every((value, i) => i % 2 === 1 || value === 0)).toBe(true);
    const { mean, deviation } = momentsOf(input.filter((_, i) => i % 2 === 1));
    expect([mean, deviation].map((value) => Math.abs(Number(value.toFixed(5))))).toEqual([0, 1]);
  });

  it("of one value throughout is 0, not NaN", async () => {
    const flat = ramp.map(() => 700);
    for (const zscore of ["all", "nonzero"]) {
      const { dataset, one } = setOf(kind, { intensity: { zscore } }, flat);
      expect(new Set(inputOf(await decodeCase(dataset, one), dataset))).toEqual(new Set([0]));
    }
  });

  it("is within half a level of its bytes where it is not rounded", async () => {
    const window = { intensity: { low: 200, high: 3000 } };
    const [bytes, exact] = [setOf(kind, window), setOf(kind, { ...window, values: "float" })];
    const [rounded, real] = [await decodeCase(bytes.dataset, bytes.one), await decodeCase(exact.dataset, exact.one)];
    expect(real.image).toBeInstanceOf(Float32Array);
    expect(Math.max(...Array.from(real.image, (value, i) => Math.abs(value - rounded.image[i])))).toBeLessThan(0.5001);
    expect(shownDecoded(real, exact.dataset).image).toEqual(rounded.image);
  });

  it("comes out of the cache as it went in, apart from other rules", async () => {
    const { dataset, one } = setOf(kind, { intensity: { zscore: "all" } });
    const folder = join(base, `cache${made++}`);
    const first = await new DecodedCache(dataset, { folder }).get(one);
    const cache = new DecodedCache(dataset, { folder });
    expect(await cache.get(one)).toEqual(first);
    expect(cache.bytesInMemory).toBe(4 * 4096);
    const window = { low: 0, high: 4095 };
    const slices = dataset.slices && { ...dataset.slices, intensity: window };
    const rules = { ...dataset, ...(slices ? { slices } : { intensity: window }) };
    for (const rule of [rules, { ...rules, values: undefined } as unknown as Dataset])
      expect((await new DecodedCache(rule, { folder }).get(one)).image).not.toEqual(first.image);
    expect(
      readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith("ors")),
    ).toHaveLength(3);
  });
});

describe.each(["volume", "picture"] as const)("z-scores of a %s within a window", (kind) => {
  /** The ramp with a few values far beyond it, as metal and borders are. */
  const far = ramp.map((value, i) => (i % 97 === 0 ? 30_000 : value));
  const input = async (intensity: Record<string, unknown>, values: readonly number[] = far) => {
    const { dataset, one } = setOf(kind, { intensity }, values);
    return inputOf(await decodeCase(dataset, one), dataset);
  };
  const scores = (values: readonly number[], low: number, high: number, counts = (_: number) => true) => {
    const cut = values.map((value) => Math.min(high, Math.max(low, value)));
    const { mean, deviation } = momentsOf(cut.filter((_, i) => counts(values[i])));
    return cut.map((value, i) => (counts(values[i]) ? (value - mean) / deviation : 0));
  };
  const expectNear = (found: readonly number[], wanted: readonly number[]) =>
    void expect(Math.max(...found.map((value, i) => Math.abs(value - wanted[i])))).toBeLessThan(1e-5);

  it("cuts values off at fixed ends before mean and deviation are taken", async () => {
    expectNear(await input({ zscore: "all", low: 500, high: 3000 }), scores(far, 500, 3000));
  });

  it("cuts them off at percentiles of the image's own values, of those other than 0 where these alone count", async () => {
    const sorted = [...far].sort((a, b) => a - b);
    const at = (values: readonly number[], share: number) => values[Math.floor((share / 100) * values.length)];
    expectNear(await input({ zscore: "all", percentiles: [2, 98] }), scores(far, at(sorted, 2), at(sorted, 98)));
    const half = far.map((value, i) => (i % 2 === 0 ? 0 : value + 100));
    const counted = half.filter((value) => value !== 0).sort((a, b) => a - b);
    expectNear(
      await input({ zscore: "nonzero", percentiles: [2, 98] }, half),
      scores(half, at(counted, 2), at(counted, 98), (value) => value !== 0),
    );
  });

  it("takes a mean and a deviation that are given, as nnU-Net does with CT", async () => {
    const found = await input({ zscore: { mean: 900, deviation: 250 }, low: 500, high: 3000 });
    expectNear(
      found,
      far.map((value) => (Math.min(3000, Math.max(500, value)) - 900) / 250),
    );
  });

  it("is another rule to the cache and to a run", async () => {
    const [plain, within] = [{}, { low: 500, high: 3000 }].map((own) =>
      setOf(kind, { intensity: { zscore: "all", ...own } }),
    );
    expect(settingsHash(plain.dataset, "whole", "a")).not.toBe(settingsHash(within.dataset, "whole", "a"));
    expect(datasetDifferences(plain.dataset, within.dataset, false)).toEqual(["intensity"]);
  });
});

it("channels have a mean and a deviation of their own", async () => {
  const folder = join(base, "channels");
  for (const [file, factor, offset] of [
    ["a_0", 1, 0],
    ["a_1", -7, 30_000],
  ] as const)
    put(
      join(folder, `images/${file}.png`),
      png(
        64,
        64,
        ramp.map((value) => factor * value + offset),
        { bits: 16 },
      ),
    );
  const dataset = loadDataset(
    putDatasetYaml(folder, {
      ...{ channels: 2, channelNames: ["T2", "ADC"], resize: { size: 64 }, intensity: { zscore: "all" } },
      domains: [{ name: "a", train: { images: "images/{id}_0.png", furtherChannels: ["images/{id}_1.png"] } }],
    }),
  );
  const { image } = await decodeCase(dataset, dataset.domains[0].cases("train")[0]);
  // One is the other with a negative factor, so that its z-scores are their negatives.
  for (let i = 0; i < 4096; i++) expect(image[4096 + i]).toBeCloseTo(-image[i], 5);
});

describe("pictures of 8 bits", () => {
  const grey = Array.from({ length: 1024 }, (_, i) => (i * 7) % 251);

  it("are grey levels as they are, or z-scores, and RGB becomes grey without rounding", async () => {
    const folder = join(base, "narrow");
    put(join(folder, "images/grey.png"), png(32, 32, grey));
    const colours = Array.from({ length: 3 * 1024 }, (_, i) => (i * 11) % 256);
    put(join(folder, "images/rgb.png"), png(32, 32, colours, { kind: "rgb" }));
    const domains = [{ name: "a", train: { images: "images/{id}.png" } }];
    const load = (changes: Record<string, unknown>) =>
      loadDataset(putDatasetYaml(folder, { resize: { size: 32 }, domains, ...changes }));
    const exact = load({ values: "float" });
    const [one, rgb] = exact.domains[0].cases("train");
    expect([...(await decodeCase(exact, one)).image]).toEqual(grey);
    const { image } = await decodeCase(exact, rgb);
    expect(image[5]).toBeCloseTo(0.299 * colours[15] + 0.587 * colours[16] + 0.114 * colours[17], 4);
    const scores = load({ intensity: { zscore: "all" } });
    const { mean, deviation } = momentsOf([...(await decodeCase(scores, one)).image]);
    expect([mean, deviation].map((value) => Math.abs(Number(value.toFixed(5))))).toEqual([0, 1]);
  });
});

describe("resizeFloat", () => {
  // Far enough from 0 and 255 for 8 bits to ring, too.
  const bytes = Uint8Array.from({ length: 2 * 30 * 41 }, (_, i) => 80 + ((i * i * 31) % 96));

  it.each(["bilinear", "lanczos"] as const)("with %s is what 8 bits round", (filter) => {
    for (const to of [
      [17, 60],
      [45, 41],
      [30, 12],
    ]) {
      const real = resizeFloat(Float32Array.from(bytes), [30, 41], to, filter);
      const inRange = (value: number) => Math.min(Math.max(...bytes), Math.max(Math.min(...bytes), value));
      const rounded = resizeFiltered(bytes, [30, 41], to, filter).map(inRange);
      // Each of two passes rounds, and integers of 22 bits stand for weights.
      expect(Math.max(...Array.from(real, (value, i) => Math.abs(value - rounded[i])))).toBeLessThan(1.6);
      expect(Math.max(...real)).toBeLessThanOrEqual(Math.max(...bytes));
      expect(Math.min(...real)).toBeGreaterThanOrEqual(Math.min(...bytes));
    }
  });

  it("keeps a plane a plane", () => {
    const plane = (height: number, width: number) =>
      Float32Array.from(
        { length: height * width },
        (_, i) => Math.floor(i / width) / height - (3 * (i % width)) / width,
      );
    const halved = resizeFloat(plane(32, 64), [32, 64], [16, 32], "bilinear");
    // The middle of two pixels lies half a pixel of the larger one beside the first.
    const wanted = plane(16, 32).map((value) => value + 0.5 / 32 - 1.5 / 64);
    for (let row = 2; row < 14; row++)
      for (let column = 2; column < 30; column++)
        expect(halved[row * 32 + column]).toBeCloseTo(wanted[row * 32 + column], 5);
  });
});

describe("a domain with a rule of its own", () => {
  const folder = join(base, "domains");
  const domain = (name: string) => ({ name, train: { images: `${name}/{id}.png` } });
  const load = (own: Record<string, unknown>, usual: Record<string, unknown>) =>
    loadDataset(
      putDatasetYaml(folder, { ...usual, resize: { size: 64 }, domains: [domain("A"), { ...domain("B"), ...own }] }),
    );

  it("has its values by that, the others by the rule for all, in the cache too", async () => {
    for (const name of ["A", "B"]) put(join(folder, `${name}/a.png`), png(64, 64, ramp, { bits: 16 }));
    const dataset = load({ intensity: { low: 0, high: 819 } }, { intensity: { low: 0, high: 4095 } });
    const cache = new DecodedCache(dataset, { folder: join(folder, "cache") });
    const [usual, own] = await Promise.all(dataset.domains.map((one) => cache.get(one.cases("train")[0])));
    expect([...usual.image]).toEqual(ramp.map((value) => Math.floor((value / 4095) * 255 + 0.5)));
    expect([...own.image]).toEqual(ramp.map((value) => Math.floor((Math.min(value, 819) / 819) * 255 + 0.5)));
    expect(await cache.get(dataset.domains[1].cases("train")[0])).toEqual(own);
  });

  it("has it for its volumes, too", async () => {
    const domains = [{ name: "a", intensity: { low: 0, high: 819 }, train: { images: "images/{id}.*" } }];
    const { dataset, one } = setOf("volume", { intensity: { percentiles: [0, 100] }, domains });
    const { image } = await decodeCase(dataset, one);
    expect([...image]).toEqual(ramp.map((value) => Math.floor((Math.min(value, 819) / 819) * 255 + 0.5)));
  });

  it("is another data set to a run than one without, and has no other kind of values", () => {
    const usual = { intensity: { low: 0, high: 4095 } };
    const [own, plain] = [load({ intensity: { low: 0, high: 819 } }, usual), load({}, usual)];
    expect(datasetDifferences(own, plain, false)).toEqual(["domainIntensities"]);
    const refused = () => load({ intensity: { zscore: "all" } }, usual);
    expect(refused).toThrow(/domains\[1\]\.intensity has zscore beside windows/);
    expect(() => load({ intensity: { window: "ct-lung" } }, usual)).toThrow(/intensity\.window belongs to slices/);
  });
});

describe("dataset.yaml", () => {
  const refuse = (changes: Record<string, unknown>, message: RegExp) => {
    const at = join(base, `refused${made++}`);
    const path = putDatasetYaml(at, { domains: [{ name: "a", train: { images: "images/{id}.nii.gz" } }], ...changes });
    expect(() => loadDataset(path)).toThrow(UsageError);
    expect(() => loadDataset(path)).toThrow(message);
  };

  it("refuses z-scores beside windows, and as bytes", () => {
    const slices = { slices: "axial", channels: 2 };
    refuse(
      { ...slices, intensities: [{ zscore: "all" }, { percentiles: [1, 99] }] },
      /intensities have zscore beside windows, whose values are of another scale/,
    );
    refuse({ slices: "axial", intensity: { zscore: "all" }, values: "bytes" }, /values is bytes, but z-scores are not/);
    refuse(
      { slices: "axial", intensity: { zscore: "foreground" } },
      /zscore must be all, nonzero, or \{mean, deviation\}/,
    );
    refuse({ slices: "axial", intensity: { zscore: { mean: 0, deviation: 0 } } }, /zscore/);
  });

  it("refuses two windows beside z-scores, half of one, and what pictures have no meaning for", () => {
    const slices = { slices: "axial" };
    refuse(
      { ...slices, intensity: { zscore: "all", low: 0, high: 1, percentiles: [1, 99] } },
      /or zscore, alone or beside/,
    );
    refuse({ ...slices, intensity: { zscore: "all", low: 0 } }, /needs both low and high/);
    refuse({ ...slices, intensity: { zscore: "all", low: 2, high: 1 } }, /needs high above low/);
    refuse({ intensity: { zscore: "all", window: "ct-bone" } }, /intensity\.window belongs to slices/);
    refuse({ intensity: { percentiles: [1, 99] } }, /intensity\.percentiles belong to slices or zscore/);
  });
});
