/** Images of several modalities: one grid, the order of dataset.yaml, each channel with values and draws of its own. */
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { planarAugmenter, volumeAugmenter } from "../../src/augment/index.js";
import { mriProfile } from "../../src/augment/profile.js";
import { volumeProfile } from "../../src/augment/volumes/profile.js";
import { DataError } from "../../src/core/errors.js";
import { DecodedCache } from "../../src/data/cache/decoded-cache.js";
import { checkDataset } from "../../src/data/check/check.js";
import { type Dataset, loadDataset } from "../../src/data/dataset.js";
import { decodeCase } from "../../src/data/decode.js";
import { datasetDifferences } from "../../src/runs/dataset-facts.js";
import { fromTypedArray, scope } from "../../src/torch/index.js";
import { unlabelledViews } from "../augment/images.js";
import { png, put, putDatasetYaml, temporaryFolder } from "./files.js";
import { type NiftiType, niftiFile } from "./nifti-file.js";
import { type Site, storedBody } from "./slices/bodies.js";

const base = temporaryFolder();
let made = 0;

const body: Site = { axes: [0, 1, 2], reversed: [false, false, false], extents: [8, 8, 3], sizes: [1, 1, 2] };
const t2 = (x: number, y: number, z: number) => 10 * x + y + 80 * z;
const adc = (x: number, y: number, z: number) => 3 * y - x + z;

type ValueAt = typeof t2;

function putVolume(path: string, valueAt: ValueAt, site = body, type: NiftiType = "int16"): void {
  put(path, niftiFile({ ...storedBody(site, valueAt), type }));
}

function setOf(folder: string, changes: Record<string, unknown>): Dataset {
  const { train, ...others } = changes;
  return loadDataset(
    putDatasetYaml(folder, {
      resize: { size: 8 },
      slices: "axial",
      channels: 2,
      channelNames: ["T2", "ADC"],
      domains: [{ name: "a", train }],
      ...others,
    }),
  );
}

/** A case `p1` of two files, the second as `write` puts it, and what of dataset.yaml is to be another. */
function twoFiles(write: (path: string) => void, changes: Record<string, unknown> = {}): Dataset {
  const folder = join(base, `set${made++}`);
  putVolume(join(folder, "images/p1_0000.nii.gz"), t2);
  putVolume(join(folder, "labels/p1.nii.gz"), (x) => (x > 4 ? 1 : 0), body, "uint8");
  write(join(folder, "images/p1_0001.nii.gz"));
  const train = {
    images: "images/{id}_0000.nii.gz",
    furtherChannels: ["images/{id}_0001.nii.gz"],
    masks: "labels/{id}.nii.gz",
  };
  return setOf(folder, { train, ...changes });
}

const decoded = (dataset: Dataset, size: number | "whole" = 8) =>
  decodeCase(dataset, dataset.domains[0].cases("train")[0], size);

