/** `dimseg plan` and what it writes, with the real verbs on files: pictures, slices of volumes, patches of volumes. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { loadConfig } from "../../src/config/config.js";
import { png, put, putDatasetYaml, temporaryFolder } from "../data/files.js";
import { niftiFile } from "../data/nifti-file.js";
import { putDataset } from "../data/tiny.js";
import { run as dimseg, done, type Ended } from "./built.js";

const base = temporaryFolder();

/** Of a planned run, so much is enough to see that it is one. */
const short = ["--set", "training.iterations=2"];

/** The comment above a key. */
function reasonOf(text: string, key: string): string {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => line.trimStart().startsWith(`${key}:`));
  const first = lines.findLastIndex((line, i) => i < at && !line.trimStart().startsWith("#")) + 1;
  return lines
    .slice(first, at)
    .map((line) => line.trimStart().replace(/^# ?/, ""))
    .join(" ");
}

/** Isotropic volumes of 24 voxels a side with a ball, in two domains; the last one of each has no mask. */
function putCubes(folder: string): string {
  const side = 24;
  const affine = [0, 1, 2].map((r) => [0, 1, 2, 3].map((c) => (r === c ? 1 : 0)));
  const domains = ["x", "y"].map((name, d) => {
    for (let i = 0; i < 3; i++) {
      const radius = 6 + i;
      const at = (v: number) => [v % side, Math.floor(v / side) % side, Math.floor(v / side ** 2)];
      const isIn = (v: number) => Math.hypot(...at(v).map((place) => place - 12)) < radius;
      const values = Array.from({ length: side ** 3 }, (_, v) => (isIn(v) ? 150 : 40) + ((v * 7919) % 31) + 20 * d);
      const mask = Array.from({ length: side ** 3 }, (_, v) => Number(isIn(v)));
      const extents = [side, side, side];
      put(join(folder, name, "images", `${i}.nii.gz`), niftiFile({ extents, values, affine }));
      if (i < 2)
        put(join(folder, name, "masks", `${i}.nii.gz`), niftiFile({ extents, values: mask, affine, type: "uint8" }));
    }
    return { name, train: { images: `${name}/images/{id}.nii.gz`, masks: `${name}/masks/{id}.nii.gz` } };
  });
  return putDatasetYaml(folder, { slices: "axial", domains });
}

describe("pictures", () => {
  const config = join(base, "pictures.yaml");
  let planned: Ended;
  let dataset: string;
  let text: string;

  beforeAll(() => {
    done("data", "phantoms", base, "--size", "64", "--train", "5", "--test", "1");
    dataset = join(base, "Fundus", "dataset.yaml");
    planned = done("plan", dataset, "--minutes", "0.3", "--out", config);
    text = readFileSync(config, "utf8");
  });

  it("the plan is a whole configuration with a reason for every value", () => {
    const values = parse(text);
    expect(values).toMatchObject({
      dataset: "Fundus/dataset.yaml",
      labelled: { domain: "Domain1", count: 4, validation: 1 },
      imageSize: 64,
      model: { name: "unet" },
      method: { name: "midss" },
      optimizer: { name: "dim" },
      training: { labelledBatch: 4, unlabelledBatch: 4 },
    });
    expect(loadConfig(config).training.iterations).toBe(values.training.iterations);
    for (const section of Object.values(values)) {
      if (typeof section !== "object" || section === null || Array.isArray(section)) continue;
      for (const key of Object.keys(section)) expect(reasonOf(text, key), key).not.toBe("");
    }
    for (const key of ["dataset", "imageSize"]) expect(reasonOf(text, key)).not.toBe("");
    expect(reasonOf(text, "iterations")).toMatch(/0\.3 minutes.* as measured on this machine/);
  });

  it("train takes it as it is, but for as many steps as there is time for", () => {
    const trained = done("train", config, ...short, "--out", join(base, "run"));
    expect(trained.out).toMatch(/trained 2 steps; judge the run with/);
  });

  it("it shows the domains, the parts and what resizing costs, and says that the time is short", () => {
    expect(planned.out).toMatch(/Domain1 \(labelled\) +5 +5 +5 +1 +64 x 64/);
    expect(planned.out).toMatch(/64 x 64 +cup +\d/);
    expect(planned.out).toMatch(
      /warning: 0\.3 minutes are enough for \d+ steps? on this machine; below 1000 little is learnt/,
    );
    expect(planned.out).toMatch(/Left out:\n {2}- 64 x 64 pixels, width 16: 2000 steps would take about/);
    expect(text).toMatch(/# Warning: 0\.3 minutes/);
  });

  it("a file that is there stays, unless told otherwise, and the data check points here", () => {
    const again = dimseg(["plan", dataset, "--minutes", "0.3", "--out", config]);
    expect(again).toMatchObject({ code: 2, out: "" });
    expect(again.err).toMatch(/pictures\.yaml is there already; .*--force\n$/);
    expect(readFileSync(config, "utf8")).toBe(text);
    expect(done("data", "check", dataset).out).toMatch(/dimseg plan /);
  });

  it("a file that cannot be written is told before anything is measured", () => {
    const refused = dimseg(["plan", dataset, "--minutes", "0.3", "--out", join(config, "below.yaml")]);
    expect(refused).toMatchObject({ code: 6, out: "" });
    expect(refused.err).toMatch(/^error: [^\n]*below\.yaml[^\n]*\n$/);
  });
});

describe("volumes", () => {
  it("of thick slices become slices", () => {
    done("data", "phantoms", base, "--kind", "prostate", "--volumes", "--size", "32", "--train", "2", "--test", "1");
    const config = join(base, "slices.yaml");
    const dataset = join(base, "ProstateVolumes", "dataset.yaml");
    done("plan", dataset, "--minutes", "0.5", "--labelled", "RUNMC", "--out", config);
    const text = readFileSync(config, "utf8");
    expect(parse(text)).toMatchObject({ imageSize: 32, labelled: { domain: "RUNMC", count: 2, validation: 0 } });
    expect(reasonOf(text, "imageSize")).toMatch(
      /^slices rather than patches of volumes: the median volume has 12 slices/,
    );
    expect(done("train", config, ...short, "--out", join(base, "slices")).out).toMatch(/trained 2 steps/);
  });

  const cubes = putCubes(join(base, "cubes"));

  it("of cubes become patches where there is time", () => {
    const config = join(base, "patches.yaml");
    const planned = done("plan", cubes, "--minutes", "100000", "--out", config);
    const values = parse(readFileSync(config, "utf8"));
    expect(values).toMatchObject({ patch: [32, 32, 32], model: { name: "unet-3d", norm: "batch" } });
    expect(planned.out).toMatch(/2 labelled cases are few/);
    expect(done("train", config, ...short, "--out", join(base, "patches")).out).toMatch(/trained 2 steps/);
  });

  it("of cubes become slices where there is too little", () => {
    const config = join(base, "cut.yaml");
    done("plan", cubes, "--minutes", "0.3", "--out", config);
    const text = readFileSync(config, "utf8");
    expect(parse(text).imageSize).toBe(32);
    expect(reasonOf(text, "imageSize")).toMatch(
      /^slices rather than patches of volumes, for which there is too little time/,
    );
  });
});

describe("what cannot be planned", () => {
  const tiny = putDataset(join(base, "tiny"));
  const config = join(base, "none.yaml");
  const refused = (words: readonly string[], code: number, message: RegExp) => {
    const ended = dimseg(["plan", ...words, "--out", config]);
    expect({ code: ended.code, out: ended.out }).toEqual({ code, out: "" });
    expect(ended.err).toMatch(message);
    expect(existsSync(config)).toBe(false);
  };

  it.each(["0", "-3", "soon", ""])("no time: --minutes %j", (minutes) => {
    refused(
      [tiny, `--minutes=${minutes}`],
      2,
      /--minutes .*: give the minutes that training may take, a number above 0/,
    );
  });

  it("too little time for a step, with the time that would do", () => {
    refused(
      [tiny, "--minutes", "0.01"],
      2,
      /leaves no time for a single step on this machine; give at least \d+(\.\d)?\n$/,
    );
  });

  it("no labels anywhere", () => {
    const folder = join(base, "unlabelled");
    for (let i = 0; i < 3; i++) put(join(folder, "images", `${i}.png`), png(16, 16, new Uint8Array(256).fill(9 * i)));
    const dataset = putDatasetYaml(folder, { domains: [{ name: "a", train: { images: "images/{id}.png" } }] });
    refused([dataset], 3, /domain a has no training case with a mask; no domain has any; add masks/);
  });

  it("a domain that is not there", () =>
    refused([tiny, "--labelled", "c"], 2, /has no domain "c"; did you mean "a"\? its domains are a, b/));

  it("broken files, which training would refuse", () => {
    const folder = join(base, "broken");
    const dataset = putDataset(folder);
    for (const name of ["a/train/images/1.png", "b/train/masks/0.png"]) {
      const path = join(folder, name);
      writeFileSync(path, readFileSync(path).subarray(0, 60));
    }
    refused([dataset], 3, /2 training cases cannot be read.*`dimseg data check .*` lists all: .*1\.png.*; .*0\.png/);
  });
});

it("one image is enough for a plan, which says how little it is", () => {
  const folder = join(base, "one");
  put(
    join(folder, "images", "0.png"),
    png(
      40,
      20,
      Uint8Array.from({ length: 800 }, (_, i) => (i * 37) % 251),
    ),
  );
  put(
    join(folder, "masks", "0.png"),
    png(
      40,
      20,
      Uint8Array.from({ length: 800 }, (_, i) => Number(i === 130)),
    ),
  );
  const domain = { name: "a", train: { images: "images/{id}.png", masks: "masks/{id}.png" } };
  const classes = ["background", "disc", "never"].map((name, index) => ({ name, index }));
  const labels = { kind: "values", map: { 0: "background", 1: "disc", 2: "never" } };
  const dataset = putDatasetYaml(folder, { domains: [domain], classes, labels });
  const config = join(base, "one.yaml");
  const planned = done("plan", dataset, "--minutes", "0.3", "--out", config);
  expect(parse(readFileSync(config, "utf8"))).toMatchObject({
    ...{ imageSize: [32, 48], labelled: { domain: "a", count: 1, validation: 0 }, method: { name: "supervised" } },
  });
  expect(planned.out).toMatch(/warning: no labelled case of a shows never, so it cannot be learnt/);
  expect(planned.out).toMatch(/warning: 1 labelled case is few/);
  done("train", config, ...short, "--out", join(base, "one run"));
});

it("is the same each time but for what was measured, and needs no test image", () => {
  const dataset = putDataset(join(base, "twice"));
  writeFileSync(join(base, "twice", "a/test/images/0.png"), "");
  const values = ["1", "2"].map((name) => {
    const config = join(base, "twice", `${name}.yaml`);
    done("plan", dataset, "--minutes", "0.3", "--out", config);
    const { training, evaluation: _, ...others } = parse(readFileSync(config, "utf8"));
    const { iterations: __, ...settings } = training;
    return stringify({ ...others, settings });
  });
  expect(values[1]).toBe(values[0]);
});
