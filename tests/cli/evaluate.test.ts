/** `dimseg evaluate` on a run made by `dimseg train`: what it prints and keeps, and what it refuses. */
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { planar8bit } from "../../src/augment/index.js";
import { CheckpointError, DataError, UsageError } from "../../src/core/errors.js";
import { evaluateNetwork } from "../../src/judging/evaluate-network.js";
import { scoresCsv } from "../../src/judging/scores-csv.js";
import { summarise } from "../../src/judging/summarise.js";
import { formatManifest, manifestName, readManifest } from "../../src/runs/checkpoints/checkpoint-manifest.js";
import { loadRun } from "../../src/runs/load-run.js";
import { png, put, putDatasetYaml, temporaryFolder } from "../data/files.js";
import { nestedClasses } from "../data/tiny.js";
import { dimseg, oddId, putDataset, trainRun } from "./trained-run.js";

const base = temporaryFolder();
let run: string;
let supervised: string;

beforeAll(async () => {
  putDataset(join(base, "data"));
  run = await trainRun(base, "midss");
  supervised = await trainRun(base, "supervised", {
    method: { name: "supervised" },
    labelled: { domain: "a", count: 4 },
    training: { iterations: 1, labelledBatch: 2, precision: "fp32", device: "cpu", threads: 1 },
  });
});

const kept = (folder: string, file: string, of = run) => readFileSync(join(of, "evaluation", folder, file), "utf8");
const hashOf = (path: string) => createHash("sha256").update(path).digest("hex").slice(0, 8);
const folders = (of = run) => readdirSync(join(of, "evaluation")).sort();

