/** From a run to a better one: suggested images, masks that are drawn of them and added, and a run that goes on with them. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { DataError, UsageError } from "../../src/core/errors.js";
import { parseCsv } from "../../src/core/formats/csv.js";
import { loadDataset } from "../../src/data/dataset.js";
import { put, temporaryFolder } from "../data/files.js";
import { dimseg, putDataset, trainRun } from "./trained-run.js";

const base = temporaryFolder();
const data = join(base, "data");
const drawn = join(base, "drawn");
let run: string;

beforeAll(async () => {
  putDataset(data);
  // Nobody has labelled the training images of b.
  cpSync(join(data, "b/train/masks"), join(base, "truth"), { recursive: true });
  rmSync(join(data, "b/train/masks"), { recursive: true });
  const text = readFileSync(join(data, "dataset.yaml"), "utf8");
  put(join(data, "dataset.yaml"), text.replace("      masks: b/train/masks/{id}.png\n", ""));
  run = await trainRun(base, "midss");
});

const folderOf = (strategy: string, count: number, seed = 0) =>
  join(run, `quality/suggestion-last-student-${strategy}-${count}-seed-${seed}`);
const csv = (folder: string) => {
  const [header, ...rows] = parseCsv(readFileSync(join(folder, "suggestion.csv"), "utf8"));
  return rows.map((row) => Object.fromEntries(header.map((column, c) => [column, row[c]])));
};

describe("dimseg suggest", () => {
  it("names images with reasons in words, and writes list and contact sheet, the same again", async () => {
    const { out, err } = await dimseg("suggest", run, "--count", "3");
    const folder = folderOf("combined", 3);
    const rows = csv(folder);
    // Fewer than were asked for where the others are near-duplicates, which images this small may be.
    const ranks = ["1", "2", "3"].slice(0, rows.length);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.map(({ rank }) => rank)).toEqual(ranks);
    expect(err.includes("of 3 asked for")).toBe(rows.length < 3);
    // Cases 0 to 3 of a are labelled, 4 and 5 kept for validation.
    for (const { domain, id } of rows) expect(["a6", "b0", "b1", "b2", "b3"]).toContain(domain + id);
    expect(new Set(rows.map(({ domain, id }) => domain + id)).size).toBe(rows.length);
    for (const { reason, domain, image } of rows) {
      expect(reason).toMatch(
        /^(\w+ is estimated at \d+ % Dice \(\d+ to \d+\)|no \w+ was found, .*|how good \w+ is cannot be estimated); [ab] has a doubt of \d+ % and \d+ labels?; \d+\.\d times as far/,
      );
      expect(out).toContain(reason);
      expect(reason).toContain(`; ${domain} has`);
      expect(existsSync(image)).toBe(true);
    }
    expect(rows.map(({ part }) => part)).toEqual(["cup", "disc", "cup"].slice(0, rows.length));
    expect(out).toContain(`then: dimseg data add-masks ${join(data, "dataset.yaml")} FOLDER`);
    const sheet = join(folder, "contact-sheet.png");
    expect(await sharp(sheet).metadata()).toMatchObject({ width: rows.length * 224 + 4, height: 228, channels: 3 });
    const files = () => readdirSync(folder).map((name) => readFileSync(join(folder, name)));
    const before = files();
    await dimseg("suggest", run, "--count", "3");
    expect(files()).toEqual(before);
  });

  it("chooses by entropy alone, the largest first, and at random by the seed", async () => {
    await dimseg("suggest", run, "--count", "9", "--strategy", "entropy");
    const entropies = csv(folderOf("entropy", 9)).map(({ entropy }) => Number(entropy));
    expect(entropies.length).toBe(5);
    expect(entropies).toEqual([...entropies].sort((a, b) => b - a));
    const drawnWith = async (seed: number) => {
      await dimseg("suggest", run, "--count", "5", "--strategy", "random", "--seed", String(seed));
      return csv(folderOf("random", 5, seed)).map(({ domain, id }) => domain + id);
    };
    const orders = [await drawnWith(1), await drawnWith(2), await drawnWith(3)];
    for (const order of orders) expect([...order].sort()).toEqual(["a6", "b0", "b1", "b2", "b3"]);
    expect(new Set(orders.map(String)).size).toBeGreaterThan(1);
  });

  it("passes over images whose masks were drawn in the studio and are still there", async () => {
    const record = join(data, "dimseg-corrections/corrections.jsonl");
    const line = (name: string) => JSON.stringify({ case: name, file: "", sha256: "", at: "2026-01-02T03:04:05Z" });
    put(record, ["a/train/6", "b/train/0"].map((name) => `${line(name)}\n`).join(""));
    await dimseg("suggest", run, "--count", "4", "--strategy", "random", "--seed", "9");
    const chosen = csv(folderOf("random", 4, 9)).map(({ domain, id }) => domain + id);
    // The mask of b0 was removed since.
    expect(chosen.sort()).toEqual(["b0", "b1", "b2", "b3"]);
    rmSync(record);
  });

  it("refuses numbers that are none", async () => {
    for (const count of ["0", "1.5", "ten", ""])
      await expect(dimseg("suggest", run, "--count", count)).rejects.toThrow(
        /--count .*give a whole number of at least 1/,
      );
    await expect(dimseg("suggest", run, "--seed", "-1")).rejects.toThrow(UsageError);
  });
});

describe("the loop", () => {
  const yaml = join(data, "dataset.yaml");
  const more = (name: string, further: unknown) =>
    put(
      join(base, `${name}.yaml`),
      stringify({
        ...{ dataset: "data/dataset.yaml", labelled: { domain: "a", count: 4, validation: 2, further } },
        ...{ model: { name: "unet", width: 2 }, method: { name: "midss" }, optimizer: { name: "none" } },
        training: { iterations: 4, labelledBatch: 2, unlabelledBatch: 2, precision: "fp32", device: "cpu", threads: 1 },
        evaluation: { every: 4, preview: false },
      }),
    );

  it("adds drawn masks, trains on them from the run's weights, and suggests others next", async () => {
    await expect(dimseg("train", more("early", "added"), "--out", join(base, "early"))).rejects.toThrow(DataError);
    for (const id of ["1", "3"]) cpSync(join(base, `truth/${id}.png`), join(drawn, `b/train/${id}.png`));
    const added = await dimseg("data", "add-masks", yaml, drawn, "--by", "reader 1", "--from-run", run);
    expect(added.out).toContain("Added 2 masks (2 of b)");
    const next = join(base, "next");
    const { out } = await dimseg("train", more("next", "added"), "--out", next, "--from", run);
    expect(out).toContain("4 labelled cases of a, 2 of b, 3 unlabelled, 2 for validation");
    expect(out).toContain(`begins with the student of ${run}, step-20`);
    const split = JSON.parse(readFileSync(join(next, "split.json"), "utf8"));
    expect(split.labelled).toEqual(["a/train/0", "a/train/1", "a/train/2", "a/train/3", "b/train/1", "b/train/3"]);
    expect(Object.keys(split.files["b/train/1"])).toEqual(["image", "mask"]);
    // The same labels by their names.
    const named = join(base, "named");
    await dimseg("train", more("named", { b: ["3", "1"] }), "--out", named, "--from", run);
    const weights = (folder: string) => readFileSync(join(folder, "checkpoints/step-4/student.safetensors"));
    expect(weights(named)).toEqual(weights(next));
    await dimseg("suggest", run, "--count", "5", "--strategy", "random");
    expect(
      csv(folderOf("random", 5))
        .map(({ domain, id }) => domain + id)
        .sort(),
    ).toEqual(["a6", "b0", "b2"]);
  });

  it("lets a later run with the earlier one's labels have its own split, whatever was added since", async () => {
    const before = loadDataset(yaml);
    cpSync(join(base, "truth/0.png"), join(drawn, "b/train/0.png"));
    await dimseg("data", "add-masks", yaml, drawn);
    expect(before.domains[1].cases("train").filter(({ added }) => added).length).toBe(2);
    expect(
      loadDataset(yaml)
        .domains[1].cases("train")
        .filter(({ added }) => added).length,
    ).toBe(3);
    // What is labelled was written down by name.
    await dimseg("evaluate", join(base, "next"));
    expect(existsSync(join(base, "next/evaluation/last-student/cases.csv"))).toBe(true);
  });
});
