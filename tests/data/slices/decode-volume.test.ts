/** Volumes as cases: cut along the body's axes, seen through a window, with masks that lie where their images do. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../../src/core/errors.js";
import { DecodedCache } from "../../../src/data/cache/decoded-cache.js";
import { type Case, type Dataset, loadDataset } from "../../../src/data/dataset.js";
import { decodeCase } from "../../../src/data/decode.js";
import { drawables, picturesOf, sliceOf, tellingSlice } from "../../../src/data/volumes/case-slices.js";
import { stackSlices } from "../../../src/data/volumes/stacked-planes.js";
import { axisOrders } from "../../support/axis-orders.js";
import { put, putDatasetYaml, temporaryFolder } from "../files.js";
import { niftiFile } from "../nifti-file.js";
import { putVolumes, type Site, sites, storedBody } from "./bodies.js";

const base = temporaryFolder();
let made = 0;

/** A data set of one domain with the volumes that `write` puts into its folder. */
function setOf(
  write: (folder: string) => void,
  changes: Record<string, unknown> = {},
): { dataset: Dataset; one: Case } {
  const folder = join(base, `set${made++}`);
  mkdirSync(join(folder, "masks"), { recursive: true });
  write(folder);
  const path = putDatasetYaml(folder, {
    resize: { size: 8 },
    slices: "axial",
    domains: [{ name: "a", train: { images: "images/{id}.nii.gz", masks: "masks/{id}.nii.gz" } }],
    ...changes,
  });
  const dataset = loadDataset(path);
  return { dataset, one: dataset.domains[0].cases("train")[0] };
}

/** Body of 8 x 8 x 3 whose value is 16 x + 8 y + 100 z in RAS. */
const body: Site = { axes: [0, 1, 2], reversed: [false, false, false], extents: [8, 8, 3], sizes: [1, 1, 2] };
const ramp = (x: number, y: number, z: number) => 10 * x + y + 80 * z;
const corner = (x: number, y: number, z: number) => (x >= 6 && y >= 6 && z === 2 ? 1 : 0);

function putBody(folder: string, image: Site, mask: Site = image): void {
  put(join(folder, "images/p1.nii.gz"), niftiFile({ ...storedBody(image, ramp), type: "int16" }));
  put(join(folder, "masks/p1.nii.gz"), niftiFile({ ...storedBody(mask, corner), type: "uint8" }));
}

describe("decodeCase of a whole volume", () => {
  const window = { intensity: { low: 0, high: 255 } };

  it("keeps the volume's own voxels where nothing says a spacing", async () => {
    const { dataset, one } = setOf((folder) => putBody(folder, body), window);
    const whole = await decodeCase(dataset, one, "whole");
    expect(whole.working).toEqual(whole.stored);
    expect([...whole.image.subarray(64, 67)]).toEqual([157, 147, 137]);
    expect(whole.label?.length).toBe(3 * 64);
    expect((whole.label as Uint8Array).reduce((sum, value) => sum + value, 0)).toBe(4);
  });

  it("has the data set's spacing along slices, rows and columns, over the same field of view", async () => {
    const rule = { ...window, resample: [1, 2, 1] };
    const { dataset, one } = setOf((folder) => putBody(folder, body), rule);
    const { working, image, label } = await decodeCase(dataset, one, "whole");
    expect(working.shape).toEqual([6, 4, 8]);
    expect(working.spacing?.map((size) => Number(size.toFixed(6)))).toEqual([1, 2, 1]);
    expect(image).toHaveLength(6 * 4 * 8);
    // The part is one slice of 2 x 2 voxels: two slices, half as many rows.
    expect((label as Uint8Array).reduce((sum, value) => sum + value, 0)).toBe(4);
    expect((label as Uint8Array).at(-1)).toBe(0);
    expect((label as Uint8Array)[4 * 4 * 8]).toBe(1);
  });

  it("is kept apart from slices and from other spacings in the cache", async () => {
    const { dataset, one } = setOf((folder) => putBody(folder, body), window);
    const folder = join(base, `cache${made++}`);
    const shapes: unknown[] = [];
    for (const size of ["whole", 8, "whole"] as const)
      shapes.push((await new DecodedCache(dataset, { size, folder }).get(one)).working.shape);
    expect(shapes).toEqual([
      [3, 8, 8],
      [3, 8, 8],
      [3, 8, 8],
    ]);
    const { slices } = dataset;
    const coarse = { ...dataset, slices: { ...(slices as NonNullable<typeof slices>), resample: [2, 2, 2] as const } };
    expect((await new DecodedCache(coarse, { size: "whole", folder }).get(one)).working.shape).toEqual([3, 4, 4]);
  });

  it("refuses a spacing for a volume that does not know its own", async () => {
    const { dataset, one } = setOf(
      (folder) => {
        const { extents, values } = storedBody(body, ramp);
        put(join(folder, "images/p1.nii.gz"), niftiFile({ extents, values, spacing: [0, 0, 0] }));
        put(join(folder, "masks/p1.nii.gz"), niftiFile({ extents, values: new Uint8Array(192), spacing: [0, 0, 0] }));
      },
      { ...window, resample: [1, 1, 1] },
    );
    await expect(decodeCase(dataset, one, "whole")).rejects.toThrow(/p1\.nii\.gz: does not say its spacing/);
  });
});

