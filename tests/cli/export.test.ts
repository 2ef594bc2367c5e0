/** `dimseg export` on a run made by `dimseg train`: what it writes, whether engines agree, and what it refuses. */
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { CheckpointError, UsageError } from "../../src/core/errors.js";
import { readSafetensorsFile } from "../../src/core/formats/safetensors.js";
import { readImage } from "../../src/data/images/read-image.js";
import { openExported } from "../../src/export/exported-model.js";
import { readMetadata } from "../../src/export/onnx/model-file.js";
import { ModelSession } from "../../src/export/onnx/runtime.js";
import { precisionLimits } from "../../src/export/precision-names.js";
import { mean } from "../../src/statistics/mean.js";
import { put, temporaryFolder } from "../data/files.js";
import { putVolumes } from "../data/slices/bodies.js";
import { hasOnnxRuntime } from "../export/onnx-runtime.js";
import { Running } from "./built.js";
import { dimseg, putDataset, trainRun } from "./trained-run.js";

const base = temporaryFolder();
const images = join(base, "data/a/test/images");
const names = ["MODEL_CARD.md", "SHA256SUMS", "model-card.json", "model.json", "model.onnx", "model.safetensors"];
let run: string;
let folder: string;

beforeAll(async () => {
  putDataset(join(base, "data"));
  run = await trainRun(base, "run", { method: { name: "supervised" }, base: { name: "adamw", rate: 0.01 } });
  folder = join(run, "export");
  await dimseg("evaluate", run, "--network", "student");
  await dimseg("estimate", run);
  const printed = await dimseg("export", run, "--licence", "CC-BY-4.0");
  expect(printed.out).toContain(
    `Wrote model.onnx, model.safetensors, MODEL_CARD.md, model-card.json, model.json, SHA256SUMS to ${folder}.`,
  );
});

