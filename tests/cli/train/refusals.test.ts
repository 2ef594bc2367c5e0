/** What `dimseg train` refuses: one sentence, the documented exit code, and nothing half-written. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { png, put, temporaryFolder } from "../../data/files.js";
import { putDataset } from "../../data/tiny.js";
import { checkpoints, entry, metricLines, putConfig, run } from "../built.js";

const base = temporaryFolder();
const supervised = { method: { name: "supervised" }, optimizer: { name: "none" } };
let count = 0;

/** A data set of its own with a configuration beside it. */
function fresh(
  changes: Record<string, unknown> = {},
  ofData: Record<string, unknown> = {},
): { folder: string; data: string; config: string; out: string } {
  const folder = join(base, `${count++}`);
  const data = join(folder, "data");
  putDataset(data, ofData);
  return { folder, data, config: putConfig(join(folder, "config.yaml"), changes), out: join(folder, "run") };
}

type Place = ReturnType<typeof fresh>;

/** Trains, expects the exit code and one sentence on standard error, and that no run folder was made. */
function expectRefused({ config, out }: Place, code: number, sentence: RegExp, ...words: string[]): void {
  const ended = run(["train", config, "--out", out, ...words]);
  const lines = ended.err.split("\n").filter((line) => line !== "" && !line.startsWith("decoding: "));
  expect(lines).toEqual([expect.stringMatching(/^error: \S/)]);
  expect(lines[0]).toMatch(sentence);
  expect(ended).toMatchObject({ code, out: "" });
  expect(existsSync(out)).toBe(false);
}

describe("data that cannot be trained on", () => {
  const flat = (side: number, value: number) => png(side, side, Array(side * side).fill(value));

  it.each<[string, (place: Place) => unknown, RegExp]>([
    [
      "a missing mask folder",
      ({ data }) => rmSync(join(data, "a/train/masks"), { recursive: true }),
      /domain a, train masks: .*data\/a\/train\/masks/,
    ],
    [
      "a mask of another size",
      ({ data }) => put(join(data, "a/train/masks/2.png"), flat(16, 1)),
      /a\/train\/masks\/2\.png.* 16 x 16.* 32 x 32/,
    ],
    [
      "an unknown label value",
      ({ data }) => put(join(data, "a/train/masks/2.png"), flat(32, 7)),
      /a\/train\/masks\/2\.png.*\b7\b/,
    ],
    [
      "a corrupt image of the unlabelled domain",
      ({ data }) => {
        const path = join(data, "b/train/images/1.png");
        writeFileSync(path, readFileSync(path).subarray(0, 200));
      },
      /b\/train\/images\/1\.png/,
    ],
    [
      "an empty domain",
      ({ data }) => {
        rmSync(join(data, "b/train/images"), { recursive: true });
        mkdirSync(join(data, "b/train/images"));
      },
      /domain b, train: is empty: no file matches .*b\/train\/images/,
    ],
    [
      "no labelled image",
      ({ data }) => {
        rmSync(join(data, "a/train/masks"), { recursive: true });
        mkdirSync(join(data, "a/train/masks"));
      },
      /dataset\.yaml: domain a has no training case with a mask; choose a labelled domain with masks \(b\), or add masks/,
    ],
  ])("%s", (_, harm, sentence) => {
    const place = fresh();
    harm(place);
    expectRefused(place, 3, sentence);
  });

  it("more labelled images asked for than there are", () => {
    const place = fresh();
    const asked = /dataset\.yaml: 9 labelled and 2 validation cases are asked for, but domain a has 7 .*ask for fewer/;
    expectRefused(place, 3, asked, "--set", "labelled.count=9");
  });

  it("no image left without a label for a method that needs some", () => {
    const images = { images: "a/train/images/{id}.png", masks: "a/train/masks/{id}.png" };
    const place = fresh(
      { labelled: { domain: "a", count: 5, validation: 2 } },
      { domains: [{ name: "a", train: images }] },
    );
    const none = /dataset\.yaml: no training case is left for method midss .*lower labelled\.count/;
    expectRefused(place, 3, none);
  });
});