describe("decodeCase of a volume", () => {
  const window = { intensity: { low: 0, high: 255 } };

  it("pads every slice and its labels alike", async () => {
    const { dataset, one } = setOf((folder) => putBody(folder, body), window);
    const plain = await decodeCase(dataset, one, 8);
    const size = { height: 12, width: 8, mode: "pad" } as const;
    const { image, label, working } = await decodeCase(dataset, one, size);
    expect(working.shape).toEqual([3, 12, 8]);
    for (const [padded, own] of [
      [image, plain.image],
      [label, plain.label],
    ] as const)
      for (let slice = 0; slice < 3; slice++) {
        const rows = [...(padded as Uint8Array).subarray(96 * slice, 96 * (slice + 1))];
        expect(rows.slice(16, 80)).toEqual([...(own as Uint8Array).subarray(64 * slice, 64 * (slice + 1))]);
        expect([...rows.slice(0, 16), ...rows.slice(80)].every((value) => value === 0)).toBe(true);
      }
  });

  it("gives slices upwards, rows towards posterior, columns towards the left, whatever the file's order", async () => {
    for (const axes of axisOrders)
      for (const bits of [0, 3, 5]) {
        const reversed = axes.map((_, i) => ((bits >> i) & 1) === 1);
        const { dataset, one } = setOf((folder) => putBody(folder, { ...body, axes, reversed }), window);
        const { image, label, stored, working } = await decodeCase(dataset, one);
        expect(stored.shape).toEqual([3, 8, 8]);
        expect(working.spacing?.map((size) => Number(size.toFixed(5)))).toEqual([2, 1, 1]);
        // The first row is the most anterior one (y 7), its first column the rightmost (x 7).
        expect([...image.subarray(64, 67)]).toEqual([157, 147, 137]);
        expect([...image.subarray(72, 75)]).toEqual([156, 146, 136]);
        const shown = [...(label as Uint8Array)].flatMap((value, i) => (value === 1 ? [i] : []));
        expect(shown).toEqual([128, 129, 136, 137]);
      }
  });

  it("reads a mask that is stored in another order than its image", async () => {
    const mask = { ...body, axes: [2, 0, 1], reversed: [true, false, true] };
    const { dataset, one } = setOf((folder) => putBody(folder, body, mask), window);
    const { label } = await decodeCase(dataset, one);
    expect([...(label as Uint8Array)].flatMap((value, i) => (value === 1 ? [i] : []))).toEqual([128, 129, 136, 137]);
  });

  it("takes a mask that does not say where it lies as stored like its image", async () => {
    const { dataset, one } = setOf((folder) => {
      putBody(folder, { ...body, reversed: [true, true, false] });
      const { affine: _, ...label } = storedBody({ ...body, reversed: [true, true, false] }, corner);
      put(join(folder, "masks/p1.nii.gz"), niftiFile({ ...label, type: "uint8" }));
    }, window);
    const { label } = await decodeCase(dataset, one);
    expect([...(label as Uint8Array)].flatMap((value, i) => (value === 1 ? [i] : []))).toEqual([128, 129, 136, 137]);
  });

  it("maps each volume's own percentiles to 0 and 255 unless a window is given, in 8-bit volumes too", async () => {
    for (const type of ["uint8", "float32"] as const) {
      const { dataset, one } = setOf((folder) => {
        put(join(folder, "images/p1.nii.gz"), niftiFile({ ...storedBody(body, (x) => 20 * x), type }));
      });
      const { image, wide } = await decodeCase(dataset, one);
      expect([...image.subarray(0, 8)]).toEqual([255, 219, 182, 146, 109, 73, 36, 0]);
      expect(wide).toBe(true);
    }
    const { dataset, one } = setOf(
      (folder) => {
        put(join(folder, "images/p1.nii.gz"), niftiFile(storedBody(body, (x) => 100 * x - 300)));
      },
      { intensity: { window: "ct-soft-tissue" } },
    );
    const { image } = await decodeCase(dataset, one);
    // From −300 to 400 by hundreds; −160 is black and 240 white.
    expect([...image.subarray(0, 8)].reverse()).toEqual([0, 0, 38, 102, 166, 230, 255, 255]);
  });

  it("refuses a mask of another size, and one that lies elsewhere, and names an unknown value with its slice", async () => {
    const small = { ...body, extents: [8, 8, 2] };
    const other = setOf((folder) => putBody(folder, body, small));
    await expect(decodeCase(other.dataset, other.one)).rejects.toThrow(
      /masks\/p1\.nii\.gz: the mask is 8 x 8 x 2 voxels, but its image .* is 8 x 8 x 3/,
    );
    const thick = setOf((folder) => putBody(folder, body, { ...body, sizes: [1, 1, 3] }));
    await expect(decodeCase(thick.dataset, thick.one)).rejects.toThrow(/lies elsewhere in the patient than its image/);
    const odd = setOf((folder) => {
      putBody(folder, body);
      const label = storedBody(body, (x, _, z) => (x === 7 && z === 1 ? 5 : 0));
      put(join(folder, "masks/p1.nii.gz"), niftiFile({ ...label, type: "uint8" }));
    });
    await expect(decodeCase(odd.dataset, odd.one)).rejects.toThrow(
      /masks\/p1\.nii\.gz \(slice 2 of 3\): unknown label value 5 .* at row 0, column 0/,
    );
  });

  it("cuts a volume that does not say how it lies along its file's last axis", async () => {
    const { dataset, one } = setOf((folder) => {
      const { affine: _, ...image } = storedBody(body, ramp);
      put(join(folder, "images/p1.nii.gz"), niftiFile({ ...image, spacing: [1, 1, 2] }));
    }, window);
    const { image, stored } = await decodeCase(dataset, one);
    expect(stored.toWorld).toBeNull();
    expect([...image.subarray(64, 67)]).toEqual([80, 90, 100]);
  });
});