function sha(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/** Masks below a folder of predictions, as their bytes. */
function masks(out: string): Record<string, string> {
  return Object.fromEntries(readdirSync(join(out, "masks")).map((name) => [name, sha(join(out, "masks", name))]));
}

/** Values of the masks that a model predicts for the test images, one after the other. */
async function predicted(name: string, model: string): Promise<number[]> {
  const out = join(base, name);
  await dimseg("predict", model, images, "--out", out);
  const files = readdirSync(join(out, "masks")).sort();
  const all = await Promise.all(files.map((file) => readImage(join(out, "masks", file))));
  return all.flatMap(({ samples }) => [...samples]);
}

/** Mean Dice of a graph over the run's validation images and both classes, counted by hand. */
async function validationDice(file: string): Promise<number> {
  const session = await ModelSession.open(readFileSync(file), file);
  const { validation } = JSON.parse(readFileSync(join(run, "split.json"), "utf8"));
  const scores: number[] = [];
  for (const name of validation as string[]) {
    const at = (what: string) =>
      join(base, "data", name.replace(/^(\w+)\/train\//, `$1/train/${what}/`).concat(".png"));
    const [image, mask] = await Promise.all([readImage(at("images")), readImage(at("masks"))]);
    const { labels } = await session.ask(image.samples as Uint8Array, 1, [32, 32]);
    [2, 1].forEach((least, plane) => {
      const said = [...labels.subarray(1024 * plane, 1024 * (plane + 1))].map((value) => value === 1);
      const is = [...mask.samples].map((value) => value >= least);
      const both = said.filter((one, i) => one && is[i]).length;
      scores.push((2 * both) / (said.filter(Boolean).length + is.filter(Boolean).length));
    });
  }
  await session.close();
  return mean(scores);
}

describe("dimseg export", () => {
  it("writes its files with their hashes, and no place of the machine that trained", () => {
    expect(readdirSync(folder).sort()).toEqual(names);
    const sums = readFileSync(join(folder, "SHA256SUMS"), "utf8").trim().split("\n");
    expect(sums.map((line) => line.slice(66)).sort()).toEqual(names.filter((name) => name !== "SHA256SUMS"));
    for (const line of sums) expect(sha(join(folder, line.slice(66)))).toBe(line.slice(0, 64));
    for (const name of names) expect(readFileSync(join(folder, name)).includes(base), name).toBe(false);
  });

  it("keeps the checkpoint's weights under PyTorch's names", () => {
    const exported = readSafetensorsFile(join(folder, "model.safetensors")).tensors;
    const own = readSafetensorsFile(join(run, "checkpoints/step-20/student.safetensors")).tensors;
    expect([...exported.keys()]).toContain("down1.maxpool_conv.1.double_conv.0.weight");
    expect(exported).toEqual(own);
  });

  it("tells on the card what it learnt from and how well it does", () => {
    const card = JSON.parse(readFileSync(join(folder, "model-card.json"), "utf8"));
    const summary = JSON.parse(readFileSync(join(run, "evaluation/last-student/summary.json"), "utf8"));
    expect(card).toMatchObject({ licence: "CC-BY-4.0", network: { name: "unet", width: 2 } });
    expect(card.training.domains).toEqual([
      { name: "a", labelled: 4, unlabelled: 1 },
      { name: "b", labelled: 0, unlabelled: 4 },
    ]);
    const [{ average, missed }] = summary.domains;
    const none = Object.values<number>(missed).reduce((sum, count) => sum + count, 0);
    expect(card.evaluation.domains[0]).toMatchObject({ dice: { mean: average.dice.mean }, missed: String(none) });
    const { domains } = JSON.parse(readFileSync(join(run, "quality/last-student/summary.json"), "utf8"));
    expect(card.estimates.parts.map(({ dice }: { dice: { mean: number } }) => dice.mean)).toEqual(
      domains.map(({ dice }: { dice: number }) => dice),
    );
    expect(card.estimates.parts).toHaveLength(4);
    const page = readFileSync(join(folder, "MODEL_CARD.md"), "utf8");
    expect(page).toMatch(/## Estimates without labels\n\n.*90 % intervals.*\n\n\| domain \| part \| cases \| Dice \|/);
    expect(page).toContain("| 1 | cup | #ff0000 |");
    expect(page).toContain(`${(100 * summary.domains[0].average.dice.mean).toFixed(1)} %`);
    expect(page).toContain("not a medical device");
  });

  it("puts the description into the ONNX file, too", () => {
    const kept = readMetadata(readFileSync(join(folder, "model.onnx")), "model.onnx").get("dimseg.model");
    const { files, ...described } = JSON.parse(readFileSync(join(folder, "model.json"), "utf8"));
    expect(JSON.parse(kept as string)).toEqual(described);
    expect(files["model.onnx"]).toBe(sha(join(folder, "model.onnx")));
  });

  it("gives the same bytes again, replaces its own files, and no others", async () => {
    const before = names.map((name) => sha(join(folder, name)));
    await dimseg("export", run, "--licence", "CC-BY-4.0");
    expect(names.map((name) => sha(join(folder, name)))).toEqual(before);
    const other = join(base, "other");
    const own = put(join(other, "model.json"), "mine");
    await expect(dimseg("export", run, "--out", other)).rejects.toThrow(
      `${own} exists and is not as an earlier export wrote it; choose another folder with --out`,
    );
    expect(readdirSync(other)).toEqual(["model.json"]);
    const linked = join(base, "linked");
    put(join(linked, "x"), "");
    symlinkSync(own, join(linked, "model.onnx"));
    await expect(dimseg("export", run, "--out", linked)).rejects.toThrow(UsageError);
    expect(readFileSync(own, "utf8")).toBe("mine");
  });

  it("asks for a run or a folder", async () => {
    await expect(dimseg("export")).rejects.toThrow("give the run to export");
    await expect(dimseg("export", run, "--network", "teacher", "--checkpoint", "step-3")).rejects.toThrow(
      CheckpointError,
    );
  });
});

describe.skipIf(!hasOnnxRuntime)("an exported model", () => {
  it("says in ONNX Runtime what it says in libtorch", async () => {
    const printed = await dimseg("export", "--verify", folder);
    expect(printed.out).toMatch(
      /^5 test cases, 5120 pixels in ONNX Runtime and libtorch: 0 pixels with another label, /,
    );
    const found = JSON.parse(readFileSync(join(folder, "verification.json"), "utf8"));
    expect(found).toMatchObject({ cases: 5, pixels: 5120, otherLabels: 0, diceLost: 0, isWithinLimits: true });
    expect(found.worstProbability).toBeLessThan(1e-5);
    expect(readFileSync(join(folder, "SHA256SUMS"), "utf8")).toContain("verification.json");
  });

  it("keeps weights in half the bytes where that is asked for, and says what it costs", async () => {
    const half = join(base, "half");
    await dimseg("export", run, "--precision", "fp16", "--out", half);
    expect(readFileSync(join(half, "model.safetensors"))).toEqual(readFileSync(join(folder, "model.safetensors")));
    const printed = await dimseg("export", "--verify", half, run);
    expect(printed.out).toMatch(/\nDice: 0\.\d{3} points (?:lost|gained), \d+\.\d\d % in place of \d+\.\d\d %\.\n/);
    const found = JSON.parse(readFileSync(join(half, "verification.json"), "utf8"));
    expect(found).toMatchObject({ precision: "fp16", isWithinLimits: true });
    expect(found.worstProbability).toBeGreaterThan(0);
  });

  it("computes in 8 bits where that is asked for, and says what it costs on the validation images", async () => {
    const coarse = join(base, "coarse");
    const printed = await dimseg("export", run, "--precision", "int8", "--out", coarse);
    const { precision, loss } = JSON.parse(readFileSync(join(coarse, "model.json"), "utf8"));
    const { bytes, ...onCard } = JSON.parse(readFileSync(join(coarse, "model-card.json"), "utf8")).reduction;
    expect(onCard).toEqual(loss);
    // Four labelled images and the five without labels, of which two are for validation.
    expect(loss).toMatchObject({
      ...{ precision: "int8", calibration: { images: 9, pieces: 9 }, judgedOn: "validation", cases: 2, bound: 0.005 },
    });
    expect(loss.holds).toBe(loss.dice.fp32 - loss.dice.reduced <= loss.bound);
    expect(precision).toBe(loss.holds ? "int8" : "fp32");
    const file = loss.holds ? "model.onnx" : "model-reduced.onnx";
    expect(loss.dice.fp32).toBeCloseTo(await validationDice(join(folder, "model.onnx")), 6);
    expect(loss.dice.reduced).toBeCloseTo(await validationDice(join(coarse, file)), 6);
    expect(printed.out).toContain(`int8: mean Dice ${(100 * loss.dice.fp32).toFixed(2)} % in fp32 and `);
    expect(printed.out).toContain(`${(100 * loss.dice.reduced).toFixed(2)} % in int8 on 2 validation cases, `);
    expect(bytes.reduced).toBe(readFileSync(join(coarse, file)).length);
    expect(bytes.fp32).toBeGreaterThan(bytes.reduced);
    expect(readFileSync(join(coarse, "MODEL_CARD.md"), "utf8")).toMatch(
      /## Precision\n\nint8: mean Dice .*\n(.|\n)*9 training cases \(9 pieces\)/,
    );

    const own = await predicted("fine", join(folder, "model.onnx"));
    const other = await predicted("coarse-masks", join(coarse, file));
    const differing = own.filter((value, i) => value !== other[i]).length;
    expect(differing).toBeGreaterThan(0);
    expect(differing / own.length).toBeLessThan(0.03);
  });

  it("stays in float32 where 8 bits lose too much, and keeps the other graph beside", async () => {
    const limits = precisionLimits.int8 as { dice: number };
    const [kept, at] = [limits.dice, join(base, "refused")];
    limits.dice = -2;
    const printed = await dimseg("export", run, "--precision", "int8", "--out", at).finally(() => {
      limits.dice = kept;
    });
    expect(printed.out).toContain("may be lost: model.onnx stays in fp32, and model-reduced.onnx is the other.");
    const described = JSON.parse(readFileSync(join(at, "model.json"), "utf8"));
    expect(described).toMatchObject({ precision: "fp32", loss: { precision: "int8", holds: false } });
    expect(described.files["model-reduced.onnx"]).toBe(sha(join(at, "model-reduced.onnx")));
    expect(readFileSync(join(at, "MODEL_CARD.md"), "utf8")).toContain("`model.onnx` is of float32, since");
    const alone = readMetadata(readFileSync(join(at, "model-reduced.onnx")), "").get("dimseg.model") as string;
    expect(JSON.parse(alone)).toMatchObject({ precision: "int8" });
    expect((await dimseg("export", "--verify", at, run)).out).toContain(": 0 pixels with another label, ");
    expect(await predicted("refused-masks", join(at, "model.onnx"))).toEqual(
      await predicted("own-masks", join(folder, "model.onnx")),
    );

    await dimseg("export", run, "--out", at);
    expect(readdirSync(at).sort()).toEqual(names);
    expect(readFileSync(join(at, "SHA256SUMS"), "utf8")).not.toContain("reduced");
    await expect(dimseg("export", run, "--precision", "int4", "--out", at)).rejects.toThrow(
      "Allowed choices are fp32, fp16, int8",
    );
  });

  it("is read as before when an older dimseg wrote it", async () => {
    const older = join(base, "older");
    for (const name of names) put(join(older, name), readFileSync(join(folder, name)));
    const { precision, loss, ...rest } = JSON.parse(readFileSync(join(older, "model.json"), "utf8"));
    expect({ precision, loss }).toEqual({ precision: "fp32", loss: null });
    put(join(older, "model.json"), JSON.stringify({ ...rest, weights: "fp16" }));
    expect(openExported(older).description).toMatchObject({ precision: "fp16", loss: null });
  });

  it("gives the run's masks, in either engine and from the ONNX file alone", async () => {
    const file = join(base, "alone.onnx");
    copyFileSync(join(folder, "model.onnx"), file);
    const predict = async (out: string, ...words: string[]) => {
      await dimseg("predict", words[0], images, "--out", join(base, out), ...words.slice(1));
      return masks(join(base, out));
    };
    const own = await predict("by-run", run);
    expect(Object.keys(own)).toHaveLength(3);
    expect(await predict("by-libtorch", folder)).toEqual(own);
    expect(await predict("by-onnx", folder, "--engine", "onnx", "--probabilities")).toEqual(own);
    expect(await predict("by-file", file)).toEqual(own);
    const { samples } = await readImage(join(base, "by-run/masks/0.png"));
    expect(new Set(samples).size).toBeGreaterThan(1);
  });

  it("is asked without libtorch", async () => {
    const withoutLibtorch =
      "const open = process.dlopen; process.dlopen = (module, file, ...rest) => { " +
      "if (file.includes('dimseg.node')) throw new Error('not here'); return open.call(process, module, file, ...rest); };";
    const words = ["predict", folder, images, "--out", join(base, "without")];
    const failed = await new Running(words, withoutLibtorch).ended;
    expect(failed.err).toContain("does not load (not here)");
    const done = await new Running([...words, "--engine", "onnx"], withoutLibtorch).ended;
    expect(done.err).not.toContain("error");
    expect(done.out).toContain("exported; in ONNX Runtime\nWrote 3 of 3 masks");
    expect(masks(join(base, "without"))).toEqual(masks(join(base, "by-run")));
  });

  it("is refused when damaged, and with options of runs", async () => {
    const copy = join(base, "copy");
    for (const name of names) put(join(copy, name), readFileSync(join(folder, name)));
    const bytes = readFileSync(join(copy, "model.onnx"));
    bytes[1000] ^= 1;
    writeFileSync(join(copy, "model.onnx"), bytes);
    const predict = (...words: string[]) =>
      dimseg("predict", words[0], images, "--out", join(base, "no"), ...words.slice(1));
    await expect(predict(copy, "--engine", "onnx")).rejects.toThrow(
      `${join(copy, "model.onnx")}: is not the file that ${join(copy, "model.json")} tells of; export the run again`,
    );
    await expect(predict(folder, "--checkpoint", "best")).rejects.toThrow(/leave out --checkpoint$/);
    await expect(predict(folder, "--engine", "onnx", "--tta")).rejects.toThrow(/does not average over mirror images/);
    await expect(predict(run, "--engine", "onnx")).rejects.toThrow(/--engine onnx is for exported models/);
    const foreign = put(join(base, "foreign.onnx"), Buffer.from([8, 8]));
    await expect(predict(foreign)).rejects.toThrow(/does not say how images are prepared for it/);
    const cut = put(
      join(base, "cut.onnx"),
      readFileSync(join(folder, "model.onnx")).toString("latin1").replaceAll("Conv", "Cnov"),
    );
    await expect(predict(cut)).rejects.toThrow(CheckpointError);
    await expect(dimseg("export", "--verify", join(base, "data"))).rejects.toThrow(CheckpointError);
    expect(existsSync(join(base, "no"))).toBe(false);
  });
});

describe.skipIf(!hasOnnxRuntime)("of volumes", () => {
  it.each([
    { model: { name: "unet-3d", width: 2 }, patch: [16, 16, 16] },
    { model: { name: "unet", width: 2 }, imageSize: 16 },
  ])("exports $model.name, agrees, and predicts in the volumes' own grids", async (settings) => {
    const at = join(base, settings.model.name);
    const set = join(at, "sites");
    putVolumes(set, 2);
    const source = (name: string, id: string) => ({
      images: `sites/${name}/images/{id}.nii.gz`,
      masks: `sites/${name}/masks/{id}.nii.gz`,
      ids: [id],
    });
    const domains = ["A", "B"].map((name) => ({ name, train: source(name, "case_0"), test: source(name, "case_1") }));
    put(
      join(at, "dataset.yaml"),
      stringify({
        name: "bodies",
        target: "softmax",
        channels: 1,
        slices: "axial",
        intensity: { percentiles: [0.5, 99.5] },
        resample: [3, 1, 1],
        resize: { size: 16 },
        domains,
        classes: [
          { index: 0, name: "background" },
          { index: 1, name: "ball" },
        ],
        labels: { kind: "values", map: { 0: "background", 1: "ball" } },
      }),
    );
    const config = put(
      join(at, "config.yaml"),
      stringify({
        dataset: "dataset.yaml",
        labelled: { domain: "A", count: 1, validation: 0 },
        method: { name: "supervised" },
        optimizer: { name: "none" },
        base: { name: "adamw", rate: 0.01 },
        evaluation: { every: 12, preview: false },
        training: { iterations: 12, labelledBatch: 2, precision: "fp32", device: "cpu", threads: 1 },
        ...settings,
      }),
    );
    const trained = join(at, "run");
    await dimseg("train", config, "--out", trained);
    await dimseg("export", trained, "--tta");
    const exported = join(trained, "export");
    expect((await dimseg("export", "--verify", exported)).out).toMatch(
      /^2 test cases, \d+ pixels in .*: 0 pixels with/,
    );
    const volumes = ["A", "B"].map((name) => join(set, name, "images/case_1.nii.gz"));
    put(join(at, "in/B.nii.gz"), readFileSync(volumes[1]));
    for (const [out, ...words] of [
      ["own", trained, "--tta"],
      ["onnx", exported, "--engine", "onnx"],
    ])
      await dimseg("predict", words[0], join(at, "in"), "--out", join(at, out), "--format", "nrrd", ...words.slice(1));
    expect(masks(join(at, "onnx"))).toEqual(masks(join(at, "own")));
  });
});
