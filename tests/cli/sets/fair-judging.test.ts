/** Sets on which numbers would flatter: a class that no label holds, and borders that nobody labelled. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { RandomStream } from "../../../src/core/random.js";
import { png, put, putDatasetYaml, temporaryFolder } from "../../data/files.js";
import { dimseg, trainRun } from "../trained-run.js";

const base = temporaryFolder();
const side = 32;
const supervised = {
  ...{ method: { name: "supervised" }, base: { name: "adamw", rate: 0.01, weightDecay: 0 } },
  ...{ model: { name: "unet", width: 4 }, labelled: { domain: "A", count: 4, validation: 2 } },
  training: { iterations: 30, labelledBatch: 4, precision: "fp32", device: "cpu", threads: 1 },
};

/** A bright disc in noise, and how far each pixel lies from its rim: negative inside. */
function picture(seed: number): { image: number[]; distance: number[] } {
  const stream = new RandomStream(seed, "test.discs");
  const [y, x, radius] = [stream.integer(11, 20), stream.integer(11, 20), stream.integer(6, 9)];
  const distance = Array.from({ length: side * side }, (_, p) => Math.hypot(Math.floor(p / side) - y, (p % side) - x));
  const rim = distance.map((one) => one - radius);
  return { image: rim.map((one) => stream.integer(40, 80) + (one <= 0 ? 110 : 0)), distance: rim };
}

/** Domains A and B of eight training and four test cases each; `value` is what a mask holds. */
function putDiscs(folder: string, value: (distance: number, domain: string) => number, changes: object): void {
  const ids = Array.from({ length: 12 }, (_, i) => `c${i}`);
  for (const domain of ["A", "B"]) {
    ids.forEach((id, i) => {
      const { image, distance } = picture(100 * domain.charCodeAt(0) + i);
      put(join(folder, domain, `images/${id}.png`), png(side, side, image));
      const mask = distance.map((one) => value(one, domain));
      put(join(folder, domain, `masks/${id}.png`), png(side, side, mask));
    });
  }
  const source = (domain: string) => ({ images: `${domain}/images/{id}.png`, masks: `${domain}/masks/{id}.png` });
  const domains = ["A", "B"].map((name) => ({
    name,
    train: { ...source(name), ids: ids.slice(0, 8) },
    test: { ...source(name), ids: ids.slice(8) },
  }));
  putDatasetYaml(folder, { resize: { size: side }, domains, ...changes });
}

describe("a class that no labelled case shows", () => {
  const folder = join(base, "unseen");
  const train = (name: string) => trainRun(folder, name, supervised);
  let run: string;

  beforeAll(async () => {
    const classes = ["background", "lesion", "scar"].map((name, index) => ({ index, name }));
    const labels = { kind: "values", map: { 0: "background", 1: "lesion", 2: "scar" } };
    const value = (distance: number, domain: string) => (distance > 0 ? 0 : domain === "A" ? 1 : 2);
    putDiscs(join(folder, "data"), value, { classes, labels });
    run = await train("first");
  });

  it("is named once when training begins", async () => {
    const { err } = await dimseg("train", join(folder, "first.yaml"), "--out", join(folder, "again"));
    expect(err.split("\n").filter((line) => line.includes("cannot be learnt"))).toEqual([
      "warning: no labelled case of A shows scar, so it cannot be learnt",
    ]);
  });

  it("is not scored where no mask holds it, and raises no mean", async () => {
    const { out } = await dimseg("evaluate", run);
    expect(out).toMatch(/\nA \(labelled\) +scar +4 +– +– +– +– +–\n/);
    expect(out).toMatch(/\nB +lesion +4 +– +– +– +– +–\n/);
    expect(out).toContain(
      "\n– No reference mask holds the part: scar in A; lesion in B. The means leave it out, and there is no gap, as " +
        "the labelled domain shares no part with another.\n",
    );
    expect(out).not.toContain("gap -");
    const { domains, average, gap } = JSON.parse(
      readFileSync(join(run, "evaluation/last-student/summary.json"), "utf8"),
    );
    expect(domains[0].average.dice.mean).toBe(domains[0].parts.lesion.dice.mean);
    // The scar of B looks as the lesion of A: it is called lesion, and none of it is found.
    expect(domains[1].average.dice.mean).toBe(domains[1].parts.scar.dice.mean);
    expect(average.dice.mean).toBeCloseTo((domains[0].average.dice.mean + domains[1].average.dice.mean) / 2, 12);
    expect(gap).toBeNull();
  });

  it("is left out of comparisons, too", async () => {
    const second = await trainRun(folder, "second", {
      ...supervised,
      training: { ...supervised.training, seed: 2 },
    });
    await dimseg("evaluate", second);
    const { out } = await dimseg("compare", run, second);
    expect(out).toContain("No reference mask holds the part: scar in A; lesion in B.");
  });
});

describe("borders that nobody labelled", () => {
  const folder = join(base, "borders");
  const labels = { kind: "values", map: { 0: "background", 1: "disc" }, ignore: 255 };
  /** The object begins two pixels inside its rim, and two outside it nobody knows. */
  const value = (distance: number) => (distance <= -2 ? 1 : distance <= 2 ? 255 : 0);

  it("are trained on and judged without", async () => {
    putDiscs(join(folder, "data"), value, { labels });
    const run = await trainRun(folder, "run", { ...supervised, labelled: { domain: "A", count: 6 } });
    const { out, err } = await dimseg("evaluate", run);
    expect(err).toBe("");
    expect(out).toMatch(
      /test split of tiny: 8 cases at 32 x 32 pixels, distances in pixels of that size; \d+\.\d % of the pixels ignored\n/,
    );
    const { ignored, average } = JSON.parse(readFileSync(join(run, "evaluation/last-student/summary.json"), "utf8"));
    expect(ignored).toBeGreaterThan(0.1);
    // What is bright and not ignored is the object: all that is left to judge is easy.
    expect(average.dice.mean).toBeGreaterThan(0.9);
  });
});