describe("slices in dataset.yaml", () => {
  it("refuses keys that belong to the other kind of images", () => {
    const refuse = (changes: Record<string, unknown>, message: RegExp) => {
      const at = join(base, `refused${made++}`);
      const path = putDatasetYaml(at, {
        domains: [{ name: "a", train: { images: "images/{id}.nii.gz" } }],
        ...changes,
      });
      expect(() => loadDataset(path)).toThrow(UsageError);
      expect(() => loadDataset(path)).toThrow(message);
    };
    refuse({ emptySlices: "drop" }, /emptySlices belongs to slices/);
    refuse({ intensity: { window: "ct-lung" } }, /intensity\.window belongs to slices/);
    refuse({ slices: "axial", spacing: [1, 1] }, /spacing is for pictures/);
    refuse({ slices: "axial", intensity: { low: 3, percentiles: [1, 99] } }, /needs low and high, or with slices/);
    refuse({ slices: "axial", intensity: { percentiles: [99, 1] } }, /needs the lower one first/);
    refuse({ slices: "across" }, /slices/);
  });
});

describe("the cache of volumes", () => {
  it("keeps a volume on disk under its content, and finds it again", async () => {
    const { dataset, one } = setOf((folder) => putBody(folder, body));
    const folder = join(base, `cache${made++}`);
    const first = await new DecodedCache(dataset, { folder }).get(one);
    const again = await new DecodedCache(dataset, { folder }).get(one);
    expect(again).toEqual(first);
    const coronal = { ...dataset, slices: { ...(dataset.slices as object), plane: "coronal" } } as Dataset;
    expect((await new DecodedCache(coronal, { folder }).get(one)).stored.shape).toEqual([8, 3, 8]);
  });
});

