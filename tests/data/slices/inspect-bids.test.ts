/** `data inspect` of BIDS trees: sessions, sites, masks in derivatives, and which modality they are of. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../../src/core/errors.js";
import { checkDataset } from "../../../src/data/check/check.js";
import { loadDataset } from "../../../src/data/dataset.js";
import { inspectFolder } from "../../../src/data/inspect/inspect.js";
import { writeDatasetYaml } from "../../../src/data/inspect/write-yaml.js";
import { put, temporaryFolder } from "../files.js";
import { niftiFile } from "../nifti-file.js";

const base = temporaryFolder();
let drawn = 0;

/** A volume of 8 x 8 x 4 voxels, of other values each time, or a mask; finer ones lie on another grid. */
function volume(path: string, what: "image" | "mask" = "image", spacing = 1): void {
  const seed = ++drawn;
  const values = Array.from({ length: 256 }, (_, i) =>
    what === "image" ? (i * 37 + seed * 11) % 251 : Number(i % 8 > 4 || i === seed % 256),
  );
  const affine = [0, 1, 2].map((axis) => [0, 1, 2, 3].map((column) => (column === axis ? spacing : 0)));
  put(path, niftiFile({ extents: [8, 8, 4], values, affine, type: what === "image" ? "int16" : "uint8" }));
}

async function inspect(name: string, write: (root: string) => void) {
  const root = join(base, name);
  write(root);
  put(join(root, "dataset_description.json"), "{}");
  const inspection = await inspectFolder(root);
  const path = join(base, `${name}.yaml`);
  writeDatasetYaml(inspection, root, path, false);
  return { ...inspection, told: inspection.guesses.join("\n"), path };
}

const subjects = ["01", "02", "03", "04", "05", "06"];

describe("inspectFolder of a BIDS tree", () => {
  it("takes sessions, sites of participants.tsv, and the modality that every mask has an image of", async () => {
    const { told, path, file } = await inspect("lesions", (root) => {
      const rows = subjects.map((id, i) => [`sub-${id}`, "40", i < 3 ? "Oslo" : i < 5 ? "2" : "n/a"].join("\t"));
      put(join(root, "participants.tsv"), ["participant_id\tage\tSite", ...rows].join("\r\n"));
      for (const id of subjects)
        for (const session of ["ses-1", "ses-2"]) {
          const own = (suffix: string) => `sub-${id}/${session}/anat/sub-${id}_${session}_${suffix}.nii.gz`;
          volume(join(root, own("FLAIR")));
          if (id !== "02") volume(join(root, own("T1w")));
          volume(join(root, "derivatives/prep", own("space-MNI_T1w")));
          if (id !== "01") volume(join(root, "derivatives/manual", own("label-lesion_mask")), "mask");
          volume(join(root, "derivatives/prep", own("desc-brain_mask")), "mask");
          volume(join(root, `sub-${id}/${session}/func/sub-${id}_${session}_task-rest_bold.nii.gz`));
        }
    });
    const dataset = loadDataset(path);
    expect(dataset.domains.map(({ name }) => name)).toEqual(["Oslo", "lesions", "site 2"]);
    expect(file.domains[0].train).toMatchObject({
      images: "sub-*/ses-*/anat/{id}_FLAIR.nii.gz",
      masks: "derivatives/manual/sub-*/ses-*/anat/{id}_label-lesion_mask.nii.gz",
    });
    const cases = dataset.domains.flatMap((one) => [...one.cases("train"), ...one.cases("test")]);
    expect(cases.length).toBe(12);
    expect(cases.find(({ id }) => id === "sub-03_ses-2")).toMatchObject({
      imagePath: join(base, "lesions/sub-03/ses-2/anat/sub-03_ses-2_FLAIR.nii.gz"),
      maskPath: join(base, "lesions/derivatives/manual/sub-03/ses-2/anat/sub-03_ses-2_label-lesion_mask.nii.gz"),
    });
    expect(cases.filter(({ maskPath }) => maskPath === undefined).map(({ id }) => id)).toEqual([
      ...["sub-01_ses-1", "sub-01_ses-2"],
    ]);
    expect(new Set(cases.map(({ subject }) => subject)).size).toBe(6);
    expect(told).toContain("images are FLAIR, T1w; FLAIR is taken: it is the only one that every mask has an image of");
    expect(told).toContain(
      "masks are taken from label-lesion_mask (derivatives/manual); desc-brain_mask (derivatives/prep)",
    );
    expect(told).toContain("24 images of other kinds than anatomy, or made of others, are left out");
    expect((await checkDataset(dataset)).problems.filter(({ severity }) => severity === "error")).toEqual([]);
  });

  it("takes the modality on whose grid the masks lie", async () => {
    const { file, told } = await inspect("grids", (root) => {
      for (const id of subjects) {
        volume(join(root, `sub-${id}/anat/sub-${id}_T1w.nii.gz`));
        volume(join(root, `sub-${id}/anat/sub-${id}_T2w.nii.gz`), "image", 0.5);
        volume(join(root, `derivatives/seg/sub-${id}/anat/sub-${id}_dseg.nii.gz`), "mask", 0.5);
      }
    });
    expect(file.domains).toMatchObject([
      {
        name: "grids",
        train: {
          images: "sub-*/anat/{id}_T2w.nii.gz",
          masks: "derivatives/seg/sub-*/anat/{id}_dseg.nii.gz",
          ids: ["sub-01", "sub-02", "sub-03", "sub-04", "sub-06"],
        },
        test: { ids: ["sub-05"] },
      },
    ]);
    expect(told).toContain("T2w is taken: the masks lie on its grid");
  });

  it("asks for the modality where nothing tells it, and reads the one that is answered", async () => {
    const { path, told } = await inspect("asked", (root) => {
      for (const id of subjects)
        for (const suffix of ["T1w", "acq-late_FLAIR"]) {
          volume(join(root, `sub-${id}/anat/sub-${id}_${suffix}.nii.gz`));
          volume(join(root, `derivatives/seg/sub-${id}/anat/sub-${id}_dseg.nii.gz`), "mask");
        }
    });
    const ask = "Which images are trained on, T1w or acq-late_FLAIR?";
    expect(told).toContain(`to be answered in dataset.yaml before anything is trained: ${ask}`);
    expect(() => loadDataset(path)).toThrow(`is to be filled in: ${ask}`);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace("answer: null", "answer: 2"));
    const [one] = loadDataset(path).domains[0].cases("train");
    expect(one.imagePath).toBe(join(base, "asked/sub-01/anat/sub-01_acq-late_FLAIR.nii.gz"));
    expect(one.maskPath).toBe(join(base, "asked/derivatives/seg/sub-01/anat/sub-01_dseg.nii.gz"));
    writeFileSync(path, text.replace("answer: null", "answer: 2").replace(/ +modality: acq-late_FLAIR\n/, ""));
    expect(() => loadDataset(path)).toThrow(UsageError);
    expect(() => loadDataset(path)).toThrow("holds {modality}, which no answer of a question fills in; write its name");
  });
});
