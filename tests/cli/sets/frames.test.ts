/** Oblong images that keep their shape, from a data set to masks in their own sizes, with the real verbs. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { readImage } from "../../../src/data/images/read-image.js";
import { confusionCounts, dice } from "../../../src/evaluation/overlap.js";
import { parseScores } from "../../../src/judging/scores-csv.js";
import { png, put, temporaryFolder } from "../../data/files.js";
import { pixels } from "../../data/tiny.js";
import { run as dimseg, done, putQuickConfig } from "../built.js";

const base = temporaryFolder();

/** Two domains of noisy images with a bright disc, 40 rows and 100 or 90 columns. */
function putImages(folder: string): void {
  for (const [domain, width] of [
    ["a", 100],
    ["b", 90],
  ] as const)
    for (let i = 0; i < 9; i++) {
      const [x, y] = [30 + 5 * i, 16 + i];
      const disc = Array.from({ length: 40 * width }, (_, p) =>
        ((p % width) - x) ** 2 + (Math.floor(p / width) - y) ** 2 < 121 ? 1 : 0,
      );
      const noise = pixels(40 * width, i + width);
      const split = i < 6 ? "train" : "test";
      put(
        join(folder, domain, split, `images/${i}.png`),
        png(
          width,
          40,
          Uint8Array.from(disc, (one, p) => 120 * one + (noise[p] >> 1)),
        ),
      );
      put(join(folder, domain, split, `masks/${i}.png`), png(width, 40, Uint8Array.from(disc)));
    }
}

function putSet(name: string, resize: Record<string, unknown>): string {
  const source = (domain: string, split: string) => ({
    images: `${domain}/${split}/images/{id}.png`,
    masks: `${domain}/${split}/masks/{id}.png`,
  });
  const domains = ["a", "b"].map((one) => ({ name: one, train: source(one, "train"), test: source(one, "test") }));
  const classes = [
    { index: 0, name: "background" },
    { index: 1, name: "disc" },
  ];
  const labels = { kind: "values", map: { 0: "background", 1: "disc" } };
  const file = { name, target: "softmax", channels: 1, resize, classes, labels, root: "..", domains };
  return put(join(base, name, "dataset.yaml"), stringify(file));
}

const training = { labelledBatch: 2, unlabelledBatch: 2 };

/** Trains on a set and returns the run's folder. */
function trained(dataset: string, name: string, changes: Record<string, unknown> = {}): string {
  const config = putQuickConfig(join(base, `${name}.yaml`), {
    dataset,
    labelled: { domain: "a", count: 4, validation: 2 },
    training,
    ...changes,
  });
  const run = join(base, name);
  done("train", config, "--out", run);
  return run;
}

const scoresOf = (run: string, folder: string) =>
  parseScores(readFileSync(join(run, "evaluation", folder, "cases.csv"), "utf8"), "cases");

/** Evaluates in the images' own sizes, predicts, and compares the masks with what was judged. */
async function judgeAndPredict(run: string): Promise<number> {
  done("evaluate", run, "--network", "student", "--at", "native");
  const out = join(base, "predicted", run.slice(base.length + 1));
  done("predict", run, join(base, "b/test/images"), "--overlay", "--out", out);
  let least = 1;
  for (const id of ["6", "7", "8"]) {
    const mask = await readImage(join(out, "masks", `${id}.png`));
    const reference = await readImage(join(base, "b/test/masks", `${id}.png`));
    expect(mask.grid.shape).toEqual([40, 90]);
    const own = dice(confusionCounts(mask.samples as Uint8Array, reference.samples as Uint8Array));
    const judged = scoresOf(run, "last-student-native").find((one) => one.domain === "b" && one.id === id);
    expect(judged?.dice).toBeCloseTo(own, 12);
    least = Math.min(least, own);
  }
  return least;
}

beforeAll(() => putImages(base));

