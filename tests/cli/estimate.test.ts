/** `dimseg estimate` and `dimseg predict --quality` on a run made by `dimseg train`: what they print, keep and refuse. */
import { cpSync, existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join, relative } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { DataError, UsageError } from "../../src/core/errors.js";
import { parseCsv } from "../../src/core/formats/csv.js";
import { put, temporaryFolder } from "../data/files.js";
import { dimseg, putDataset, trainRun } from "./trained-run.js";

const base = temporaryFolder();
const images = join(base, "data/b/test/images");
let run: string;

beforeAll(async () => {
  putDataset(join(base, "data"));
  run = await trainRun(base, "midss");
});

const kept = (folder: string, file: string) => readFileSync(join(run, "quality", folder, file), "utf8");
/** The rows of a CSV file by column. */
function table(text: string): Record<string, string>[] {
  const [header, ...rows] = parseCsv(text);
  return rows.map((row) => Object.fromEntries(header.map((column, c) => [column, row[c]])));
}

/** A data set's file whose domains of these names have no test images. */
function withoutTests(file: { domains: { name: string; test?: unknown }[] }, names: readonly string[]) {
  const domains = file.domains.map(({ test, ...rest }) => (names.includes(rest.name) ? rest : { ...rest, test }));
  return { ...file, domains };
}

describe("dimseg estimate", () => {
  it("prints a row for each domain and part, with what was measured where there are masks, and the worst first", async () => {
    const { out } = await dimseg("estimate", run);
    expect(out).toMatch(/^\nstudent, last checkpoint, step 20\n/);
    expect(out).toMatch(
      /\ndomain +part +cases +estimated Dice % \(90 % interval\) +HD95 \(pixels\) +unknown +doubtful +measured Dice % +HD95\n/,
    );
    const interval = String.raw`(\d+\.\d \(\d+\.\d to \d+\.\d\)|unknown)`;
    for (const row of ["a \\(labelled\\) +cup +3", "a \\(labelled\\) +disc +3", "b +cup +2", "b +disc +2"])
      expect(out).toMatch(
        new RegExp(String.raw`\n${row} +${interval} +${interval} +\d +\d +\d+\.\d +(\d+\.\d|unknown)\n`),
      );
    expect(out).toContain("Doubtful: the mask's interval reaches below 50 %, or nothing is known of its like.");
    expect(out).toContain(`Wrote cases.csv and summary.json to ${join(run, "quality", "last-student")}.`);
    const rows = table(kept("last-student", "cases.csv"));
    expect(rows.length).toBe(10);
    const lows = rows.map(({ low }) => Number(low));
    expect(lows).toEqual([...lows].sort((x, y) => x - y));
    for (const { ground, dice, low, high, doubtful } of rows) {
      expect(dice === "").toBe(ground === "unknown");
      expect(Number(low)).toBeLessThanOrEqual(Number(high));
      expect(doubtful).toBe(Number(low) < 0.5 ? "yes" : "no");
    }
    expect(Object.keys(rows[0])).toContain("teacherAgreement");
  });

  it("measures as evaluate does, and lets masks have no part in the estimates", async () => {
    await dimseg("evaluate", run, "--network", "student");
    const judged = table(readFileSync(join(run, "evaluation/last-student/cases.csv"), "utf8"));
    const estimated = table(kept("last-student", "cases.csv"));
    for (const { domain, id, part, dice } of judged) {
      const row = estimated.find((one) => one.domain === domain && one.id === id && one.part === part);
      expect(Number(row?.measured)).toBeCloseTo(Number(dice), 12);
    }
    // The same images as files, without masks.
    await dimseg("estimate", run, images);
    const [folder] = readdirSync(join(run, "quality")).filter((name) => name.startsWith("last-student-images-"));
    const alone = table(kept(folder, "cases.csv"));
    const numbers = ({ id, part, dice, low, high }: Record<string, string>) => [id, part, dice, low, high].join();
    expect(alone.map(numbers).sort()).toEqual(
      estimated
        .filter(({ domain }) => domain === "b")
        .map(numbers)
        .sort(),
    );
    expect(alone.every(({ measured, domain }) => measured === "" && domain === images)).toBe(true);
  });

  it("gives the same bytes again, from what it has learnt and when it learns anew", async () => {
    const before = kept("last-student", "cases.csv");
    const calibration = readdirSync(join(run, "quality")).find((name) => name.startsWith("calibration-")) as string;
    const learnt = kept(".", calibration);
    await dimseg("estimate", run);
    expect(kept("last-student", "cases.csv")).toBe(before);
    put(join(run, "quality", calibration), "{");
    await dimseg("estimate", run);
    expect(kept("last-student", "cases.csv")).toBe(before);
    expect(kept(".", calibration)).toBe(learnt);
  });

  it("keeps other questions apart: another data set, another run beside it", async () => {
    const plain = kept("last-student", "summary.json");
    const other = putDataset(join(base, "other"), { name: "other" });
    await dimseg("estimate", run, "--data", other, "--level", "0.5");
    const second = join(base, "second");
    cpSync(run, second, { recursive: true });
    // As `--with`, in front of images or without any.
    await dimseg("estimate", run, second);
    const folders = readdirSync(join(run, "quality"), { withFileTypes: true }).filter((one) => one.isDirectory());
    const [withFolder] = folders.map(({ name }) => name).filter((name) => name.includes("-with-"));
    expect(folders.filter(({ name }) => name.includes("-data-")).length).toBe(1);
    expect(kept("last-student", "summary.json")).toBe(plain);
    // A copy of the run agrees with it everywhere.
    expect(Object.keys(table(kept(withFolder, "cases.csv"))[0])).toContain("runAgreement");
  });

  it("estimates the images that can be read, each once, and names the others", async () => {
    const clinic = join(base, "clinic");
    cpSync(images, clinic, { recursive: true });
    put(join(clinic, "2.png"), readFileSync(join(clinic, "1.png")).subarray(0, 60));
    const words = ["estimate", run, clinic, join(clinic, "0.png"), clinic, "--level", "0.57"];
    const before = new Set(readdirSync(join(run, "quality")));
    await expect(dimseg(...words)).rejects.toThrow(/^1 image could not be read, each named above/);
    const [folder] = readdirSync(join(run, "quality")).filter((name) => !before.has(name));
    expect(
      table(kept(folder, "cases.csv"))
        .map(({ id }) => id)
        .sort(),
    ).toEqual(["0", "0", "1", "1"]);
    await expect(dimseg("estimate", run, join(clinic, "2.png"))).rejects.toThrow(/2\.png/);
    const { out } = await dimseg("estimate", run, join(clinic, "0.png"), "--level", "0.57");
    expect(out).toContain("(57 % interval)");
  });

  it("leaves out what the run learnt from or was validated on where a domain has no test images", async () => {
    const file = join(base, "data/dataset.yaml");
    const text = readFileSync(file, "utf8");
    put(file, stringify(withoutTests(parse(text), ["a"])));
    try {
      await dimseg("estimate", run);
      const ids = (domain: string) => {
        const rows = table(kept("last-student", "cases.csv"));
        return [...new Set(rows.filter((one) => one.domain === domain).map(({ id }) => id))].sort();
      };
      // Cases 0 to 3 of a are labelled, 4 and 5 kept for validation.
      expect([ids("a"), ids("b")]).toEqual([["6"], ["0", "1"]]);
    } finally {
      put(file, text);
      await dimseg("estimate", run);
    }
  });

  it("refuses levels that are none, images beside a data set, and a data set that is gone", async () => {
    await expect(dimseg("estimate", run, "--level", "1")).rejects.toThrow(UsageError);
    await expect(dimseg("estimate", run, images, "--data", join(base, "data/dataset.yaml"))).rejects.toThrow(
      UsageError,
    );
    renameSync(join(base, "data"), join(base, "moved"));
    await expect(dimseg("estimate", run)).rejects.toThrow(DataError);
    renameSync(join(base, "moved"), join(base, "data"));
  });
});

