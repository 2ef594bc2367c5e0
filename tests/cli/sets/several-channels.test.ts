/** Volumes of two modalities from a folder to masks, with the real verbs: as slices and as patches. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { readVolume } from "../../../src/data/images/read-image.js";
import { put, temporaryFolder } from "../../data/files.js";
import { niftiFile } from "../../data/nifti-file.js";
import { putVolume, type Site, storedBody } from "../../data/slices/bodies.js";
import { run as dimseg, done } from "../built.js";

const base = temporaryFolder();
const site: Site = { axes: [0, 1, 2], reversed: [false, false, false], extents: [16, 16, 4], sizes: [1, 1, 1] };

/** nnU-Net's folder: images `pN_0000` and `pN_0001`, masks `pN`. */
function putSet(root: string): void {
  for (let i = 0; i < 6; i++) {
    const split = i < 4 ? "Tr" : "Ts";
    const scratch = join(root, "..", "scratch");
    put(join(root, `images${split}/p${i}_0000.nii.gz`), readFileSync(putVolume(scratch, `p${i}`, site, i)));
    put(join(root, `labels${split}/p${i}.nii.gz`), readFileSync(join(scratch, `masks/p${i}.nii.gz`)));
    const other = storedBody(site, (x, y, z) => 40 * z + 3 * y - x + i);
    put(join(root, `images${split}/p${i}_0001.nii.gz`), niftiFile({ ...other, type: "float32" }));
  }
  const said = { channel_names: { 0: "T2", 1: "ADC" }, labels: { background: 0, prostate: 1 }, file_ending: ".nii.gz" };
  put(join(root, "dataset.json"), JSON.stringify(said));
}

const set = join(base, "nnunet");
const dataset = join(base, "dataset.yaml");

function putConfig(name: string, model: Record<string, unknown>): string {
  return put(
    join(base, `${name}.yaml`),
    stringify({
      dataset,
      labelled: { domain: parse(readFileSync(dataset, "utf8")).domains[0].name, count: 2, validation: 1 },
      ...model,
      method: { name: "midss" },
      optimizer: { name: "dim" },
      training: { iterations: 2, labelledBatch: 2, unlabelledBatch: 2, precision: "fp32", device: "cpu", threads: 1 },
      evaluation: { every: 2 },
      logging: { every: 1 },
    }),
  );
}

beforeAll(() => {
  putSet(set);
  done("data", "inspect", set, "--out", dataset);
});

describe("dimseg with volumes of several channels", () => {
  it("inspect takes all of them, by their names, and check says what each holds", () => {
    const file = parse(readFileSync(dataset, "utf8"));
    expect(file).toMatchObject({ channels: 2, channelNames: ["T2", "ADC"] });
    expect(file.domains[0].train).toMatchObject({
      images: "imagesTr/{id}_0000.nii.gz",
      furtherChannels: ["imagesTr/{id}_0001.nii.gz"],
      masks: "labelsTr/{id}.nii.gz",
    });
    expect(done("data", "check", dataset).out).toMatch(/T2 [\d.]+ to [\d.]+, ADC -[\d.]+ to [\d.]+/);
  });

  it("train, evaluate, report and predict take both as slices", async () => {
    const run = join(base, "slices");
    done("train", putConfig("slices", { model: { name: "unet", width: 2 }, imageSize: 16 }), "--out", run);
    expect(JSON.parse(readFileSync(join(run, "dataset.json"), "utf8")).channelNames).toEqual(["T2", "ADC"]);
    expect(existsSync(join(run, "preview.png"))).toBe(true);
    done("evaluate", run);
    done("report", run);
    expect(existsSync(join(run, "report/index.html"))).toBe(true);
    const out = join(base, "predicted");
    const { out: printed } = done("predict", run, join(set, "imagesTs"), "--overlay", "--out", out);
    expect(printed).toContain("Wrote 2 of 2 masks");
    expect(readdirSync(join(out, "masks")).sort()).toEqual(["p4.nii.gz", "p5.nii.gz"]);
    expect(readdirSync(join(out, "overlays")).sort()).toEqual(["p4.png", "p5.png"]);
    // The same of the first file alone, which the other lies beside, and of one file that holds both.
    const given = join(base, "given");
    const channels = await Promise.all([0, 1].map((c) => readVolume(join(set, `imagesTs/p4_000${c}.nii.gz`))));
    const { extents, affine } = storedBody(site, () => 0);
    const values = Float64Array.from(channels.flatMap(({ samples }) => [...samples]));
    const whole = niftiFile({ extents: [...extents, 2], affine, values, type: "float32" });
    const together = put(join(base, "whole/p4_0001.nii.gz"), whole);
    done("predict", run, join(set, "imagesTs/p4_0000.nii.gz"), together, "--out", given);
    const [expected, ...found] = await Promise.all(
      [join(out, "masks/p4"), join(given, "masks/p4"), join(given, "masks/p4_0001")].map((path) =>
        readVolume(`${path}.nii.gz`),
      ),
    );
    for (const { samples } of found) expect(samples).toEqual(expected.samples);
  });

  it("train, evaluate and predict take both as patches", async () => {
    const run = join(base, "patches");
    done("train", putConfig("patches", { model: { name: "unet-3d", width: 2 }, patch: [16, 16, 16] }), "--out", run);
    done("evaluate", run);
    const out = join(base, "predicted-whole");
    done("predict", run, join(set, "imagesTs"), "--overlay", "--out", out);
    expect((await readVolume(join(out, "masks/p4.nii.gz"))).grid.shape).toEqual([4, 16, 16]);
  });

  it("says which channel is missing", () => {
    const folder = join(base, "lacking");
    putSet(folder);
    rmSync(join(folder, "imagesTs/p5_0001.nii.gz"));
    const ended = dimseg(["predict", join(base, "slices"), join(folder, "imagesTs"), "--out", join(base, "lacked")]);
    expect(ended.code).toBe(3);
    expect(ended.err + ended.out).toMatch(/Wrote 1 of 2 masks/);
    expect(ended.err + ended.out).toMatch(
      /p5_0000\.nii\.gz: the run learnt from T2, ADC, but ADC of the same image is not beside it; put it there as p5_0001/,
    );
    const path = join(base, "lacking.yaml");
    put(path, readFileSync(dataset, "utf8").replace(/root: .*/, "root: lacking"));
    const checked = dimseg(["data", "check", path]);
    expect(checked.code).toBe(3);
    expect(checked.err).toMatch(/p5 has no file of its channel 2: .*p5_0001\.nii\.gz is not there/);
  });

  it("judges a run on another set only where it has the same channels in the same order", () => {
    const turned = put(
      join(base, "turned.yaml"),
      readFileSync(dataset, "utf8").replace(/- T2\n(\s*)- ADC/, "- ADC\n$1- T2"),
    );
    const ended = dimseg(["evaluate", join(base, "slices"), "--data", turned]);
    expect(ended.code).toBe(2);
    expect(ended.err).toMatch(/has ADC and T2 volumes in axial slices, .* trained on T2 and ADC volumes/);
  });
});