describe("a volume whose values lie beside its header", () => {
  it("is another one when either of the files changes", async () => {
    const header = (type: string) =>
      ["ObjectType = Image", "NDims = 3", "DimSize = 8 8 3", "ElementSpacing = 1 1 2", `ElementType = ${type}`].join(
        "\n",
      );
    const values = (add: number) => Int16Array.from({ length: 192 }, (_, i) => i + add);
    const folder = join(base, "beside");
    mkdirSync(join(folder, "masks"), { recursive: true });
    put(join(folder, "images/p1.mhd"), `${header("MET_SHORT")}\nElementDataFile = p1.raw\n`);
    put(join(folder, "images/p1.raw"), Buffer.from(values(0).buffer));
    const domains = [{ name: "a", train: { images: "images/{id}.mhd", masks: "masks/{id}.mha" } }];
    const dataset = loadDataset(putDatasetYaml(folder, { resize: { size: 8 }, slices: "axial", domains }));
    const [one] = dataset.domains[0].cases("train");
    const cache = new DecodedCache(dataset, { folder: false, memoryBytes: 0 });
    const first = await cache.contentsOf(one);
    put(join(folder, "images/p1.raw"), Buffer.from(values(7).buffer));
    await cache.get(one);
    expect((await cache.contentsOf(one)).image).not.toBe(first.image);
  });
});

describe("slices of decoded volumes", () => {
  it("are pictures that stack to the volume again, with overlapping classes too", async () => {
    const changes = {
      target: "sigmoid",
      classes: [
        { index: 0, name: "disc" },
        { index: 1, name: "cup" },
      ],
    };
    const { dataset, one } = setOf((folder) => putBody(folder, body), {
      ...changes,
      labels: { kind: "values", map: { 0: [], 1: ["disc", "cup"] } },
    });
    const decoded = await decodeCase(dataset, one);
    const pictures = picturesOf(decoded, dataset);
    expect(pictures.map(({ working }) => working.shape)).toEqual([
      [8, 8],
      [8, 8],
      [8, 8],
    ]);
    expect(
      stackSlices(
        pictures.map(({ image }) => image),
        1,
      ),
    ).toEqual(decoded.image);
    expect(
      stackSlices(
        pictures.map(({ label }) => label as Uint8Array),
        2,
      ),
    ).toEqual(decoded.label);
  });

  it("are all drawn, or with emptySlices: drop those of labelled volumes that show a part", async () => {
    const { dataset, one } = setOf((folder) => putBody(folder, body));
    const cache = new DecodedCache(dataset, { folder: false });
    expect((await drawables([one], true, dataset, cache)).map(({ slice }) => slice)).toEqual([0, 1, 2]);
    const dropping = { ...dataset, slices: { ...dataset.slices, emptySlices: "drop" } } as Dataset;
    expect((await drawables([one], true, dropping, cache)).map(({ slice }) => slice)).toEqual([2]);
    expect((await drawables([one], false, dropping, cache)).map(({ slice }) => slice)).toEqual([0, 1, 2]);
    const decoded = await cache.get(one);
    expect(tellingSlice(decoded, dataset)).toBe(2);
    const { label: _, ...unlabelled } = decoded;
    expect(tellingSlice(unlabelled, dataset)).toBe(1);
    expect(sliceOf(decoded, 2).image).toEqual(decoded.image.subarray(128));
  });

  it("come of sites that store their volumes differently", async () => {
    const root = join(base, "sites");
    putVolumes(root, 1);
    const path = putDatasetYaml(root, {
      resize: { size: 16 },
      slices: "axial",
      domains: Object.keys(sites).map((name) => ({
        name,
        train: { images: `${name}/images/{id}.nii.gz`, masks: `${name}/masks/{id}.nii.gz` },
      })),
    });
    const dataset = loadDataset(path);
    for (const domain of dataset.domains) {
      const { label, working } = await decodeCase(dataset, domain.cases("train")[0]);
      const [, rows, columns] = working.shape;
      // The ball lies to the patient's left of the middle as RAS counts it from the left: right of the picture's middle.
      const middle = [...(label as Uint8Array)].reduce(
        ([sum, count], value, i) => (value === 1 ? [sum + (i % columns), count + 1] : [sum, count]),
        [0, 0],
      );
      expect(middle[1]).toBeGreaterThan(20);
      expect(middle[0] / middle[1]).toBeGreaterThan(columns / 2);
      expect(rows).toBe(16);
    }
  });
});
