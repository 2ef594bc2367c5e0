/** `data inspect` of folders of volumes, in the layouts that they come in. */
import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { channelFilesOf } from "../../../src/data/case-files.js";
import { loadDataset } from "../../../src/data/dataset.js";
import { decodeCase } from "../../../src/data/decode.js";
import { inspectFolder } from "../../../src/data/inspect/inspect.js";
import { writeDatasetYaml } from "../../../src/data/inspect/write-yaml.js";
import { png, put, temporaryFolder } from "../files.js";
import { niftiFile } from "../nifti-file.js";
import { type Site, sites, storedBody } from "./bodies.js";

const base = temporaryFolder();
let made = 0;

interface Drawn {
  readonly image?: (x: number, y: number, z: number) => number;
  readonly label?: (x: number, y: number, z: number) => number;
  readonly site?: Site;
}

const ramp = (x: number, y: number, z: number) => 10 * x + y + z;

function image(path: string, { image: valueAt = ramp, site = sites.A }: Drawn = {}): void {
  put(path, niftiFile({ ...storedBody(site, valueAt), type: "int16" }));
}

function mask(path: string, { label = (x) => (x > 12 ? 1 : 0), site = sites.A }: Drawn = {}): void {
  put(path, niftiFile({ ...storedBody(site, label), type: "uint8" }));
}

/** Inspects what was put into a folder, and makes sure that the file that is written can be opened. */
async function inspect(write: (root: string) => void) {
  const root = join(base, `set${made++}`);
  write(root);
  const inspection = await inspectFolder(root);
  const path = join(base, `set${made}.yaml`);
  writeDatasetYaml(inspection, root, path, false);
  const told = inspection.guesses.join("\n");
  return { ...inspection, told, dataset: loadDataset(path) };
}