describe("a case of several channels", () => {
  it.each([8, "whole"] as const)("is the same from files of their own and from one file (%s)", async (size) => {
    const apart = twoFiles((path) => putVolume(path, adc));
    const folder = join(base, `set${made++}`);
    const [first, second] = [t2, adc].map((valueAt) => storedBody(body, valueAt));
    const values = Float64Array.from([...first.values, ...second.values]);
    put(join(folder, "images/p1.nii.gz"), niftiFile({ ...first, extents: [...first.extents, 2], values }));
    put(join(folder, "labels/p1.nii.gz"), niftiFile({ ...storedBody(body, (x) => (x > 4 ? 1 : 0)), type: "uint8" }));
    const train = { images: "images/{id}.nii.gz", masks: "labels/{id}.nii.gz" };
    const together = setOf(folder, { train });
    const [one, other] = [await decoded(apart, size), await decoded(together, size)];
    expect(one.channels).toBe(2);
    expect(other).toEqual(one);
  });

  it("has its channels in the order of the files, each in a window of its own", async () => {
    const dataset = twoFiles((path) => putVolume(path, adc), { intensity: { percentiles: [0, 100] } });
    const { image, working } = await decoded(dataset);
    expect(working.shape).toEqual([3, 8, 8]);
    const voxels = 3 * 64;
    for (const [channel, valueAt] of [t2, adc].entries()) {
      const all: number[] = [];
      for (let z = 0; z < 3; z++) for (let y = 0; y < 8; y++) for (let x = 0; x < 8; x++) all.push(valueAt(x, y, z));
      const [low, high] = [Math.min(...all), Math.max(...all)];
      // The first voxel of axial slices is at the patient's right, in front, below.
      const expected = Math.round(((valueAt(7, 7, 0) - low) / (high - low)) * 255);
      expect(image[channel * voxels]).toBe(expected);
    }
    const { path } = dataset;
    expect(dataset).toMatchObject({ path, channels: 2, channelNames: ["T2", "ADC"] });
  });

  it("may have a rule for the values of each channel", async () => {
    const intensities = [{ percentiles: [0, 100] }, { low: -7, high: 248 }];
    const dataset = twoFiles((path) => putVolume(path, adc), { intensities });
    const { image } = await decoded(dataset);
    expect([image[0], image[3 * 64]]).toEqual([Math.round((t2(7, 7, 0) / t2(7, 7, 2)) * 255), adc(7, 7, 0) + 7]);
    // What a run keeps tells them apart from one rule for all.
    const { slices } = dataset;
    const other = slices && { ...dataset, slices: { ...slices, intensities: [] } };
    expect(datasetDifferences(dataset, other as Dataset, false)).toEqual(["intensities"]);
    expect(() => twoFiles((path) => putVolume(path, adc), { intensities: [{ low: 0, high: 9 }] })).toThrow(
      /intensities are 1, but channels is 2; give a rule for each/,
    );
  });

  it("may have channels of different types", async () => {
    const same = await decoded(twoFiles((path) => putVolume(path, adc)));
    expect(await decoded(twoFiles((path) => putVolume(path, adc, body, "float32")))).toEqual(same);
  });

  it("refuses a channel of another size, place or number of channels by its name", async () => {
    const [larger, moved] = [
      { ...body, extents: [8, 8, 4] },
      { ...body, sizes: [1, 1, 3] },
    ];
    const refused = (write: (path: string) => void) => expect(decoded(twoFiles(write))).rejects;
    await refused((path) => putVolume(path, adc, larger)).toThrow(
      /p1_0001\.nii\.gz: the channel is 8 x 8 x 4, but the first one, .*p1_0000\.nii\.gz, is 8 x 8 x 3; resample it/,
    );
    await refused((path) => putVolume(path, adc, moved)).toThrow(
      /p1_0001\.nii\.gz: the channel has another spacing or place than the first one, .*; register it and resample it/,
    );
    const { values, ...rest } = storedBody(body, adc);
    const twice = { ...rest, extents: [...rest.extents, 2], values: Float64Array.from([...values, ...values]) };
    await refused((path) => put(path, niftiFile(twice))).toThrow(
      /p1_0001\.nii\.gz: holds 2 channels, but with further/,
    );
    expect(() => twoFiles(() => {})).toThrow(DataError);
    expect(() => twoFiles(() => {})).toThrow(
      /p1 has no file of its channel 2: .*p1_0001\.nii\.gz is not there; put it back/,
    );
  });

  it("refuses a file of other channels than the data set's", async () => {
    const dataset = twoFiles((path) => putVolume(path, adc));
    const [one] = dataset.domains[0].cases("train");
    const { furtherChannels: _, ...first } = one;
    await expect(decodeCase(dataset, first)).rejects.toThrow(/has 1 channel, but .* says channels: 2 \(T2, ADC\)/);
  });

  it("is another case to the cache when any of its files changes", async () => {
    const dataset = twoFiles((path) => putVolume(path, adc));
    const [one] = dataset.domains[0].cases("train");
    const folder = join(base, `cache${made++}`);
    const contents = () => new DecodedCache(dataset, { folder }).contentsOf(one);
    const before = await contents();
    putVolume(one.furtherChannels?.[0] as string, (x, y, z) => adc(x, y, z) + z);
    const after = await contents();
    expect(after.image).not.toBe(before.image);
    expect(after.mask).toBe(before.mask);
  });
});

