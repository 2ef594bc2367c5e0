import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Command } from "commander";
import { afterAll, beforeEach, expect, it, vi } from "vitest";
import { register as registerConvert } from "../../../src/cli/data/convert.js";
import { DataError, UsageError } from "../../../src/core/errors.js";
import { encodeSegmentation } from "../../../src/data/dicom/segmentation-writer.js";
import { findSeries } from "../../../src/data/dicom/series.js";
import { readVolume } from "../../../src/data/images/read-image.js";
import { inspectFolder } from "../../../src/data/inspect/inspect.js";
import { worldOf } from "../../../src/grid/grid.js";
import { dicomFile } from "../../data/dicom/dicom-file.js";
import { oblique, putSeries, size, standard, valueAt, worldAt } from "../../data/dicom/series-files.js";
import { structureSet } from "../../data/dicom/structure-files.js";
import { put } from "../../data/files.js";

const base = mkdtempSync(join(tmpdir(), "dimseg-convert-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(base, "one-"));
});

const prostate = { value: "41216001", scheme: "SCT", meaning: "Prostate" };

/** Runs the verb. @returns what it printed, and what it warned of */
async function convert(folder: string, out: string, ...words: string[]): Promise<{ out: string; err: string }> {
  const said: string[] = [];
  const told: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((text: string) => void said.push(text));
  const error = vi.spyOn(console, "error").mockImplementation((text: string) => void told.push(text));
  try {
    const program = new Command();
    registerConvert(program);
    await program.parseAsync(["convert", folder, "--out", out, ...words], { from: "user" });
  } finally {
    log.mockRestore();
    error.mockRestore();
  }
  return { out: said.join("\n"), err: told.join("\n") };
}

it("makes a NIfTI volume of a series and a mask of the segmentation drawn on it, voxels where they were", async () => {
  const study = putSeries(join(scratch, "study"), { axes: oblique });
  const [volume] = (await findSeries(study)).volumes;
  const labels = new Uint8Array(size[0] * size[1] * size[2]);
  for (const index of [valueAt(2, 3, 4), valueAt(6, 0, 1)]) labels[index] = 1;
  writeFileSync(join(study, "seg"), await encodeSegmentation(labels, volume, [{ label: "prostate", type: prostate }]));
  const site = join(scratch, "site");
  const told = await convert(study, site);
  expect(told.out).toMatch(/images\/series-3\.nii\.gz\s+yes\s+CT\s+7 x 5 x 6\s+0\.7 x 1\.1 x 2\.5/);
  expect(told.out).toContain("Wrote 1 volume. Next: dimseg data inspect");
  const image = await readVolume(join(site, "images", "series-3.nii.gz"));
  const mask = await readVolume(join(site, "masks", "series-3.nii.gz"));
  const shape = image.grid.shape;
  const wanted = worldAt({ ...standard, axes: oblique }, [2, 3, 4]);
  const at = image.samples.indexOf(valueAt(2, 3, 4));
  const index = [Math.floor(at / (shape[1] * shape[2])), Math.floor(at / shape[2]) % shape[1], at % shape[2]];
  worldOf(image.grid, index).forEach((value, r) => void expect(value).toBeCloseTo(wanted[r], 4));
  expect(mask.grid).toEqual(image.grid);
  expect([...mask.samples].flatMap((value, i) => (value === 1 ? [image.samples[i]] : [])).sort()).toEqual(
    [valueAt(2, 3, 4), valueAt(6, 0, 1)].sort(),
  );
  const bytes = gunzipSync(readFileSync(join(site, "images", "series-3.nii.gz")));
  expect(bytes.includes("Secret")).toBe(false);
  await expect(convert(study, site)).rejects.toThrow(UsageError);
});

it("tells what a user should know of a volume, and what is left out and why", async () => {
  const study = putSeries(join(scratch, "study"), { slices: [0, 1, 3, 4, 5] });
  writeFileSync(join(study, "notes.txt"), "call back");
  const [elsewhere] = (await findSeries(putSeries(join(scratch, "elsewhere"), { origin: [0, 0, 900] }))).volumes;
  const labels = new Uint8Array(size[0] * size[1] * size[2]).fill(1);
  writeFileSync(
    join(study, "seg"),
    await encodeSegmentation(labels, elsewhere, [{ label: "prostate", type: prostate }]),
  );
  const { err, out } = await convert(study, join(scratch, "site"));
  expect(err).toMatch(/^warning: series-3: .*missing/m);
  expect(err).toMatch(/a segmentation is left out: .*seg: its frame 1 lies on no slice of its volume/);
  expect(err).toMatch(/1 file left out \(the first is .*notes\.txt/);
  expect(out).toContain("unknown");
  expect(readdirSync(join(scratch, "site"))).toEqual(["images"]);
});

it("makes masks of contours, with the same values in all of them, or those of the structures that are named", async () => {
  const study = join(scratch, "study");
  for (const [name, number] of [
    ["one", "1.2.3.100"],
    ["two", "1.2.3.101"],
  ]) {
    putSeries(join(study, name), { more: () => ({ "0020000E UI": number }) });
    const corners = [...[[0.5, 0.5] as const, [2.5, 0.5] as const], ...[[2.5, 1.5] as const, [0.5, 1.5] as const]];
    const organs = name === "one" ? ["bladder", "prostate"] : ["prostate"];
    const set = structureSet(organs.map((organ, z) => ({ name: organ, contours: [{ z, corners }] })));
    const series = [{ "30060012 SQ": [{ "30060014 SQ": [{ "0020000E UI": number }] }] }];
    put(join(study, name, "rs.dcm"), dicomFile({ ...set, "30060010 SQ": series }));
  }
  const [all, named] = [join(scratch, "all"), join(scratch, "named")];
  const { out, err } = await convert(study, all);
  expect(out).toContain("Contours as masks: 1 bladder, 2 prostate.");
  expect(err).not.toContain("left out");
  const valuesOf = async (site: string, name: string) => {
    const { samples } = await readVolume(join(site, "masks", `${name}.nii.gz`));
    return [valueAt(1, 1, 0), valueAt(2, 1, 0), valueAt(1, 1, 1), valueAt(3, 1, 0)].map((at) => samples[at]);
  };
  expect(await valuesOf(all, "one")).toEqual([1, 1, 2, 0]);
  expect(await valuesOf(all, "two")).toEqual([2, 2, 0, 0]);
  expect((await convert(study, named, "--structure", "prostate")).out).toContain("Contours as masks: 1 prostate.");
  expect(await valuesOf(named, "one")).toEqual([0, 0, 1, 0]);
  await expect(convert(study, join(scratch, "none"), "--structure", "liver")).rejects.toThrow(
    new UsageError("--structure liver: no contour is called so; there are bladder, prostate"),
  );
  expect(readdirSync(scratch).sort()).toEqual(["all", "named", "study"]);
});

it("is where inspect sends a folder whose volumes lie in many files", async () => {
  const study = putSeries(join(scratch, "my study"));
  await expect(inspectFolder(study)).rejects.toThrow(DataError);
  await expect(inspectFolder(study)).rejects.toThrow(
    /holds 1 DICOM volume of several files \(the first is series-3, 6 slices\), not each in a folder of its own below it; make a file of each with: dimseg data convert '.*my study' --out VOLUMES/,
  );
  await expect(convert(join(base, "none"), scratch)).rejects.toThrow(DataError);
});