describe("dimseg evaluate", () => {
  it("keeps every digit of what the evaluation of the chosen network gives", async () => {
    await dimseg("evaluate", run);
    const { networks, dataset, cache, device, precision, step } = await loadRun(run, { checkpoint: "last" });
    const cases = dataset.domains.flatMap((domain) => domain.cases("test"));
    for (const name of ["student", "teacher"] as const) {
      const network = networks[name]!;
      const { scores } = await evaluateNetwork(network, dataset, cases, cache, {
        device,
        precision,
        normalisation: planar8bit,
      });
      expect(kept(`last-${name}`, "cases.csv")).toBe(scoresCsv(scores));
      const { average } = summarise(scores);
      const summary = JSON.parse(kept(`last-${name}`, "summary.json"));
      expect(summary.average.dice.mean).toBe(average.dice.mean);
      expect(summary).toMatchObject({
        ...{ run, network: name, method: "midss", optimizer: "none", split: "test", size: 32, cases: 4, seed: 1337 },
        checkpoint: { name: "last", step },
        labelled: { domain: "a", count: 4 },
        convention: { name: "midss" },
        withoutMask: ["b/test/1"],
      });
    }
    expect(kept("last-student", "cases.csv")).not.toBe(kept("last-teacher", "cases.csv"));
    expect(kept("last-student", "cases.csv")).toContain(
      `a,"${oddId.replaceAll('"', '""')}","a/test/${oddId.replaceAll('"', '""')}",cup,`,
    );
  });

  it("prints a table for each network, the gap, the convention and how the checkpoint was chosen", async () => {
    const { out } = await dimseg("evaluate", run);
    expect(out).toMatch(/^\nstudent, last checkpoint, step 20\n/);
    expect(out).toContain(
      "test split of tiny: 4 cases at 32 x 32 pixels, distances in pixels of that size; left out for want of a mask: 1\n",
    );
    expect(out).toContain("convention midss (MiDSS: ");
    expect(out).toMatch(/\ndomain +part +cases +missed +Dice % \(95 % interval\) +Jaccard % +HD95 px +ASD px\n/);
    const number = String.raw`\d+\.\d\d`;
    const others = String.raw` +${number} +${number} +${number}\n`;
    const interval = String.raw` \(${number} to ${number}\)`;
    expect(out).toMatch(new RegExp(String.raw`\na \(labelled\) +cup +3 +0 +${number}${interval}${others}`));
    // One case of b has a mask: nobody knows how much others would differ from it.
    for (const row of ["b +average +1 +0", "mean of domains +disc +4 +0"])
      expect(out).toMatch(new RegExp(`\n${row} +${number}${others}`));
    expect(out).toMatch(/Dice of the labelled domain a .*, of the other domains .*: gap -?\d+\.\d\d\n/);
    expect(out).toContain(
      "\nNo interval is defined where a domain has a single subject, whose spread nobody knows: b, and means over domains with it.\n",
    );
    expect(out).toContain("\nteacher, last checkpoint, step 20\n");
    expect(out).toContain(`Wrote cases.csv and summary.json to ${join(run, "evaluation", "last-teacher")}.`);
  });

  it("prints as JSON what it keeps", async () => {
    const { out } = await dimseg("evaluate", run, "--json");
    const printed = JSON.parse(out);
    expect(printed).toEqual(["student", "teacher"].map((name) => JSON.parse(kept(`last-${name}`, "summary.json"))));
  });

  it("gives other questions folders of their own", async () => {
    const plain = kept("last-student", "summary.json");
    await dimseg("evaluate", run, "--network", "student", "--split", "validation", "--tta", "--convention", "medpy");
    const best = await dimseg("evaluate", run, "--network", "student", "--checkpoint", "best", "--split", "train");
    expect(best.out).toMatch(
      /^\nstudent, best student Dice on the validation split of the labelled domain \(2 cases of a\), step \d+\n/,
    );
    const other = putDataset(join(base, "other"), { name: "other eyes" });
    const { out } = await dimseg("evaluate", run, "--network", "student", "--data", other);
    expect(out).toContain("test split of other eyes: 4 cases");
    const otherFolder = `last-student-other_eyes-${hashOf(other)}`;
    expect(folders()).toEqual(
      ["best-student-train", "last-student", otherFolder, "last-student-validation-tta-medpy", "last-teacher"].sort(),
    );
    expect(kept("last-student", "summary.json")).toBe(plain);
    expect(kept(otherFolder, "cases.csv")).toBe(kept("last-student", "cases.csv"));
    const validation = JSON.parse(kept("last-student-validation-tta-medpy", "summary.json"));
    expect(validation).toMatchObject({ cases: 2, testTimeFlips: true, gap: null, split: "validation" });
    expect(JSON.parse(kept("best-student-train", "summary.json"))).toMatchObject({
      cases: 11,
      checkpoint: { name: "best", rule: expect.stringContaining("best student Dice on the validation split") },
    });
  });

  it("measures in mm when asked, beside the plain evaluation and under a heading that says so", async () => {
    const student = ["evaluate", run, "--network", "student"];
    await expect(dimseg(...student, "--units", "mm")).rejects.toThrow(
      "nothing says the spacing of a/test/0, so distances cannot be in mm",
    );
    const plain = kept("last-student", "summary.json");
    // The spacing may be added after training: it changes no image. 32 x 32 pixels stay as they are.
    putDataset(join(base, "data"), { spacing: [0.5, 0.5] });
    try {
      const { out } = await dimseg(...student, "--units", "mm");
      expect(out).toContain("4 cases at 32 x 32 pixels, distances in mm by the spacing of the stored images; left out");
      expect(out).toMatch(/ HD95 mm +ASD mm\n/);
    } finally {
      putDataset(join(base, "data"));
    }
    const [pixels, mm] = [plain, kept("last-student-mm", "summary.json")].map((text) => JSON.parse(text));
    expect([pixels.units, mm.units]).toEqual(["pixels", "mm"]);
    expect(mm.average.dice.mean).toBe(pixels.average.dice.mean);
    expect(mm.average.asd.mean).toBeCloseTo(pixels.average.asd.mean / 2, 9);
    expect(kept("last-student", "summary.json")).toBe(plain);
  });

  it("keeps the results on data sets of one name apart, also from those on the run's own splits", async () => {
    const others = ["train", "tiny", "tiny"].map((name, i) => putDataset(join(base, `alike${i}`), { name }));
    await dimseg("evaluate", run, "--network", "student", "--split", "train");
    const before = folders();
    for (const other of others) await dimseg("evaluate", run, "--network", "student", "--data", other);
    expect(folders().filter((name) => !before.includes(name))).toEqual(
      ["train", "tiny", "tiny"].map((name, i) => `last-student-${name}-${hashOf(others[i])}`).sort(),
    );
  });

  it("writes undefined values as null and infinite ones by name", async () => {
    const data = putDataset(join(base, "empty"));
    const empty = ["a/test/masks/1.png", `a/test/masks/${oddId}.png`, "b/test/masks/0.png", "b/test/masks/1.png"];
    for (const mask of empty) put(join(base, "empty", mask), png(32, 32, Array(1024).fill(0)));
    const words = ["evaluate", run, "--network", "student", "--data", data, "--convention", "monai"];
    const { out } = await dimseg(...words);
    expect(out).toMatch(/mean of domains +cup +5 +\d+ +\d+\.\d\d +\d+\.\d\d +infinite +infinite\n/);
    expect(out).toContain("Undefined by the convention and left out of the means: 4 of dice, 4 of jaccard.");
    const [summary] = JSON.parse((await dimseg(...words, "--json")).out);
    expect(summary.average.dice).toMatchObject({ interval: null, values: 2, undefinedValues: 4, subjects: 1 });
    expect(summary.average.hd95).toMatchObject({ mean: "Infinity", interval: null });
    // No mask of b holds anything: there is nothing to judge, whatever was predicted.
    expect(out).toMatch(/\nb +cup +2 +– +– +– +– +–\n/);
    expect(summary.domains[1]).toMatchObject({ absentParts: ["cup", "disc"] });
    expect(summary.domains[1].average.dice).toEqual({
      ...{ mean: null, interval: null },
      ...{ values: 0, undefinedValues: 0, subjects: 0 },
    });
  });

  it("says how many subjects stand behind the intervals of a data set that names them", async () => {
    const folder = join(base, "patients");
    const test = { images: "a/train/images/{id}.png", masks: "a/train/masks/{id}.png", ids: ["0", "1", "2"] };
    putDataset(folder);
    const data = putDatasetYaml(folder, {
      ...{ ...nestedClasses, resize: { size: 32, filter: "bilinear" } },
      ...{ domains: [{ name: "a", test }], subject: { csv: "who.csv", case: "id", subject: "who" } },
    });
    put(join(folder, "who.csv"), "id,who\n0,A\n1,A\n2,B\n");
    const words = ["evaluate", run, "--network", "student", "--data", data];
    const { out } = await dimseg(...words);
    expect(out).toContain("test split of tiny: 2 subjects (3 cases) at");
    expect(out).toMatch(/\ndomain +part +subjects +cases +missed +Dice/);
    expect(out).toMatch(/\na \(labelled\) +cup +2 +3 +\d/);
    const [summary] = JSON.parse((await dimseg(...words, "--json")).out);
    expect(summary).toMatchObject({ cases: 3, subjects: 2, average: { dice: { values: 6, subjects: 2 } } });
  });

  it("judges a run without teacher and validation, whose best checkpoint nobody chose", async () => {
    const { out } = await dimseg("evaluate", supervised);
    expect(out).toMatch(/^\nstudent, last checkpoint, step 1\n/);
    expect(out).not.toContain("teacher");
    expect(folders(supervised)).toEqual(["last-student"]);
    await expect(dimseg("evaluate", supervised, "--network", "teacher")).rejects.toThrow(
      "method supervised keeps no teacher; take --network student",
    );
    await expect(dimseg("evaluate", supervised, "--checkpoint", "best")).rejects.toThrow(CheckpointError);
    await expect(dimseg("evaluate", supervised, "--split", "validation")).rejects.toThrow(
      "the run keeps no cases of a for validation; take --split test or train",
    );
  });

  it("leaves a run ready to be compared, at the checkpoint that was judged", async () => {
    expect((await dimseg("compare", run)).out).toContain("student, checkpoint last; convention");
    const best = ["--checkpoint", "best"];
    await expect(dimseg("compare", run, ...best)).rejects.toThrow(
      "has no evaluation best-student; run `dimseg evaluate",
    );
    await dimseg("evaluate", run, ...best, "--network", "student");
    expect((await dimseg("compare", run, ...best)).out).toContain("student, checkpoint best; convention");
  });

  it("is judged, compared and told of on the grid that its configuration says, unless asked otherwise", async () => {
    const copy = join(base, "own-grid");
    cpSync(run, copy, { recursive: true });
    rmSync(join(copy, "evaluation"), { recursive: true, force: true });
    const config = readFileSync(join(copy, "config.yaml"), "utf8");
    writeFileSync(join(copy, "config.yaml"), config.replace("at: network", "at: native"));
    const { out } = await dimseg("evaluate", copy, "--network", "student");
    expect(out).toContain("at the images' own sizes, distances in pixels of those");
    expect(folders(copy)).toEqual(["last-student-native"]);
    expect((await dimseg("compare", copy)).out).toContain("images' own sizes");
    const other = ["--at", "network"];
    await expect(dimseg("compare", copy, ...other)).rejects.toThrow(
      /no evaluation last-student; run `dimseg evaluate .* --at network`/,
    );
    await dimseg("evaluate", copy, "--network", "student", ...other);
    expect(folders(copy)).toEqual(["last-student", "last-student-native"]);
  });

  it("is not compared at an older checkpoint than the chosen one", async () => {
    const copy = join(base, "fallen");
    cpSync(run, copy, { recursive: true });
    truncateSync(join(copy, "checkpoints/step-20/student.safetensors"), 100);
    const before = folders(copy);
    const asked = dimseg("evaluate", copy);
    await expect(asked).rejects.toThrow(CheckpointError);
    await expect(asked).rejects.toThrow(
      /step-20\/student\.safetensors is damaged: .*; take --checkpoint step-10, which is intact/,
    );
    expect(folders(copy)).toEqual(before);
    const { out } = await dimseg("evaluate", copy, "--checkpoint", "step-10");
    expect(out).toContain("student, checkpoint of step 10 of 20, by its number\n");
    expect(folders(copy)).toContain("step-10-student");
    expect((await dimseg("compare", copy, "--checkpoint", "step-10")).out).toContain("checkpoint step-10");
    await expect(dimseg("evaluate", copy, "--checkpoint", "step-ten")).rejects.toThrow(
      "--checkpoint step-ten: take last, best, best-on-test, auto, or step-N for the checkpoint of that step",
    );
    for (const step of [10, 20]) {
      const place = join(copy, `checkpoints/step-${step}`);
      const manifest = { ...readManifest(place, step), names: step === 10 ? ["best"] : [] };
      put(join(place, manifestName), formatManifest(manifest));
    }
    await expect(dimseg("compare", copy, "--checkpoint", "best")).rejects.toThrow(
      'was judged at step 20, but its checkpoint "best" is of step 10; run `dimseg evaluate',
    );
  });

  it("says which file of the checkpoint is damaged", async () => {
    const copy = join(base, "damaged");
    cpSync(run, copy, { recursive: true });
    for (const name of readdirSync(join(copy, "checkpoints")).filter((one) => one.startsWith("step-")))
      truncateSync(join(copy, "checkpoints", name, "student.safetensors"), 100);
    for (const [name, message] of [
      ["last", /student\.safetensors is damaged: .*; no other one is intact; restore the folder/],
      ["best", /student\.safetensors is damaged: .*; no other one is intact; restore the folder/],
    ] as const) {
      const asked = dimseg("evaluate", copy, "--checkpoint", name);
      await expect(asked).rejects.toThrow(CheckpointError);
      await expect(asked).rejects.toThrow(message);
    }
  });

  it("does not validate on cases that a changed data set has put there", async () => {
    for (const kind of ["images", "masks"])
      cpSync(join(base, `data/a/train/${kind}/0.png`), join(base, `data/a/train/${kind}/00.png`));
    try {
      await expect(dimseg("evaluate", run, "--split", "validation")).rejects.toThrow(
        /the training cases are not those that the run began with: 1 added \(a\/train\/00\), 2 used otherwise/,
      );
    } finally {
      for (const kind of ["images", "masks"]) rmSync(join(base, `data/a/train/${kind}/00.png`));
    }
  });

  it("warns when another data set holds images that the run was trained on, under whatever names", async () => {
    const files = (place: string, id: string) => ({
      image: `${place}/images/${id}.png`,
      mask: `${place}/masks/${id}.png`,
    });
    const seen = [
      { id: "x", ...files("a/train", "0") },
      { id: "y", ...files("b/train", "3") },
    ];
    const domains = [{ name: "new", test: { cases: [{ id: "w", ...files("a/test", "0") }, ...seen] } }];
    const other = putDataset(join(base, "seen"), { domains });
    expect((await dimseg("evaluate", run, "--data", other)).err).toBe(
      `warning: ${other}: the run was trained on 2 of the 3 cases that were judged (1 labelled, 1 unlabelled; ` +
        "the first is new/test/x), which flatters it; leave them out to judge it on new images",
    );
    expect((await dimseg("evaluate", supervised, "--data", other)).err).toContain(
      "trained on 1 of the 3 cases that were judged (1 labelled; the first is new/test/x)",
    );
    const own = ["--data", join(base, "data/dataset.yaml")];
    for (const words of [[], own, ["--data", putDataset(join(base, "unseen"))]])
      expect((await dimseg("evaluate", run, "--network", "student", ...words)).err).toBe("");
    expect((await dimseg("evaluate", run, "--network", "student", "--split", "train", ...own)).err).toBe("");
    const split = join(supervised, "split.json");
    const record = readFileSync(split);
    truncateSync(split, 10);
    expect((await dimseg("evaluate", supervised, "--data", other)).err).toContain(
      `cannot tell whether the run was trained on these cases: ${split} is damaged`,
    );
    put(split, record);
  });

  it("judges another data set where the run's own is gone, and still knows what it has learnt from", async () => {
    const copy = join(base, "abroad/run");
    cpSync(run, copy, { recursive: true });
    const gone = join(base, "abroad/data/dataset.yaml");
    put(
      join(copy, "config.yaml"),
      readFileSync(join(run, "config.yaml"), "utf8").replace(/^dataset: .*$/m, `dataset: ${gone}`),
    );
    const away = dimseg("evaluate", copy);
    await expect(away).rejects.toThrow(DataError);
    await expect(away).rejects.toThrow(/its data set .*data\/dataset\.yaml is not there; if it was moved, say where/);
    const abroad = putDataset(join(base, "abroad/clinic"));
    const { out, err } = await dimseg("evaluate", copy, "--data", abroad, "--network", "student", "--split", "train");
    expect(out).toContain("train split of tiny: 11 cases");
    expect(err).toContain("the run was trained on 10 of the 11 cases that were judged (");
  });

  it("is not read when its two files are of different evaluations", async () => {
    const copy = join(base, "mixed");
    cpSync(run, copy, { recursive: true });
    await dimseg("evaluate", copy, "--network", "student");
    const cases = join(copy, "evaluation/last-student/cases.csv");
    put(cases, readFileSync(cases, "utf8").replace(/,none\n/, ",both\n"));
    await expect(dimseg("compare", copy)).rejects.toThrow(DataError);
    await expect(dimseg("compare", copy)).rejects.toThrow(
      "last-student: summary.json and cases.csv are not of one evaluation; run `dimseg evaluate` again",
    );
  });

  it("is not compared with one on other masks, and says when it cannot tell", async () => {
    const [first, second] = ["mask-one", "mask-two"].map((name) => join(base, name));
    for (const copy of [first, second]) cpSync(run, copy, { recursive: true });
    const config = join(second, "config.yaml");
    put(config, readFileSync(config, "utf8").replace(/seed: \d+/, "seed: 7"));
    await dimseg("evaluate", first, "--network", "student");
    const mask = join(base, "data/b/test/masks/0.png");
    const before = readFileSync(mask);
    put(mask, png(32, 32, Array(1024).fill(1)));
    try {
      await dimseg("evaluate", second, "--network", "student");
    } finally {
      put(mask, before);
    }
    await expect(dimseg("compare", first, second)).rejects.toThrow(
      "cannot be compared: they were judged on different files: the mask of b/test/0 was not the same; run `dimseg evaluate` again",
    );
    const summary = join(second, "evaluation/last-student/summary.json");
    const { judged: _, ...old } = JSON.parse(readFileSync(summary, "utf8"));
    put(summary, JSON.stringify(old));
    expect((await dimseg("compare", first, second)).err).toContain(
      "mask-two keeps no hashes of the masks it was judged on: whether they are those of the others cannot be told",
    );
  });

  it("refuses a data set whose labels or intensities were changed after training, and keeps the results", async () => {
    await dimseg("evaluate", run, "--network", "student");
    const before = kept("last-student", "summary.json");
    putDataset(join(base, "data"), {
      intensity: { low: 0, high: 100 },
      labels: { kind: "values", map: { 0: "cup", 1: "disc", 2: "background" } },
    });
    try {
      for (const words of [[], ["--data", join(base, "data/dataset.yaml")]]) {
        const asked = dimseg("evaluate", run, ...words);
        await expect(asked).rejects.toThrow(DataError);
        await expect(asked).rejects.toThrow(
          /data\/dataset\.yaml: intensity, labels differ from what the run began with; make the data set as it was/,
        );
      }
      await expect(loadRun(run, { checkpoint: "last" })).rejects.toThrow("intensity, labels differ");
    } finally {
      putDataset(join(base, "data"));
    }
    expect(kept("last-student", "summary.json")).toBe(before);
  });

  it("refuses what does not fit, with nothing written", async () => {
    const before = folders();
    await expect(dimseg("evaluate", join(base, "nowhere"))).rejects.toThrow(UsageError);
    await expect(dimseg("evaluate", base)).rejects.toThrow("is not a run folder");
    const colour = putDataset(join(base, "colour"), { channels: 3 });
    await expect(dimseg("evaluate", run, "--data", colour)).rejects.toThrow(
      `${colour}: has RGB images, sigmoid classes cup, disc, but the run was trained on grey images`,
    );
    const own = join(base, "data/dataset.yaml");
    await expect(dimseg("evaluate", run, "--data", own, "--split", "validation")).rejects.toThrow(UsageError);
    const unlabelled = [{ name: "b", test: { cases: [{ image: "b/test/images/1.png" }] } }];
    const without = putDataset(join(base, "unlabelled"), { domains: unlabelled });
    await expect(dimseg("evaluate", run, "--data", without)).rejects.toThrow(DataError);
    await expect(dimseg("evaluate", run, "--data", without, "--split", "train")).rejects.toThrow(
      "no domain has train cases",
    );
    await expect(dimseg("evaluate", run, "--convention", "mine")).rejects.toThrow("Allowed choices are medpy, monai");
    const broken = putDataset(join(base, "broken"));
    put(join(base, "broken/a/test/masks/1.png"), "not an image");
    await expect(dimseg("evaluate", run, "--data", broken)).rejects.toThrow("a/test/masks/1.png: is no PNG");
    expect(folders()).toEqual(before);
  });
});
