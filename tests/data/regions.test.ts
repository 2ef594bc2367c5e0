/** nnU-Net's regions, made up of several numbers of the masks: classes that overlap. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { dimseg } from "../cli/trained-run.js";
import { put, temporaryFolder } from "./files.js";
import { niftiFile } from "./nifti-file.js";

const base = temporaryFolder();
const extents = [16, 16, 4];
const affine = [0, 1, 2].map((r) => [...[0, 1, 2].map((c) => Number(r === c)), 0]);

/** Five cases whose masks hold these values, and what dataset.json says of them. */
async function inspect(name: string, values: readonly number[], labels: object) {
  const root = join(base, name);
  const volume = (valueAt: (i: number) => number) =>
    niftiFile({ extents, values: Float64Array.from({ length: 1024 }, (_, i) => valueAt(i)), affine, type: "int16" });
  for (let i = 0; i < 5; i++) {
    put(
      join(root, `imagesTr/case_${i}_0000.nii.gz`),
      volume((at) => (at * 31 + i) % 700),
    );
    put(
      join(root, `labelsTr/case_${i}.nii.gz`),
      volume((at) => values[Math.floor(at / 7) % values.length]),
    );
  }
  put(join(root, "dataset.json"), JSON.stringify({ channel_names: { 0: "T2" }, labels, file_ending: ".nii.gz" }));
  const path = join(base, `${name}.yaml`);
  await dimseg("data", "inspect", root, "--out", path);
  const { out } = await dimseg("data", "check", path);
  return { file: parse(readFileSync(path, "utf8")), said: readFileSync(path, "utf8"), checked: out };
}

it("become classes that overlap, each value being in every region that names it", async () => {
  const labels = { background: 0, whole: [1, 2, 3], core: [2, 3], enhancing: 3, ignore: 4 };
  const { file, said, checked } = await inspect("regions", [0, 1, 2, 3, 4], labels);
  expect(file).toMatchObject({
    target: "sigmoid",
    classes: [
      { index: 0, name: "whole" },
      { index: 1, name: "core" },
      { index: 2, name: "enhancing" },
    ],
    labels: {
      kind: "values",
      map: { 0: "background", 1: ["whole"], 2: ["whole", "core"], 3: ["whole", "core", "enhancing"] },
      ignore: 4,
    },
  });
  expect(said).toContain(
    "dataset.json names regions, which are classes that may overlap (target: sigmoid): whole is 1, 2, 3; core is 2, 3; enhancing is 3",
  );
  expect(checked).toContain("0 errors");
});

it("that the masks contradict are told and not used", async () => {
  const { file, said } = await inspect("others", [0, 1, 5], { background: 0, whole: [1, 2], core: 2 });
  expect(file).toMatchObject({ target: "softmax", labels: { map: { 0: "background", 1: "class 1", 5: "class 2" } } });
  expect(said).toContain(
    "warning: dataset.json names the regions whole, core, but masks hold 5, which none of them has; so they are not used, " +
      "and each number stands for a class",
  );
});

it("of one number each are plain classes", async () => {
  const { file } = await inspect("plain", [0, 1, 2], { background: 0, liver: [1], spleen: [2] });
  expect(file).toMatchObject({ target: "softmax", labels: { map: { 1: "liver", 2: "spleen" } } });
});
