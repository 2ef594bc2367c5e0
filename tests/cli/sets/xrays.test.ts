/** X-rays in DICOM with masks in PNG, from a folder to predicted masks. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { dicomFile, picture } from "../../data/dicom/dicom-file.js";
import { png, put, temporaryFolder } from "../../data/files.js";
import { dimseg } from "../trained-run.js";

const base = temporaryFolder();
const side = 32;
const sites = ["A", "B"];
const names = [0, 1, 2, 3].map((i) => `x${i}`);
const dataset = join(base, "xrays.yaml");

/** Grey levels of 12 bits with a bright square, and the square. */
function drawn(site: number, i: number) {
  const inside = (at: number) => {
    const [x, y] = [at % side, Math.floor(at / side)];
    return x >= 6 + i && x < 18 + i && y >= 8 && y < 20;
  };
  const each = <T>(value: (at: number) => T) => Array.from({ length: side * side }, (_, at) => value(at));
  const pixels = each((at) => (inside(at) ? 2500 : 800) + 400 * site + ((at * 7) % 90));
  return { pixels, labels: each((at) => (inside(at) ? 255 : 0)) };
}

afterEach(() => {
  process.exitCode = undefined;
});

/** The same pictures twice: as DICOM, and as PNG of 16 bits. */
beforeAll(() => {
  for (const [s, site] of sites.entries())
    for (const [i, name] of names.entries()) {
      const { pixels, labels } = drawn(s, i);
      const uids = { "00080060 CS": "DX", "00080018 UI": `1.2.${s}.${i + 1}`, "0020000E UI": `1.3.${s}.${i + 1}` };
      put(join(base, "dicom", site, "images", `${name}.dcm`), dicomFile(picture(side, side, pixels, uids)));
      put(join(base, "png", site, "images", `${name}.png`), png(side, side, pixels, { bits: 16 }));
      for (const kind of ["dicom", "png"]) put(join(base, kind, site, "masks", `${name}.png`), png(side, side, labels));
    }
});

async function trained(kind: string, path: string): Promise<string> {
  const config = stringify({
    ...{ dataset: path, imageSize: side, labelled: { domain: "A", count: 2, validation: 1 }, model: { width: 2 } },
    ...{ method: { name: "midss" }, optimizer: { name: "none" }, evaluation: { every: 4, preview: false } },
    training: {
      ...{ iterations: 4, labelledBatch: 2, unlabelledBatch: 2 },
      ...{ precision: "fp32", device: "cpu", threads: 1 },
    },
  });
  const run = join(base, "runs", kind);
  await dimseg("train", put(join(base, `${kind}-config.yaml`), config), "--out", run);
  return run;
}

it("inspect takes them for pictures, and check finds nothing wrong", async () => {
  const { out } = await dimseg("data", "inspect", join(base, "dicom"), "--out", dataset);
  expect(out).toMatch(/A +train +4 +4 +32 x 32 +0, 255/);
  expect(parse(readFileSync(dataset, "utf8"))).toMatchObject({
    channels: 1,
    domains: sites.map((name) => ({
      name,
      train: { images: `${name}/images/{id}.dcm`, masks: `${name}/masks/{id}.png` },
    })),
  });
  expect((await dimseg("data", "check", dataset)).out).toContain("0 errors");
});

it("they train, and are judged and segmented, as the same pictures in PNG", async () => {
  const written = readFileSync(dataset, "utf8");
  const asPng = put(join(base, "pngs.yaml"), written.replaceAll(".dcm", ".png").replace("root: dicom", "root: png"));
  const results: unknown[] = [];
  for (const [kind, path] of [
    ["dicom", dataset],
    ["png", asPng],
  ]) {
    const run = await trained(kind, path);
    await dimseg("evaluate", run, "--split", "train");
    const out = join(base, "masks", kind);
    await dimseg("predict", run, join(base, kind, "B/images"), "--out", out);
    results.push({
      weights: readFileSync(join(run, "checkpoints/step-4/student.safetensors")),
      cases: readFileSync(join(run, "evaluation/last-student-train/cases.csv"), "utf8"),
      masks: names.map((name) => readFileSync(join(out, "masks", `${name}.png`))),
    });
  }
  expect(results[0]).toEqual(results[1]);
});