describe("data check of several channels", () => {
  it("gives the values of each, and warns where two are equal", async () => {
    const { problems, volumes } = await checkDataset(twoFiles((path) => putVolume(path, adc)));
    expect(problems).toEqual([]);
    expect(volumes?.[0].values).toBe("T2 0 to 237, ADC -7 to 23");
    const equal = await checkDataset(twoFiles((path) => putVolume(path, t2)));
    expect(equal.problems.map(({ message }) => message)).toEqual([
      "a/train/p1: the channels T2 and ADC are equal; check that each has the files of its own",
    ]);
  });

  it("takes a channel that serves as mask for what it is", async () => {
    const dataset = twoFiles((path) => {
      for (const file of [path, join(dirname(path), "../labels/p1.nii.gz")]) putVolume(file, (x) => (x > 4 ? 1 : 0));
    });
    expect((await checkDataset(dataset)).problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/labels\/p1\.nii\.gz: is the image itself and no mask/),
    ]);
  });
});

describe("pictures of several channels", () => {
  const pictures = (changes: Record<string, unknown>, bits: 8 | 16 = 8) => {
    const folder = join(base, `set${made++}`);
    put(join(folder, "nir/1.png"), png(2, 2, [1, 2, 3, 4]));
    put(join(folder, "red/1.png"), png(2, 2, [9, 8, 7, 6], { bits }));
    const train = { images: "nir/{id}.png", furtherChannels: ["red/{id}.png"] };
    return loadDataset(putDatasetYaml(folder, { channels: 2, domains: [{ name: "a", train }], ...changes }));
  };

  it("are read in their order", async () => {
    const dataset = pictures({});
    const { image, channels } = await decoded(dataset, "whole");
    expect([channels, ...image]).toEqual([2, 1, 2, 3, 4, 9, 8, 7, 6]);
    expect(dataset.channelNames).toEqual(["channel 1", "channel 2"]);
  });

  it("are refused where the channels have other bits, or are not as many as dataset.yaml says", async () => {
    await expect(decoded(pictures({ intensity: { low: 0, high: 9 } }, 16))).rejects.toThrow(
      /red\/1\.png: has 16 bits a sample, but the first channel, .*nir\/1\.png, has 8 bits a sample; save all/,
    );
    expect(() => pictures({ channels: 3 })).toThrow(/furtherChannels are 1 beside the first, but channels is 3/);
    expect(() => pictures({ channelNames: ["NIR"] })).toThrow(/channelNames are 1, but channels is 2/);
    expect(() => pictures({ channelNames: ["NIR", "NIR"] })).toThrow(/channelNames name two channels alike/);
  });
});

describe("strong views of modalities", () => {
  /** The first channel of three images, beside a second one. */
  const batch = (second: number) => {
    const values = Float32Array.from({ length: 3 * 2 * 512 }, (_, i) =>
      Math.floor(i / 512) % 2 === 0 ? (i * 37) % 256 : (i * second) % 256,
    );
    return values;
  };
  const key = { seed: 3, iteration: 5, purpose: "unlabelled" };

  it.each([
    ["pictures", planarAugmenter(mriProfile, true), [3, 2, 16, 32]],
    ["patches", volumeAugmenter(volumeProfile, true), [3, 2, 8, 8, 8]],
  ] as const)("leave a channel of %s as it is whatever the other one holds", (_, augmenter, shape) => {
    const strongOf = (second: number) =>
      scope(() => {
        const images = fromTypedArray(batch(second), [...shape]);
        return unlabelledViews(augmenter, images, key).strong.narrow(1, 0, 1).toNumbers();
      });
    expect(strongOf(11)).toEqual(strongOf(101));
    // Equal channels get draws of their own.
    const both = scope(() =>
      unlabelledViews(augmenter, fromTypedArray(batch(37), [...shape]), key)
        .strong.split(1, 1)
        .map((one) => one.mean().item()),
    );
    expect(both[0]).not.toBeCloseTo(both[1], 3);
  });
});
