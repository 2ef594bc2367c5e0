/** The picture of a run in training: what it shows, how large it is, and that nothing done to the run spoils it. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { findDomain, loadDataset } from "../../src/data/dataset.js";
import { splitProtocol } from "../../src/data/protocol.js";
import { makeGrid } from "../../src/grid/grid.js";
import { previewCases, thinned, tileSide } from "../../src/training/preview/preview-cases.js";
import { drawPreview, mostBytes, tileImage } from "../../src/training/preview/preview-picture.js";
import { dimseg, trainRun } from "../cli/trained-run.js";
import { temporaryFolder } from "../data/files.js";
import { pixels, putDataset } from "../data/tiny.js";

const base = temporaryFolder();
const schedule = {
  training: { iterations: 20, labelledBatch: 2, unlabelledBatch: 2, precision: "fp32", device: "cpu", threads: 1 },
  evaluation: { every: 5 },
  logging: { every: 5, keepCheckpoints: 9 },
};
const supervised = { method: { name: "supervised" }, ...schedule };

beforeAll(() => {
  putDataset(join(base, "data"));
});

describe("the choice of cases", () => {
  const choose = (validationCount: number, monitorTest: boolean) => {
    const dataset = loadDataset(join(base, "data/dataset.yaml"));
    const split = splitProtocol(dataset, { labelledDomain: "a", labelledCount: 4, validationCount });
    return previewCases({ dataset, split, labelledDomain: findDomain(dataset, "a").name, monitorTest }).map(
      ({ case: { domain, split: part, id }, showsReference }) =>
        `${domain}/${part}/${id}${showsReference ? " with reference" : ""}`,
    );
  };

  it("shows validation cases with their reference, and test cases of the other domains without", () => {
    expect(choose(2, false)).toEqual([
      ...["a/train/4 with reference", "a/train/5 with reference"],
      ...["b/test/0", "b/test/1"],
    ]);
  });

  it("shows references of test cases only when the run looks at test labels anyway", () => {
    expect(choose(2, true).slice(2)).toEqual(["b/test/0 with reference", "b/test/1"]);
    expect(choose(0, true)[0]).toBe("a/test/0 with reference");
  });

  it("shows test cases of the labelled domain where there are no validation cases", () => {
    const [first, second] = choose(0, false);
    expect(first).toBe("a/test/0");
    expect(second).toMatch(/^a\/test\//);
  });

  it("falls back on training cases without their labels, and shows six rows at most", () => {
    const dataset = loadDataset(join(base, "data/dataset.yaml"));
    const split = splitProtocol(dataset, { labelledDomain: "a", labelledCount: 4, validationCount: 0 });
    const domains = dataset.domains.map((domain) => ({
      ...domain,
      cases: (part: "train" | "test") => (part === "test" ? [] : domain.cases(part)),
    }));
    const rows = previewCases({ dataset: { domains }, split, labelledDomain: "a", monitorTest: true });
    expect(rows.map(({ case: one }) => `${one.domain}/${one.split}/${one.id}`)).toEqual([
      ...["a/train/4", "a/train/6"],
      ...["b/train/1", "b/train/3"],
    ]);
    expect(rows.some(({ showsReference }) => showsReference)).toBe(false);
    const many = Array.from({ length: 9 }, () => dataset.domains[1]);
    expect(previewCases({ dataset: { domains: many }, split, labelledDomain: "a", monitorTest: true })).toHaveLength(6);
  });
});

describe("thinned", () => {
  it("keeps first and last and even steps between", () => {
    expect(thinned([1, 2, 3], 8)).toEqual([1, 2, 3]);
    expect(thinned([0, 1, 2, 3, 4, 5, 6, 7, 8], 5)).toEqual([0, 2, 4, 6, 8]);
    expect(thinned([1, 2, 3], 2)).toEqual([1, 3]);
  });
});

describe("drawPreview", () => {
  const hostile = `<img src=x onerror=alert(1)> \u202e${"n".repeat(4000)}`;
  const parts = ["cup", hostile];
  const square = "M40 40 90 40 90 90 40 90Z";
  const columns = Array.from({ length: 60 }, (_, i) => ({
    iteration: 500 * (i + 1),
    outlines: Array(6).fill([square]),
  }));

  async function rowsOfNoise(count: number) {
    const tile = { channels: 3, working: makeGrid("test", [128, 128]) };
    return Promise.all(
      Array.from({ length: count }, async (_, i) => ({
        title: hostile,
        image: await tileImage({ ...tile, image: pixels(3 * 128 * 128, i) }),
        reference: [square],
      })),
    );
  }

  it("is at most as large as it may be, also for noise that does not compress", async () => {
    const png = await drawPreview({ rows: await rowsOfNoise(6), parts }, columns);
    expect(png.length).toBeLessThanOrEqual(mostBytes);
    expect((await sharp(png).metadata()).width).toBeGreaterThan(2 * tileSide);
  });

  it("shows eight times at most, and is the same each time", async () => {
    const rows = await rowsOfNoise(1);
    const png = await drawPreview({ rows, parts }, columns);
    expect((await sharp(png).metadata()).width).toBe(9 * (tileSide + 4) + 4);
    expect(await drawPreview({ rows, parts }, columns)).toEqual(png);
    expect((await sharp(await drawPreview({ rows, parts }, columns.slice(0, 1))).metadata()).width).toBe(
      2 * (tileSide + 4) + 4,
    );
  });

  it("explains every line, below the pictures where there is little width", async () => {
    const rows = await rowsOfNoise(1);
    const heightOf = async (names: string[], shown: number) =>
      (await sharp(await drawPreview({ rows, parts: names }, columns.slice(0, shown))).metadata()).height ?? 0;
    const [wide, narrow, more] = [
      await heightOf(["cup", "disc"], 8),
      await heightOf(["cup", "disc"], 1),
      await heightOf(["cup", "disc", "rim", "vessel"], 1),
    ];
    expect(narrow).toBe(wide + 15);
    expect(more).toBeGreaterThan(narrow);
  });
});

describe("a run", () => {
  const steps = (run: string) => readdirSync(join(run, "preview")).sort();
  const picture = (run: string) => readFileSync(join(run, "preview.png"));
  const content = (run: string, step: number) =>
    JSON.parse(readFileSync(join(run, `preview/step-${step}.json`), "utf8"));
  let reference: string;

  beforeAll(async () => {
    reference = await trainRun(base, "reference", supervised);
  });

  it("draws its cases at each validation", async () => {
    expect(steps(reference)).toEqual(["step-10.json", "step-15.json", "step-20.json", "step-5.json"]);
    const { iteration, cases, outlines } = content(reference, 10);
    expect(iteration).toBe(10);
    expect(cases).toEqual(["a/train/4", "a/train/5", "b/test/0", "b/test/1"]);
    expect(outlines.map((paths: string[]) => paths.length)).toEqual([2, 2, 2, 2]);
    const { width, format } = await sharp(picture(reference)).metadata();
    expect([width, format]).toEqual([5 * (tileSide + 4) + 4, "png"]);
    expect(picture(reference).length).toBeLessThanOrEqual(mostBytes);
  });

  it("trains the same without it", async () => {
    const plain = await trainRun(base, "plain", { ...supervised, evaluation: { every: 5, preview: false } });
    expect(existsSync(join(plain, "preview.png")) || existsSync(join(plain, "preview"))).toBe(false);
    for (const name of ["metrics.jsonl", "checkpoints/step-20/student.safetensors"])
      expect(readFileSync(join(plain, name)).equals(readFileSync(join(reference, name)))).toBe(true);
  });

  it("goes on with the picture when it is resumed, whatever was kept after the checkpoint", async () => {
    const resumed = join(base, "resumed");
    cpSync(reference, resumed, { recursive: true });
    for (const step of [15, 20]) rmSync(join(resumed, `checkpoints/step-${step}`), { recursive: true });
    const later = content(resumed, 15);
    writeFileSync(join(resumed, "preview/step-15.json"), JSON.stringify({ ...later, iteration: 3 }));
    writeFileSync(join(resumed, "preview/.step-20.json.1.tmp"), "{");
    for (const name of ["preview.png", "usage.json", "environment.json"])
      writeFileSync(join(resumed, `.${name}.1.0123abcd.tmp`), "");
    writeFileSync(join(resumed, "preview.png"), "half a pic");
    const { out } = await dimseg("train", "--resume", resumed);
    expect(out).toContain("resuming after step 10");
    expect(steps(resumed)).toEqual(steps(reference));
    expect(content(resumed, 15)).toEqual(later);
    expect(picture(resumed).equals(picture(reference))).toBe(true);
    expect(readdirSync(resumed).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("leaves out times that are damaged or of other cases", async () => {
    const resumed = join(base, "damaged");
    cpSync(reference, resumed, { recursive: true });
    rmSync(join(resumed, "checkpoints/step-20"), { recursive: true });
    writeFileSync(join(resumed, "preview/step-5.json"), "{");
    const other = { ...content(resumed, 10), cases: ["a/train/0", "a/train/1", "b/test/0", "b/test/1"] };
    writeFileSync(join(resumed, "preview/step-10.json"), JSON.stringify(other));
    await dimseg("train", "--resume", resumed);
    expect((await sharp(picture(resumed)).metadata()).width).toBe(3 * (tileSide + 4) + 4);
  });

  it("trains to its end with one warning when it cannot be written", async () => {
    const resumed = join(base, "unwritable");
    cpSync(reference, resumed, { recursive: true });
    for (const step of [15, 20]) rmSync(join(resumed, `checkpoints/step-${step}`), { recursive: true });
    rmSync(join(resumed, "preview"), { recursive: true });
    writeFileSync(join(resumed, "preview"), "in the way");
    const { out, err } = await dimseg("train", "--resume", resumed);
    expect(out).toContain("trained 20 steps");
    expect(err.match(/training goes on without the preview/g)).toHaveLength(1);
  });

  it("trains to its end with one warning when an image of the picture is broken", async () => {
    const data = join(base, "broken/data");
    putDataset(data);
    writeFileSync(join(data, "b/test/images/1.png"), "no picture");
    const path = join(base, "broken");
    const config = join(path, "run.yaml");
    writeFileSync(config, readFileSync(join(base, "reference.yaml")));
    const { out, err } = await dimseg("train", config, "--out", join(path, "run"));
    expect(out).toContain("trained 20 steps");
    expect(err.match(/training goes on without the preview/g)).toHaveLength(1);
    expect(err).toMatch(/preview\.png: .*b\/test\/images\/1\.png/);
    expect(existsSync(join(path, "run/preview.png"))).toBe(false);
    expect(existsSync(join(path, "run/checkpoints/step-20"))).toBe(true);
  });
});
