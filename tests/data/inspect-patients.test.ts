/** `data inspect` of folders of patients with several images each: no domains, and no patient in training and test. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadDataset } from "../../src/data/dataset.js";
import { encodeNifti } from "../../src/data/formats/nifti/writer.js";
import { inspectFolder } from "../../src/data/inspect/inspect.js";
import { writeDatasetYaml } from "../../src/data/inspect/write-yaml.js";
import { makeGrid } from "../../src/grid/grid.js";
import { png, put, temporaryFolder } from "./files.js";

const base = temporaryFolder();
const side = 8;
const image = (seed: number) =>
  png(
    side,
    side,
    Array.from({ length: side * side }, (_, at) => (at * 7 + seed * 13) % 200),
  );
const mask = (seed: number) => {
  const isInside = (at: number) => at % side > 2 && at % side < 5 + (seed % 2) && at >= 2 * side && at < 5 * side;
  return png(
    side,
    side,
    Array.from({ length: side * side }, (_, at) => (isInside(at) ? 255 : 0)),
  );
};

/** Where an image and its mask lie, by patient and image. */
type Names = (patient: string, i: number) => readonly [image: string, mask: string];

function putSet(name: string, patients: readonly string[], namesOf: Names, images = 4): string {
  for (const [p, patient] of patients.entries())
    for (let i = 1; i <= images; i++) {
      const [ofImage, ofMask] = namesOf(patient, i);
      put(join(base, name, ofImage), image(p + i));
      put(join(base, name, ofMask), mask(p + i));
    }
  return join(base, name);
}

const six = [1, 2, 3, 4, 5, 6].map((p) => `patient_0${p}`);
const site = (patient: string) => (Number(patient.slice(-1)) % 2 === 0 ? "A" : "B");

/** Domains with the subjects of their training and test cases. */
async function found(root: string) {
  const inspection = await inspectFolder(root);
  const path = `${root}.yaml`;
  writeDatasetYaml(inspection, root, path, false);
  const domains = loadDataset(path).domains.map((domain) => {
    const [train, test] = [domain.cases("train"), domain.cases("test")];
    const all = [...train, ...test];
    return {
      name: domain.name,
      train: [...new Set(train.map(({ subject }) => subject))],
      test: [...new Set(test.map(({ subject }) => subject))],
      cases: all.length,
      labelled: all.filter(({ maskPath }) => maskPath !== undefined).length,
    };
  });
  return { domains, ...inspection };
}

describe("folders of patients are one domain", () => {
  it.each<[string, Names, readonly string[]]>([
    ["beside their masks", (p, i) => [`${p}/s${i}.png`, `${p}/s${i}_mask.png`], ["all"]],
    ["with folders in them", (p, i) => [`${p}/images/s${i}.png`, `${p}/masks/s${i}.png`], ["all"]],
    ["in folders of images and masks", (p, i) => [`images/${p}/s${i}.png`, `masks/${p}/s${i}.png`], ["all"]],
    ["of sites", (p, i) => [`${site(p)}/${p}/s${i}.png`, `${site(p)}/${p}/s${i}_mask.png`], ["A", "B"]],
  ])("%s", async (name, namesOf, sites) => {
    const { domains, guesses } = await found(putSet(name.replaceAll(" ", "-"), six, namesOf));
    expect(domains.map((one) => one.name)).toEqual(sites[0] === "all" ? [name.replaceAll(" ", "-")] : sites);
    for (const { train, test, cases, labelled } of domains) {
      expect([cases, labelled]).toEqual([24 / sites.length, 24 / sites.length]);
      expect(test).not.toEqual([]);
      expect(train.filter((subject) => test.includes(subject))).toEqual([]);
    }
    expect(guesses.join("\n")).toMatch(
      /folders patient_0\d, patient_0\d, ... (of A )?are taken for patients of one domain/,
    );
  });
});

it.each<[string, Names]>([
  ["sites-and-patients", (p, i) => [`${site(p)}/${p}/scan${i}.nii`, `${site(p)}/${p}/scan${i}_seg.nii`]],
  ["visits", (p, i) => [`${site(p)}/${p}/visit${i}/t2.nii`, `${site(p)}/${p}/visit${i}/seg.nii`]],
])("volumes of patients with several each: %s", async (name, namesOf) => {
  const grid = makeGrid("volume", [3, side, side]);
  const volume = (at: (i: number) => number) =>
    encodeNifti(
      { grid, channels: 1, samples: Uint8Array.from({ length: 3 * side ** 2 }, (_, i) => at(i)) },
      { packed: false },
    );
  for (const [p, patient] of six.entries())
    for (const i of [1, 2]) {
      const [ofImage, ofMask] = namesOf(patient, i);
      put(join(base, name, ofImage), await volume((at) => (at * 7 + p * 13 + i) % 200));
      put(join(base, name, ofMask), await volume((at) => Number(at % side > 2 && at % side < 5 && at > 80)));
    }
  const { domains } = await found(join(base, name));
  expect(domains).toMatchObject(["A", "B"].map((domain) => ({ name: domain, cases: 6, labelled: 6 })));
  for (const { train, test } of domains) expect([train.length, test.length]).toEqual([2, 1]);
});

it("many numbered folders are patients whatever they are called, and ids tell them apart", async () => {
  const patients = Array.from({ length: 14 }, (_, p) => `X__${100 + p}`);
  const root = putSet("many", patients, (p, i) => [`${p}/a${i}.png`, `${p}/a${i}_mask.png`], 2);
  const { domains, file } = await found(root);
  expect(file.subject).toEqual({ before: "___" });
  expect(domains).toMatchObject([{ name: "many", cases: 28 }]);
  expect([...domains[0].train, ...domains[0].test]).toHaveLength(14);
});

it.each([
  ["scanners", [1, 2, 3].map((i) => `scanner${i}`)],
  ["names of no number", ["Utrecht", "Singapore", "Amsterdam"]],
  ["few that say nothing", ["C1", "C2", "C3"]],
])("%s stay domains", async (name, folders) => {
  const root = putSet(name, folders, (p, i) => [`${p}/images/s${i}.png`, `${p}/masks/s${i}.png`]);
  expect((await found(root)).domains.map((one) => one.name)).toEqual([...folders].sort());
});

it("where images lie beside the folders of patients, too, both stay what they are", async () => {
  const root = putSet("mixed", six, (p, i) => [`A/${p}/s${i}.png`, `A/${p}/s${i}_mask.png`]);
  for (const i of [1, 2]) put(join(root, `A/t${i}.png`), image(i));
  const { file } = await inspectFolder(root);
  expect(file.domains.map(({ name }) => name)).toContain("A/patient_01");
});

it("a numbered image beside a mask is the one case of its patient", async () => {
  const root = putSet("single", six, (p) => [`${p}/1.png`, `${p}/mask.png`], 1);
  const { domains, file } = await found(root);
  expect(file.domains[0].train).toMatchObject({ images: "{id}/1.png", masks: "{id}/mask.png" });
  expect(domains).toMatchObject([{ cases: 6, labelled: 6 }]);
});