describe("configurations", () => {
  it.each<[string, RegExp, string]>([
    [
      "an unknown key",
      /training has an unknown key "iteratoins"; did you mean "iterations"\?/,
      "training.iteratoins=3",
    ],
    ["a value out of range", /labelled\.count /, "labelled.count=0"],
    ["an unknown domain", /has no domain "c".*its domains are a, b/, "labelled.domain=c"],
  ])("%s", (_, sentence, assignment) => expectRefused(fresh(), 2, sentence, "--set", assignment));

  it("a data set in place of a configuration, and the other way round", () => {
    const place = fresh();
    const dataset = join(place.data, "dataset.yaml");
    expectRefused({ ...place, config: dataset }, 2, /dataset\.yaml: is a data set, not a configuration; name it under/);
    const swapped = /config\.yaml: is a configuration, not a data set; give the file that its key dataset names/;
    expectRefused(place, 2, swapped, "--set", `dataset=${place.config}`);
  });

  it("an unknown key in the file itself, and a file that is not there", () => {
    const place = fresh({ labeled: { count: 3 } });
    expectRefused(place, 2, /config\.yaml.*: unknown key "labeled"; did you mean "labelled"\?/);
    expectRefused({ ...place, config: join(place.folder, "nowhere.yaml") }, 3, /nowhere\.yaml: it does not exist/);
    const lost = /error: dataset: cannot read .*nowhere\.yaml: it does not exist; check the path/;
    expectRefused(fresh(), 3, lost, "--set", "dataset=nowhere.yaml");
  });
});

describe("a folder that cannot be made", () => {
  const nowhere = "/proc/dimseg/out";
  const grid = { base: "config.yaml", out: nowhere, seeds: [1] };

  it.skipIf(!existsSync("/proc/self")).each<[string, (place: Place) => string[]]>([
    ["train", ({ config }) => ["train", config, "--out", nowhere]],
    ["sweep", ({ folder }) => ["sweep", put(join(folder, "grid.yaml"), stringify(grid))]],
    ["demo", () => ["demo", "--out", nowhere]],
    ["data phantoms", () => ["data", "phantoms", nowhere]],
  ])("%s", (_, words) => {
    const { code, err } = run(words(fresh(supervised)));
    expect(err).toMatch(
      /(^|\n)error: cannot write \/proc\/dimseg\/out\b.*: the folder is not there and cannot be made; .*\n$/,
    );
    expect(code).toBe(6);
  });
});

describe("numbers that are not finite", () => {
  it("end the run with exit code 5, naming step and quantity, and leave the checkpoint before", () => {
    const { config, out } = fresh({ ...supervised, base: { rate: 1e30 } });
    const { code, err } = run(["train", config, "--out", out]);
    expect(code).toBe(5);
    expect(err).toMatch(/\nerror: step 1: loss term sup is NaN or infinite in the clean pass; .*base\.rate.*\n$/);
    expect(checkpoints(out)).toEqual(["latest", "step-0"]);
  });

  it.each([
    ["a validation", { logging: { every: 100 }, evaluation: { every: 4 } }],
    ["the end", { logging: { every: 100 }, evaluation: { every: 100 } }],
  ])("are found before %s that comes before the next log line", (_, settings) => {
    const { config, out } = fresh({ ...supervised, base: { rate: 1e30 }, ...settings });
    const { code, err } = run(["train", config, "--out", out]);
    expect(code).toBe(5);
    expect(err).toMatch(/\nerror: step 1: loss term sup is NaN or infinite in the clean pass; .*\n$/);
    expect(checkpoints(out)).toEqual(["latest", "step-0"]);
    expect(metricLines(out)).toBe(1);
  });

  it("are skipped and counted with training.onNonFinite: skip, in steps and validations", () => {
    const { config, out } = fresh({ ...supervised, base: { rate: 1e30 }, training: { onNonFinite: "skip" } });
    const { code, err, out: said } = run(["train", config, "--out", out]);
    expect(code).toBe(0);
    expect(err).toMatch(
      /\nwarning: step 11: loss term sup is NaN or infinite in the clean pass; skipped \(11 so far\)\n/,
    );
    expect(err).toMatch(/validation after step 12: .*NaN/);
    expect(said).toContain(
      "skipped 11 steps because of NaN or infinity\ntrained 12 steps; judge the run with: dimseg evaluate ",
    );
    const progress = JSON.parse(readFileSync(join(out, "checkpoints/step-12/progress.json"), "utf8"));
    expect(progress).toMatchObject({ iteration: 12, skipped: 11, best: null });
  });
});

