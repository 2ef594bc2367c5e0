/** `dimseg data inspect` and `dimseg data check` as a user runs them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { formatTable } from "../../../src/cli/terminal/table.js";
import { parseConfig } from "../../../src/config/config.js";
import { DataError, UsageError } from "../../../src/core/errors.js";
import { loadDataset } from "../../../src/data/dataset.js";
import { splitProtocol } from "../../../src/data/protocol.js";
import { png, put, temporaryFolder } from "../../data/files.js";
import { dimseg } from "../trained-run.js";

const base = temporaryFolder();
let count = 0;

/** Runs the command line and gives what it printed on standard output. */
async function run(...words: string[]): Promise<string> {
  return (await dimseg("data", ...words)).out;
}

afterEach(() => {
  process.exitCode = undefined;
});

/** Six pairs in images/ and masks/. */
function makeFolder(): string {
  const folder = join(base, `eyes${count++}`);
  for (let i = 0; i < 6; i++) {
    put(
      join(folder, `images/${i}.png`),
      png(
        8,
        8,
        Array.from({ length: 64 }, (_, k) => (k * 7 + i) % 256),
      ),
    );
    put(
      join(folder, `masks/${i}.png`),
      png(
        8,
        8,
        Array.from({ length: 64 }, (_, k) => (k > 20 + i && k < 40 ? 1 : 0)),
      ),
    );
  }
  return folder;
}

