/** `data inspect` of the files and lists that public code for semi-supervised segmentation works on. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkDataset } from "../../../src/data/check/check.js";
import { loadDataset } from "../../../src/data/dataset.js";
import { inspectFolder } from "../../../src/data/inspect/inspect.js";
import { writeDatasetYaml } from "../../../src/data/inspect/write-yaml.js";
import { put, temporaryFolder } from "../files.js";
import { hdf5File } from "../hdf5-file.js";

const base = temporaryFolder();
let drawn = 0;

/** Noise between 0 and 1 with a brighter square, whose label is 1, a line in it, which is 2, and a pixel of its own. */
function file(shape: readonly number[], { scale = 1, label = "label", image = "image" } = {}): Buffer {
  const [height, width] = shape.slice(-2);
  const size = shape.reduce((product, extent) => product * extent, 1);
  const seed = ++drawn;
  const values = Float32Array.from({ length: size }, (_, i) => (((i + 1) * (seed + 7) * 37) % 101) / 101);
  const labels = Uint8Array.from({ length: size }, (_, i) => {
    const [y, x] = [Math.floor(i / width) % height, i % width];
    const own = y < 2 || x < 2 || y > 8 || x > 9 ? 0 : y === 5 ? 2 : 1;
    return i === 3 * seed ? (own + 1) % 3 : own;
  });
  return hdf5File({
    [image]: { shape, values: values.map((value, i) => scale * (0.7 * value + 0.1 * labels[i])), packed: true },
    [label]: { shape, values: labels, packed: true },
  });
}

async function inspect(name: string, write: (root: string) => void) {
  const root = join(base, name);
  write(root);
  const inspection = await inspectFolder(root);
  const path = join(base, `${name}.yaml`);
  writeDatasetYaml(inspection, root, path, false);
  const dataset = loadDataset(path);
  const { problems } = await checkDataset(dataset);
  const messages = problems.map(({ severity, message }) => `${severity}: ${message}`);
  return { ...inspection, told: inspection.guesses.join("\n"), dataset, messages };
}

const lines = (ids: readonly string[]) => `${ids.join("\n")}\n`;

describe("inspectFolder of lists", () => {
  it("takes ACDC's slices in the order of train_slices.list, and its volumes of test.list", async () => {
    const patients = Array.from({ length: 22 }, (_, i) => `patient${String(i + 1).padStart(3, "0")}_frame01`);
    // Public lists are in byte order: slice_10 before slice_2.
    const slices = patients.flatMap((id, i) => [1, 10, 2].slice(0, i === 0 ? 3 : 2).map((z) => `${id}_slice_${z}`));
    const {
      file: content,
      told,
      dataset,
      messages,
    } = await inspect("ACDC", (root) => {
      for (const id of slices) put(join(root, `data/slices/${id}.h5`), file([12, 12]));
      const volumes = ["patient090_frame01", "patient091_frame01", "patient001_frame01"];
      for (const id of volumes) put(join(root, `data/${id}.h5`), file([3, 12, 12]));
      put(join(root, "train_slices.list"), lines(slices));
      put(join(root, "train.list"), lines(["patient001_frame01"]));
      put(join(root, "val.list"), lines(["patient090_frame01"]));
      put(join(root, "test.list"), lines(["patient091_frame01", "patient090_frame01"]));
    });
    expect(content).toMatchObject({
      ...{ slices: "stored", intensity: { low: 0, high: 1 }, subject: { before: "_frame" } },
      ...{ labels: { kind: "values", map: { 0: "background", 1: "class 1", 2: "class 2" } } },
      domains: [
        {
          name: "ACDC",
          train: {
            images: "data/slices/{id}.h5",
            masks: "data/slices/{id}.h5/label",
            list: "train_slices.list",
          },
          test: { images: "data/{id}.h5", masks: "data/{id}.h5/label", list: "test.list" },
        },
      ],
    });
    const [domain] = dataset.domains;
    expect(domain.cases("train").map(({ id }) => id)).toEqual(slices);
    expect(domain.cases("test").map(({ id }) => id)).toEqual(["patient091_frame01", "patient090_frame01"]);
    expect(new Set(domain.cases("train").map(({ subject }) => subject)).size).toBe(22);
    expect(told).toContain("train.list, val.list are not used");
    expect(told).toContain("1 file that train_slices.list and test.list do not name is left out");
    expect(told).toContain(
      "labelled.count of a configuration counts cases of train_slices.list, from its beginning: 3 are the first 1 subject, " +
        "5 are the first 2 subjects, 9 are the first 4 subjects of 22",
    );
    expect(messages).toEqual([
      `warning: 47 volumes (the first is ${join(base, "ACDC/data/slices", `${slices[0]}.h5`)}) do not say the size of a ` +
        "voxel: it counts as 1 along each axis, and neither --units mm nor resample can be asked of them",
    ]);
  });

  it("finds LA's volumes by the folders that its lists name", async () => {
    const ids = ["0RZDK", "1D7CU", "2XHPN", "3ABQM"];
    const { dataset, file: content } = await inspect("LA", (root) => {
      for (const id of ids) put(join(root, `2018LA_Seg/${id}/mri_norm2.h5`), file([4, 12, 12], { scale: 9 }));
      put(join(root, "train.list"), lines([ids[2], ids[0], ids[3]]));
      put(join(root, "test.list"), lines([ids[1]]));
    });
    expect(content.intensity).toEqual({ percentiles: [0.5, 99.5] });
    expect(content.subject).toBeUndefined();
    const [domain] = dataset.domains;
    expect(domain.cases("train").map(({ id }) => id)).toEqual([ids[2], ids[0], ids[3]]);
    expect(domain.cases("test").map(({ maskPath }) => maskPath)).toEqual([
      join(base, `LA/2018LA_Seg/${ids[1]}/mri_norm2.h5/label`),
    ]);
  });

  it("takes entries with endings, leaves out what is not there or broken, and names other data sets", async () => {
    const {
      dataset,
      told,
      file: content,
    } = await inspect("Pancreas", (root) => {
      for (const i of [1, 2, 3, 4])
        put(join(root, `h5/image000${i}_norm.h5`), file([3, 12, 12], { image: "ct", label: "organ_seg" }));
      put(join(root, "h5/image0005_norm.h5"), file([3, 12, 12]).subarray(0, 900));
      put(join(root, "train.list"), lines([3, 1, 5, 9].map((i) => `image000${i}_norm.h5`)));
      put(join(root, "val.list"), lines([2, 4].map((i) => `image000${i}_norm.h5`)));
    });
    expect(content.domains[0].train).toEqual({
      images: "h5/{id}.h5/ct",
      masks: "h5/{id}.h5/organ_seg",
      ids: ["image0003_norm", "image0001_norm"],
    });
    expect(content.domains[0].test).toMatchObject({ list: "val.list" });
    expect(dataset.domains[0].cases("test").map(({ id }) => id)).toEqual(["image0002_norm", "image0004_norm"]);
    expect(told).toContain("train.list: 1 of its 4 ids have no file of their own and are left out");
    expect(told).toMatch(
      /1 broken file, whose case is left out \(see except\): .*image0005_norm\.h5\/ct: the HDF5 file is damaged/,
    );
  });
});