describe("inspectFolder of volumes", () => {
  it("reads nnU-Net's layout: a file for the channel, names and modality from dataset.json, tests without masks", async () => {
    const { file, told, dataset } = await inspect((root) => {
      for (const i of [1, 2, 3]) {
        image(join(root, `imagesTr/liver_00${i}_0000.nii.gz`), { image: (x) => (x < 4 ? -1000 : 10 * x) });
        mask(join(root, `labelsTr/liver_00${i}.nii.gz`), { label: (x) => (x > 14 ? 2 : x > 10 ? 1 : 0) });
      }
      for (const i of [4, 5]) image(join(root, `imagesTs/liver_00${i}_0000.nii.gz`));
      put(
        join(root, "dataset.json"),
        JSON.stringify({
          channel_names: { 0: "CT" },
          labels: { background: 0, liver: 1, tumour: 2 },
          numTraining: 3,
          file_ending: ".nii.gz",
        }),
      );
    });
    expect(file).toMatchObject({
      slices: "axial",
      intensity: { window: "ct-soft-tissue" },
      classes: [{ name: "background" }, { name: "liver" }, { name: "tumour" }],
      labels: { kind: "values", map: { 0: "background", 1: "liver", 2: "tumour" } },
    });
    expect(dataset.domains).toHaveLength(1);
    expect(dataset.domains[0].cases("train").map(({ id }) => id)).toEqual(["liver_001", "liver_002", "liver_003"]);
    expect(dataset.domains[0].cases("train").every(({ maskPath }) => maskPath !== undefined)).toBe(true);
    expect(dataset.domains[0].cases("test")).toHaveLength(2);
    expect(told).toContain("the volumes are CT");
  });

  it("takes all channels in files of their own, by the names of dataset.json", async () => {
    const { file, told, dataset } = await inspect((root) => {
      for (const i of [1, 2, 3]) {
        for (const channel of ["0000", "0001"]) image(join(root, `imagesTr/p${i}_${channel}.nii.gz`));
        mask(join(root, `labelsTr/p${i}.nii.gz`));
        for (const channel of ["0000", "0001"]) image(join(root, `imagesTs/q${i}_${channel}.nii.gz`));
      }
      rmSync(join(root, "imagesTs/q2_0001.nii.gz"));
      put(
        join(root, "dataset.json"),
        JSON.stringify({ channel_names: { 0: "T2", 1: "ADC" }, labels: { background: 0, prostate: 1 } }),
      );
    });
    expect(told).toContain("images have 2 channels (T2, ADC) in files of their own");
    expect(told).toMatch(
      /1 broken file, .* left out \(see except\): .*q2_0000\.nii\.gz: its channel imagesTs\/q2_0001/,
    );
    expect(file).toMatchObject({
      channels: 2,
      channelNames: ["T2", "ADC"],
      intensity: { percentiles: [0.5, 99.5] },
    });
    const [domain] = dataset.domains;
    expect(domain.cases("train").map(({ id }) => id)).toEqual(["p1", "p2", "p3"]);
    // Also where no mask says that the number is no part of the id.
    expect(domain.cases("test").map(({ id }) => id)).toEqual(["q1", "q3"]);
    for (const one of [...domain.cases("train"), ...domain.cases("test")])
      expect(channelFilesOf(one).map((path) => basename(path))).toEqual([
        `${one.id}_0000.nii.gz`,
        `${one.id}_0001.nii.gz`,
      ]);
  });

  it("gives CT beside another modality a window of its own", async () => {
    const { file } = await inspect((root) => {
      for (const i of [1, 2])
        for (const channel of ["0000", "0001"]) image(join(root, `imagesTr/p${i}_${channel}.nii.gz`));
      put(
        join(root, "dataset.json"),
        JSON.stringify({ channel_names: { 0: "CT", 1: "PET" }, labels: { background: 0, a: 1 } }),
      );
    });
    expect(file.intensities).toEqual([{ window: "ct-soft-tissue" }, { percentiles: [0.5, 99.5] }]);
    expect(file).not.toHaveProperty("intensity");
  });

  it("takes numbers of volumes for their channels' only where each of them is one", async () => {
    const idsOf = async (write: (root: string) => void) =>
      (await inspect(write)).dataset.domains.flatMap(({ cases }) =>
        [...cases("train"), ...cases("test")].map(({ id }) => id),
      );
    const numbers = ["0000", "0001", "0002"];
    expect(
      await idsOf((root) => {
        for (const number of numbers)
          for (const [folder, draw] of [
            ["images", image],
            ["masks", mask],
          ] as const)
            draw(join(root, folder, `vol_${number}.nii.gz`));
      }),
    ).toHaveLength(3);
  });

  it("reads BraTS's folders, where a word tells the channel, unless the channels lie on grids of their own", async () => {
    const write = (root: string, t1: Site) => {
      for (const i of [1, 2, 3]) {
        const at = (end: string) => join(root, `BraTS_00${i}/BraTS_00${i}_${end}.nii.gz`);
        for (const end of ["flair", "t2"]) image(at(end));
        image(at("t1"), { site: t1 });
        mask(at("seg"));
      }
    };
    const { file, dataset } = await inspect((root) => write(root, sites.A));
    expect(file).toMatchObject({ channels: 3, channelNames: ["flair", "t1", "t2"] });
    const [one, ...others] = dataset.domains[0].cases("train");
    expect(others).toHaveLength(2);
    expect(channelFilesOf(one).map((path) => basename(path))).toEqual(
      ["flair", "t1", "t2"].map((end) => `BraTS_001_${end}.nii.gz`),
    );
    expect(basename(one.maskPath as string)).toBe("BraTS_001_seg.nii.gz");
    expect((await inspect((root) => write(root, sites.B))).file.channels).toBe(1);
  });

  it("reads Decathlon's volumes of several channels in one file", async () => {
    const put4 = (root: string, name: string, channels: number) => {
      const { extents, values, affine } = storedBody(sites.A, ramp);
      const all = Float64Array.from({ length: channels * values.length }, (_, i) => values[i % values.length] + i);
      put(join(root, `imagesTr/${name}.nii.gz`), niftiFile({ extents: [...extents, channels], values: all, affine }));
      mask(join(root, `labelsTr/${name}.nii.gz`));
    };
    const { file, dataset } = await inspect((root) => {
      // Their numbers are those of patients, though they look like channels'.
      for (const number of ["0000", "0001"]) put4(root, `BRATS_${number}`, 4);
      const modality = { 0: "FLAIR", 1: "T1w", 2: "t1gd", 3: "T2w" };
      put(join(root, "dataset.json"), JSON.stringify({ modality, labels: { 0: "background", 1: "edema" } }));
    });
    expect(file).toMatchObject({ channels: 4, channelNames: ["FLAIR", "T1w", "t1gd", "T2w"] });
    expect(file.domains[0].train).not.toHaveProperty("furtherChannels");
    const cases = dataset.domains[0].cases("train");
    expect(cases.map(({ id }) => id)).toEqual(["BRATS_0000", "BRATS_0001"]);
    expect((await decodeCase(dataset, cases[0])).channels).toBe(4);
    const mixed = inspect((root) => {
      for (const channels of [2, 3]) put4(root, `p${channels}`, channels);
    });
    await expect(mixed).rejects.toThrow(/p3\.nii\.gz: holds 3 channels, but .*p2\.nii\.gz holds 2/);
  });

  it("reads Decathlon's layout, whose labels are numbered by name, and leaves its hidden copies out", async () => {
    const { file, dataset } = await inspect((root) => {
      for (const i of ["001", "002"]) {
        image(join(root, `imagesTr/hippocampus_${i}.nii.gz`));
        mask(join(root, `labelsTr/hippocampus_${i}.nii.gz`), { label: (x) => Math.floor(x / 8) });
        put(join(root, `imagesTr/._hippocampus_${i}.nii.gz`), "Mac OS X");
      }
      put(
        join(root, "dataset.json"),
        JSON.stringify({
          name: "Hippocampus",
          modality: { 0: "MRI" },
          labels: { 0: "background", 1: "Anterior", 2: "Posterior" },
        }),
      );
    });
    expect(file).toMatchObject({
      name: "Hippocampus",
      intensity: { percentiles: [0.5, 99.5] },
      labels: { map: { 0: "background", 1: "Anterior", 2: "Posterior" } },
    });
    expect(dataset.domains[0].cases("train")).toHaveLength(2);
  });

  it("makes a domain of each site, with a rule of its own where a site codes the object otherwise", async () => {
    const { file, dataset } = await inspect((root) => {
      for (const [site, value] of [
        ["BIDMC", 1],
        ["UCL", 255],
      ] as const)
        for (const i of [0, 1]) {
          image(join(root, site, `images/case${i}.nii.gz`));
          mask(join(root, site, `masks/case${i}.nii.gz`), { label: (x) => (x > 12 ? value : 0) });
        }
      put(join(root, "BIDMC/preview/case0.png"), png(2, 2, [0, 1, 2, 3]));
    });
    expect(dataset.domains.map(({ name }) => name)).toEqual(["BIDMC", "UCL"]);
    expect(file.labels).toEqual({ kind: "values", map: { 0: "background", 1: "foreground" } });
    expect(file.domains[1].labels).toEqual({ kind: "values", map: { 0: "background", 255: "foreground" } });
  });

  it("chooses the plane that the volumes were scanned in", async () => {
    const planeOf = async (site: Site) =>
      (await inspect((root) => image(join(root, "images/a.nii.gz"), { site }))).file.slices;
    expect(await planeOf(sites.A)).toBe("axial");
    // Stored with the patient's front-to-back axis last, and coarse along it.
    expect(await planeOf({ ...sites.A, axes: [0, 2, 1], sizes: [1, 4, 1] })).toBe("coronal");
    expect(await planeOf({ ...sites.A, axes: [1, 2, 0], sizes: [3, 1, 1] })).toBe("sagittal");
    const { file, told } = await inspect((root) => {
      const { affine: _, ...placeless } = storedBody(sites.A, ramp);
      put(join(root, "images/a.nii.gz"), niftiFile({ ...placeless, spacing: [1, 1, 3] }));
    });
    expect(file.slices).toBe("stored");
    expect(told).toContain("do not say how they lie in the body");
  });

  it("leaves out volumes that cannot be read, with their reason, and tells CT by its air", async () => {
    const { told, dataset, file } = await inspect((root) => {
      for (const i of [0, 1, 2, 3])
        image(join(root, `images/c${i}.nii.gz`), { image: (x) => (x < 4 ? -1000 : 10 * x) });
      put(join(root, "images/c1.nii.gz"), "no volume");
    });
    expect(told).toMatch(/warning: 1 broken file, whose case is left out \(see except\): .*c1\.nii\.gz/);
    expect(dataset.domains[0].cases("train").map(({ id }) => id)).toEqual(["c0", "c2", "c3"]);
    expect(file.intensity).toEqual({ window: "ct-soft-tissue" });
  });
});
