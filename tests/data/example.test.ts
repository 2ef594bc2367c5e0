/** The worked example of docs/add-a-format.md is the code that runs here; its files go the whole way to masks. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { DataError } from "../../src/core/errors.js";
import { loadDataset } from "../../src/data/dataset.js";
import { decodeCase } from "../../src/data/decode.js";
import { formats } from "../../src/data/formats/registry.js";
import { decodeHeader, decodeImage, readImage } from "../../src/data/images/read-image.js";
import { inspectFolder } from "../../src/data/inspect/inspect.js";
import { writeDatasetYaml } from "../../src/data/inspect/write-yaml.js";
import { dimseg, trainRun } from "../cli/trained-run.js";
import { expectWorkedExample } from "../support/worked-example.js";
import { portableAnymap } from "./example-pnm.js";
import { put, temporaryFolder } from "./files.js";
import { planesOf } from "./stored.js";
import { pixels } from "./tiny.js";

// The registry's one line.
Object.assign(formats, { pnm: portableAnymap });

const base = temporaryFolder();

function pnm(width: number, height: number, most: number, samples: ArrayLike<number>, comment = ""): Buffer {
  const kind = samples.length === width * height ? "P5" : "P6";
  const data = Buffer.alloc(samples.length * (most > 255 ? 2 : 1));
  for (let i = 0; i < samples.length; i++) {
    if (most > 255) data.writeUInt16BE(samples[i], 2 * i);
    else data[i] = samples[i];
  }
  return Buffer.concat([Buffer.from(`${kind}\n${comment}${width} ${height}\n${most}\n`, "latin1"), data]);
}

const ramp = (count: number, step: number, modulus: number) =>
  Array.from({ length: count }, (_, i) => (i * step) % modulus);

it("is the one in the documentation: one short file and one line", () => {
  expectWorkedExample("add-a-format.md", "tests/data/example-pnm.ts", "src/data/formats/registry.ts");
});

it.each([
  ["8-bit grey", 255, ramp(15, 37, 256), 1, "uint8"],
  ["8-bit RGB", 255, ramp(45, 61, 256), 3, "uint8"],
  ["12-bit grey, as stored", 4095, ramp(15, 997, 4096), 1, "uint16"],
  ["16-bit RGB", 65535, ramp(45, 7919, 65536), 3, "uint16"],
])("reads %s exactly", async (_, most, samples, channels, sampleType) => {
  const bytes = pnm(5, 3, most, samples, "# 9 9 a comment\n#\n");
  const image = await decodeImage(bytes, "x.pgm");
  expect(Array.from(image.samples)).toEqual(planesOf(samples, channels));
  expect(await decodeHeader(bytes, "x.pgm")).toMatchObject({ grid: { shape: [3, 5] }, channels, sampleType });
});

it("names a file that is cut off, hostile or damaged in any way", async () => {
  const good = pnm(5, 3, 255, ramp(15, 37, 256));
  await expect(decodeImage(good.subarray(0, 20), "x.pgm")).rejects.toThrow("x.pgm: the PNM is truncated; replace it");
  await expect(decodeImage(Buffer.from("P5 999999999 999999999 255 "), "x.pgm")).rejects.toThrow(/x\.pgm: declares/);
  await expect(decodeImage(Buffer.from("P5 2 2 70000 "), "x.pgm")).rejects.toThrow(/largest value is 70000/);
  const damaged = fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), fc.boolean(), async (at, value, cut) => {
    const bytes = Buffer.from(cut ? good.subarray(0, at) : good);
    if (!cut) bytes[at] = value;
    const result = await decodeImage(bytes, "x.pgm").catch((cause: unknown) => cause);
    if (result instanceof Error) expect(result).toBeInstanceOf(DataError);
  });
  await fc.assert(damaged, { numRuns: 200 });
});

it("is inspected, decoded, trained on and predicted like any other", async () => {
  const folder = join(base, "data");
  for (const domain of ["a", "b"])
    for (let i = 0; i < 6; i++) {
      const mask = Array.from({ length: 32 * 40 }, (_, p) => (p % 40 < 8 + i ? 0 : 1));
      const grey = Array.from(pixels(32 * 40, i), (value, p) => 4 * value + 40 * (p % 40));
      put(join(folder, domain, "images", `${i}.pgm`), pnm(40, 32, 4095, grey));
      put(join(folder, domain, "masks", `${i}.PGM`), pnm(40, 32, 255, mask));
    }
  const inspection = await inspectFolder(folder);
  expect(inspection.splits.reduce((sum, { images }) => sum + images, 0)).toBe(12);
  expect(inspection.splits.every(({ sizes }) => sizes.includes("40 x 32"))).toBe(true);
  const path = join(folder, "dataset.yaml");
  writeDatasetYaml(inspection, folder, path, false);
  const dataset = loadDataset(path);
  const [one] = dataset.domains[0].cases("train");
  const { stored, working, label } = await decodeCase(dataset, one, 16);
  expect([stored.shape, working.shape]).toEqual([
    [32, 40],
    [16, 16],
  ]);
  expect(new Set(label)).toEqual(new Set([0, 1]));
  const schedule = { training: { iterations: 2, labelledBatch: 2, unlabelledBatch: 2, precision: "fp32" } };
  const labelled = { domain: "a", count: 2, validation: 1 };
  const run = await trainRun(base, "run", { ...schedule, labelled, imageSize: 32, evaluation: { every: 2 } });
  const out = join(base, "masks");
  await dimseg("predict", run, join(folder, "b", "images"), "--out", out);
  const { grid } = await readImage(join(out, "masks", "3.png"));
  expect(grid.shape).toEqual([32, 40]);
  expect(existsSync(join(out, "masks", "5.png"))).toBe(true);
}, 60_000);