describe("images of another shape than the frame", () => {
  it("check tells when they are squeezed, and how they are not", () => {
    const squeezed = done("data", "check", putSet("squeezed", { size: 64 }));
    expect(squeezed.out).toContain(
      "18 of 18 images are squeezed by more than 10 % to 64 x 64 pixels, most a/train/0 of 100 x 40 (2.50 times); mode: pad",
    );
  });

  it("padded, of two different sides: trained, judged in both grids, predicted and reported", async () => {
    const dataset = putSet("padded", { size: [32, 64], mode: "pad" });
    const checked = done("data", "check", dataset);
    expect(checked.out).not.toContain("squeezed");
    expect(checked.out).toContain("imageSize:\n  - 32\n  - 64");
    const run = trained(dataset, "pad");
    const { out } = done("evaluate", run, "--network", "student");
    expect(out).toContain("at 64 x 32 pixels, padded, distances in pixels of that size");
    expect(scoresOf(run, "last-student")).toHaveLength(6);
    expect(await judgeAndPredict(run)).toBeGreaterThan(0.5);
    done("report", run, "--out", join(base, "report"));
    expect(existsSync(join(base, "report/index.html"))).toBe(true);
    expect(existsSync(join(run, "preview.png"))).toBe(true);
  });

  it("cropped, at a size of the configuration's own: what is outside is background", async () => {
    const run = trained(putSet("cropped", { size: 64, mode: "crop" }), "crop", {
      imageSize: [32, 48],
      model: { width: 2 },
      method: { name: "midss" },
      optimizer: { name: "dim" },
      training: { ...training, iterations: 8 },
    });
    const out = join(base, "cropped-masks");
    done("predict", run, join(base, "b/test/images"), "--out", out);
    for (const id of ["6", "8"]) {
      const { samples } = await readImage(join(out, "masks", `${id}.png`));
      // 40 x 60 of 40 x 90 pixels are seen.
      expect(samples.some((value, i) => value > 0 && (i % 90 < 15 || i % 90 >= 75))).toBe(false);
    }
    await judgeAndPredict(run);
    done("export", run);
    const exported = join(base, "exported-masks");
    done("predict", join(run, "export"), join(base, "b/test/images"), "--out", exported);
    for (const id of ["6", "7", "8"])
      expect(readFileSync(join(exported, "masks", `${id}.png`))).toEqual(readFileSync(join(out, "masks", `${id}.png`)));
  });

  it("refuses to lose an oblong size to a preset's square, unless the square is asked for", () => {
    const config = put(
      join(base, "square.yaml"),
      stringify({
        preset: "small",
        dataset: putSet("oblong", { size: [32, 64] }),
        labelled: { domain: "a", count: 4, validation: 0 },
        model: { width: 2 },
        training: { iterations: 1, labelledBatch: 2, unlabelledBatch: 2 },
      }),
    );
    const { code, err } = dimseg(["train", config, "--out", join(base, "square")]);
    expect(code).toBe(2);
    expect(err).toMatch(
      /preset small works at 128 x 128 pixels, but resize of .*oblong.dataset\.yaml is 64 x 32, whose shape would be lost; write imageSize: \[32, 64\] for that size, imageSize: \[96, 176\] for its shape at about the preset's cost, or imageSize: \[128, 128\] for the square/,
    );
    expect(existsSync(join(base, "square"))).toBe(false);
    const { err: told } = done("train", config, "--out", join(base, "square"), "--set", "imageSize=[128, 128]");
    expect(told).toMatch(
      /^warning: 12 of 12 images read for training are squeezed by more than 10 % to 128 x 128 pixels, most a\/train\/0 of 100 x 40 \(2\.50 times\); mode: pad under resize in .*oblong.dataset\.yaml keeps their shape, with black beside them$/m,
    );
  });

  it("refuses sides that the network would halve unevenly, in one sentence", () => {
    const config = put(
      join(base, "uneven.yaml"),
      stringify({
        dataset: join(base, "padded/dataset.yaml"),
        labelled: { domain: "a", count: 4 },
        method: { name: "supervised" },
        optimizer: { name: "none" },
        imageSize: [32, 50],
      }),
    );
    const { code, err } = dimseg(["train", config, "--out", join(base, "uneven")]);
    expect(code).toBe(2);
    expect(err).toContain("imageSize is [32, 50]; its sides must be multiples of 16 for model unet, such as [32, 48]");
  });
});