describe("dimseg predict --quality", () => {
  it("writes estimates beside the same masks, and names the doubtful ones", async () => {
    const [plain, judged] = ["plain", "judged"].map((name) => join(base, name));
    await dimseg("predict", run, images, "--out", plain);
    const { out } = await dimseg("predict", run, images, "--out", judged, "--quality");
    expect(existsSync(join(plain, "quality.csv"))).toBe(false);
    for (const id of ["0", "1"])
      expect(readFileSync(join(judged, `masks/${id}.png`))).toEqual(readFileSync(join(plain, `masks/${id}.png`)));
    const rows = table(readFileSync(join(judged, "quality.csv"), "utf8"));
    const estimated = table(kept("last-student", "cases.csv")).filter(({ domain }) => domain === "b");
    const numbers = ({ id, part, dice, low, high }: Record<string, string>) => [id, part, dice, low, high].join();
    expect(rows.map(numbers).sort()).toEqual(estimated.map(numbers).sort());
    const doubtful = new Set(rows.filter((row) => row.doubtful === "yes").map(({ id }) => id));
    expect(out).toContain(doubtful.size === 0 ? "No mask is doubtful" : `Doubtful: ${doubtful.size} file`);
    await dimseg("predict", run, images, "--out", judged, "--quality");
    await expect(dimseg("predict", run, images, "--out", judged, "--quality", "--tta")).rejects.toThrow(UsageError);
  });

  it("learns for a run beside it by where that lies and how far it is, not by how it was called", async () => {
    const beside = join(base, "beside");
    cpSync(run, beside, { recursive: true });
    const calibrations = () => readdirSync(join(run, "quality")).filter((name) => name.startsWith("calibration-"));
    const before = new Set(calibrations());
    const words = ["predict", run, join(images, "0.png"), "--out", join(base, "together"), "--quality"];
    await dimseg(...words, "--with", relative(process.cwd(), beside));
    const fresh = calibrations().filter((name) => !before.has(name));
    expect(fresh.length).toBe(1);
    expect(JSON.parse(kept(".", fresh[0])).key.with).toEqual([`averaged with ${beside} step 20`]);
    await dimseg(...words, "--with", beside);
    expect(calibrations().length).toBe(before.size + 1);
  });
});