describe("runs that cannot go on", () => {
  let finished: string;
  beforeAll(() => {
    const { config, out } = fresh({ ...supervised, training: { iterations: 1 } });
    expect(run(["train", config, "--out", out]).code).toBe(0);
    finished = out;
  });

  it("a checkpoint of another architecture is refused by tensor name and shapes", () => {
    const path = `${finished}-wider`;
    cpSync(finished, path, { recursive: true });
    for (const [name, from, to] of [
      ["config.yaml", "width: 2", "width: 3"],
      ["environment.json", '"width": 2', '"width": 3'],
    ]) {
      const file = join(path, name);
      writeFileSync(file, readFileSync(file, "utf8").replace(from, to));
    }
    const { code, out, err } = run(["train", "--resume", path]);
    expect({ code, out }).toEqual({ code: 4, out: "" });
    expect(err).toMatch(
      /^error: .*step-1\/student\.safetensors.*inc\.double_conv\.0\.weight.*\[2, ?1, ?3, ?3\].*\[3, ?1, ?3, ?3\].*\n$/,
    );
    expect(readdirSync(path)).not.toContain("run.lock");
  });

  it("a finished one, of which nothing is touched", () => {
    const state = () =>
      (readdirSync(finished, { recursive: true }) as string[]).map((name) => [
        name,
        statSync(join(finished, name)).mtimeMs,
      ]);
    const before = state();
    const { code, out, err } = run(["train", "--resume", finished]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(
      /(^|\n)nothing is left to train: the run is finished after 1 step; judge it with: dimseg evaluate \S+\n$/,
    );
    expect(out).not.toContain("resuming");
    expect(state()).toEqual(before);
  });

  it("a data set that has grown since the run began, before anything is written", () => {
    const { config, out, data } = fresh({ ...supervised, training: { iterations: 1 } });
    expect(run(["train", config, "--out", out]).code).toBe(0);
    const before = readdirSync(out, { recursive: true }).sort();
    cpSync(join(data, "b/train/images/1.png"), join(data, "b/train/images/new.png"));
    const { code, out: said, err } = run(["train", "--resume", out]);
    expect({ code, said }).toEqual({ code: 3, said: "" });
    expect(err).toMatch(/^error: .*data\/dataset\.yaml: the training cases .* 1 added \(b\/train\/new\); .*\n$/);
    expect(readdirSync(out, { recursive: true }).sort()).toEqual(before);
  });

  it("what is no run, and words that contradict each other", () => {
    const nothing = run(["train", "--resume", base]);
    expect(nothing).toMatchObject({ code: 2, out: "" });
    expect(nothing.err).toMatch(/^error: .* is not a run folder: it has no config\.yaml; .*\n$/);
    const longer = run(["train", "--resume", finished, "--set", "training.iterations=9"]);
    expect(longer.err).toMatch(
      /; leave out --set, --out and --from, and to train longer begin a new run with more training\.it/,
    );
    for (const words of [
      ["train"],
      ["train", "a.yaml", "--resume", finished],
      ["train", "--resume", finished, "--set", "a=1"],
    ])
      expect(run(words)).toMatchObject({ code: 2, err: expect.stringMatching(/^error: .*\n$/) });
  });
});

/** Whether the system lets us mount a private file system. */
function canMount(): boolean {
  const point = mkdtempSync(join(tmpdir(), "dimseg-mount-"));
  try {
    execFileSync("unshare", ["-Urm", "mount", "-t", "tmpfs", "tmpfs", point], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(point, { recursive: true });
  }
}

describe("a full disk", () => {
  it.skipIf(!canMount()).each([
    // Room for one checkpoint of 90 kB and a part of the next.
    ["192k", "the checkpoint of step \\d+ is intact", "(latest\n)?step-\\d+\n"],
    // Not even for the first one.
    ["64k", "no checkpoint exists yet", ""],
  ])("of %s ends the run with exit code 6 and says how it goes on once there is space", (size, standing, left) => {
    const { folder, config } = fresh({ ...supervised, evaluation: { every: 4 } });
    const point = join(folder, "disk");
    mkdirSync(point);
    const script = `
      mount -t tmpfs -o size=${size} tmpfs "$1"
      "$2" "$3" train "$4" --out "$1/run"; echo "code $?"; ls "$1/run/checkpoints"
      mount -o remount,size=4m "$1"
      "$2" "$3" train --resume "$1/run"; echo "code $?"`;
    const words = ["-Urm", "sh", "-c", script, "sh", point, process.execPath, entry, config];
    const { stdout, stderr } = spawnSync("unshare", words, {
      encoding: "utf8",
      env: { ...process.env, OMP_NUM_THREADS: "1" },
    });
    const again = `afterwards go on with \`dimseg train --resume ${point}/run\``;
    expect(stderr).toMatch(
      new RegExp(`\nerror: cannot write .*: the disk is full; free some space; ${standing}; ${again}\n`),
    );
    expect(stdout).toMatch(new RegExp(`\ncode 6\n${left}run folder: [^]*\ntrained 12 steps; judge.*\ncode 0\n$`));
  });
});