describe("dimseg data", () => {
  it("inspects, writes dataset.yaml and says what it guessed; the check then passes", async () => {
    const folder = makeFolder();
    const yaml = join(folder, "dataset.yaml");
    const printed = await run("inspect", folder, "--out", yaml);
    expect(printed).toMatch(/^domain +split +images +masks +size +values in masks\n/);
    expect(printed).toMatch(/eyes0 +train +5 +5 +8 x 8 +0, 1\n/);
    expect(printed).toMatch(/Guessed:\n {2}- domain eyes0: nothing divides training from test/);
    expect(printed).toMatch(/Wrote .*dataset\.yaml\. Read it, correct it, then run: dimseg data check/);
    const checked = await run("check", yaml);
    expect(checked).toMatch(/eyes0 +test +1 +1 +8 x 8 +0 +0 +23\.4 %/);
    expect(checked).toMatch(/\n0 errors, 0 warnings\n/);
    const suggested = checked.split("config.yaml\n\n")[1];
    const config = parseConfig(parse(suggested));
    const { labelled, validation } = splitProtocol(loadDataset(yaml), {
      labelledDomain: config.labelled.domain,
      labelledCount: config.labelled.count,
      validationCount: config.labelled.validation,
    });
    expect([labelled.length, validation.length]).toEqual([4, 1]);
    expect(process.exitCode).toBeUndefined();
  });

  it("says at which size the first configuration works, and how to take the data set's", async () => {
    const folder = makeFolder();
    const out = join(base, `dataset${count}.yaml`);
    expect(await run("inspect", folder, "--out", out)).toContain("all images are 8 x 8, so they are not resized here");
    expect(await run("check", out)).toMatch(
      /Preset small trains and judges at \d+ x \d+ pixels, and distances are in those; imageSize: 8 takes the size of dataset\.yaml instead/,
    );
  });

  it("tells patients by their names; a patient in train and test is an error, and the first configuration can be split", async () => {
    const folder = join(base, "patients");
    for (let i = 0; i < 20; i++) {
      const name = `patient${Math.floor(i / 5)}_slice${i % 5}.png`;
      const grey = Array.from({ length: 64 }, (_, k) => (k * 7 + i) % 256);
      put(join(folder, "images", name), png(8, 8, grey));
      put(
        join(folder, "masks", name),
        png(
          8,
          8,
          grey.map((_, k) => Number(k > 20 + i && k < 50)),
        ),
      );
    }
    const yaml = join(folder, "dataset.yaml");
    expect(await run("inspect", folder, "--out", yaml)).toMatch(
      /- a subject \(patient\) is the id up to the first "_slice"/,
    );
    const checked = await run("check", yaml);
    expect(checked).toMatch(/^domain +split +subjects +cases +masks/);
    expect(checked).toMatch(/patients +train +3 +15 +15 /);
    const { labelled } = parseConfig(parse(checked.split("config.yaml\n\n")[1]));
    const { domain, count, validation } = labelled;
    const options = { labelledDomain: domain, labelledCount: count, validationCount: validation };
    expect(splitProtocol(loadDataset(yaml), options).validation.map((one) => one.subject)).toContain(
      "patients/patient2",
    );
    const moved = readFileSync(yaml, "utf8").replace(/(test:.*?ids:)/s, "$1\n        - patient0_slice4");
    put(yaml, moved.replace(/ +- patient0_slice4\n/, ""));
    const leaking = await run("check", yaml);
    expect(leaking).toContain(
      "error: subject patients/patient0 is in training (patients: 4 cases, as patients/train/patient0_slice0) and in test (patients: 1 case, as patients/test/patient0_slice4); keep it in one of them",
    );
    expect(process.exitCode).toBe(3);
  });

  it("says once for all domains how it divided them, and that a set without masks is for predictions", async () => {
    const folder = join(base, "clinics");
    const image = png(
      8,
      8,
      Array.from({ length: 64 }, (_, k) => k),
    );
    const marked = png(
      8,
      8,
      Array.from({ length: 64 }, (_, k) => Number(k > 30)),
    );
    for (const name of ["0", "1", "2", "3", "4"])
      for (const domain of ["north", "south"]) {
        put(join(folder, domain, `images/${name}.png`), image);
        put(join(folder, domain, `masks/${name}.png`), marked);
        put(join(base, "bare", `${domain}${name}.png`), image);
      }
    const printed = await run("inspect", folder, "--out", join(base, "clinics.yaml"));
    expect(printed.match(/nothing divides/g)).toHaveLength(1);
    expect(printed).toContain("- domains north, south: nothing divides training from test");
    const bare = join(base, "bare.yaml");
    await run("inspect", join(base, "bare"), "--out", bare);
    expect(await run("check", bare)).toMatch(/No domain has a training case with a mask/);
  });

  it("refuses to overwrite and writes nothing then; --force and --out are the ways out", async () => {
    const folder = makeFolder();
    const path = put(join(folder, "dataset.yaml"), "mine");
    await expect(run("inspect", folder, "--out", path)).rejects.toThrow(UsageError);
    expect(readFileSync(path, "utf8")).toBe("mine");
    await run("inspect", folder, "--out", join(base, "out.yaml"));
    expect(existsSync(join(base, "out.yaml"))).toBe(true);
    await run("inspect", folder, "--out", path, "--force");
    expect(readFileSync(path, "utf8")).toMatch(/^# yaml-language-server/);
  });

  it("exits with 3 when files are broken, and prints the whole report as JSON", async () => {
    const folder = makeFolder();
    const yaml = join(folder, "dataset.yaml");
    await run("inspect", folder, "--out", yaml);
    put(join(folder, "images/3.png"), "no image");
    const printed = await run("check", yaml);
    expect(printed).toMatch(/error: .*images\/3\.png: is no PNG, .* image; replace or convert it/);
    expect(printed).toMatch(/1 error, 0 warnings$/);
    expect(process.exitCode).toBe(3);
    const report = JSON.parse(await run("check", yaml, "--json"));
    expect(report).toMatchObject({ ok: false, parts: ["foreground"] });
    expect(report.problems).toHaveLength(1);
    expect(report.splits).toHaveLength(2);
  });

  it("names a folder or file that is not there", async () => {
    await expect(run("inspect", join(base, "none"))).rejects.toThrow(DataError);
    await expect(run("check", join(base, "none.yaml"))).rejects.toThrow(/none\.yaml: it does not exist/);
  });
});

it("formatTable aligns columns", () => {
  expect(
    formatTable(
      ["name", "n"],
      [
        ["a", 1],
        ["bcdef", 10],
      ],
      ["left", "right"],
    ),
  ).toBe(["name    n", "─────  ──", "a       1", "bcdef  10"].join("\n"));
});
