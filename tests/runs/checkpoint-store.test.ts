import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointError, ResourceError, UsageError } from "../../src/core/errors.js";
import { sha256 } from "../../src/core/sha256.js";
import { formatManifest, readManifest } from "../../src/runs/checkpoints/checkpoint-manifest.js";
import { CheckpointStore, DamagedCheckpoint, type SaveStage } from "../../src/runs/checkpoints/checkpoint-store.js";

let root: string;
let folder: string;
let warnings: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "dimseg-store-"));
  folder = join(root, "checkpoints");
  warnings = [];
});
afterEach(() => rmSync(root, { recursive: true }));

const warn = (message: string) => warnings.push(message);
const open = (keep = 2) => new CheckpointStore(folder, { keep, warn });
/** Two files whose bytes depend on the step. */
const contents = (step: number, bytes = 100) =>
  new Map<string, string | Uint8Array[]>([
    ["model.safetensors", [new Uint8Array(bytes).fill(step), new Uint8Array(3)]],
    ["state.json", `{"step":${step}}`],
  ]);
const expectWhole = (store: CheckpointStore, step: number) => {
  const { step: found, files } = store.load();
  expect(found).toBe(step);
  expect(Buffer.from(files.get("state.json")!).toString()).toBe(`{"step":${step}}`);
  expect(files.get("model.safetensors")![0]).toBe(step);
};

describe("saving and loading", () => {
  it("returns the newest checkpoint with its bytes and names", () => {
    const store = open();
    store.save(5, contents(5));
    store.save(10, contents(10), ["best"]);
    const { step, names, files, folder: from } = store.load();
    expect({ step, names, from }).toEqual({ step: 10, names: ["best"], from: join(folder, "step-10") });
    expect([...files.keys()]).toEqual(["model.safetensors", "state.json"]);
    expect(files.get("model.safetensors")).toEqual(Uint8Array.from([...Array(100).fill(10), 0, 0, 0]));
    expect(readFileSync(join(folder, "latest"), "utf8")).toBe("step-10\n");
    expect(warnings).toEqual([]);
  });

  it("keeps the newest K and the newest of each name", () => {
    const store = open(2);
    for (const step of [1, 2, 3, 4, 5, 6]) store.save(step, contents(step), step === 1 || step === 3 ? ["best"] : []);
    expect(store.steps()).toEqual([6, 5, 3]);
    expect(store.openNamed("best")?.step).toBe(3);
    expect(readdirSync(folder).sort()).toEqual(["latest", "step-3", "step-5", "step-6"]);
  });

  it("keeps those of some steps for good, and says what a file of one hashes to", () => {
    const store = new CheckpointStore(folder, { keep: 1, spaced: [2, 4, 9], warn });
    for (const step of [1, 2, 3, 4, 5]) store.save(step, contents(step), step === 3 ? ["best"] : []);
    expect(store.steps()).toEqual([5, 4, 3, 2]);
    expect(store.hashOf(2, "model.safetensors")).toBe(sha256(readFileSync(join(folder, "step-2/model.safetensors"))));
    expect(store.hashOf(2, "teacher.safetensors")).toBeUndefined();
    truncateSync(join(folder, "step-2/manifest.json"), 5);
    expect(() => store.hashOf(2, "model.safetensors")).toThrow(DamagedCheckpoint);
  });

  it("replaces a step that was saved before", () => {
    const store = open();
    store.save(1, contents(1));
    store.save(2, contents(2));
    store.save(2, contents(2).set("extra", "x"));
    expect([...store.load().files.keys()]).toContain("extra");
    expect(readdirSync(folder).sort()).toEqual(["latest", "step-1", "step-2"]);
  });

  it("orders steps as numbers", () => {
    const store = open();
    for (const step of [0, 9, 10, 100]) store.save(step, contents(step));
    expect(store.steps()).toEqual([100, 10]);
  });

  it("says that nothing was saved yet, or nothing of that name", () => {
    expect(() => open().load()).toThrow(CheckpointError);
    expect(() => open().load()).toThrow(/^no checkpoint in .*checkpoints; train the run first$/);
    open().save(1, contents(1));
    expect(open().openNamed("best")).toBeUndefined();
    expect(() => open().openStep(2)).toThrow(/has no checkpoint of step 2; there are those of step 1$/);
  });

  it("refuses what it cannot store, before writing", () => {
    for (const step of [-1, 1.5, Number.NaN]) expect(() => open().save(step, contents(1))).toThrow(UsageError);
    for (const name of ["../x", "a/b", "", ".hidden", "manifest.json", "a\0"]) {
      expect(() => open().save(1, new Map([[name, "x"]]))).toThrow(UsageError);
    }
    expect(() => open(0)).toThrow(UsageError);
    expect(existsSync(folder)).toBe(false);
  });
});

describe("damage", () => {
  const model = () => join(folder, "step-20", "model.safetensors");
  beforeEach(() => {
    open().save(10, contents(10));
    open().save(20, contents(20, 20_000));
  });
  const expectFallback = (reason: RegExp) => {
    expectWhole(open(), 10);
    expect(warnings).toEqual([expect.stringMatching(reason)]);
    expect(warnings[0]).toMatch(/; using the checkpoint of step 10$/);
    warnings = [];
  };

  it("finds truncation at every 4 kB boundary", () => {
    const length = statSync(model()).size;
    for (let cut = Math.floor(length / 4096) * 4096; cut >= 0; cut -= 4096) {
      truncateSync(model(), cut);
      expectFallback(
        new RegExp(`step-20/model\\.safetensors is damaged: it is ${cut} bytes long instead of ${length}`),
      );
    }
  });

  it("finds any single flipped bit of the manifest", () => {
    const path = join(folder, "step-20", "manifest.json");
    const good = readFileSync(path);
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = Buffer.from(good);
      bad[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(path, bad);
      expect(() => readManifest(join(folder, "step-20"), 20), `bit ${bit}`).toThrow(CheckpointError);
    }
    expectFallback(/step-20\/manifest\.json is damaged/);
    writeFileSync(path, good);
    expectWhole(open(), 20);
  });

  it("finds any single flipped bit of a small file", () => {
    const path = join(folder, "step-20", "state.json");
    const good = readFileSync(path);
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = Buffer.from(good);
      bad[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(path, bad);
      expectFallback(/step-20\/state\.json is damaged: its SHA-256 is wrong/);
    }
  });

  it("finds flipped bits all over a large file", () => {
    const good = readFileSync(model());
    for (let at = 0; at < good.length; at += 1999) {
      const bad = Buffer.from(good);
      bad[at] ^= 1 << (at % 8);
      writeFileSync(model(), bad);
      expectFallback(/step-20\/model\.safetensors is damaged: its SHA-256 is wrong/);
    }
  });

  it("passes over missing files, a missing or foreign manifest and another version", () => {
    const manifest = join(folder, "step-20", "manifest.json");
    const good = readFileSync(manifest, "utf8");
    rmSync(model());
    expectFallback(/cannot read .*step-20\/model\.safetensors: it does not exist/);
    writeFileSync(manifest, good.replace('"formatVersion": 1', '"formatVersion": 2'));
    expectFallback(/step-20\/manifest\.json has format version 2 but this dimseg reads version 1/);
    cpSync(join(folder, "step-10", "manifest.json"), manifest);
    expectFallback(/step-20\/manifest\.json is of step 10, not of step 20/);
    writeFileSync(manifest, formatManifest({ step: 20, names: [], files: [{ name: "../x", bytes: 0, sha256: "" }] }));
    expectFallback(/names a file outside its folder/);
    for (const text of ["null", "[]", "3", ""]) {
      writeFileSync(manifest, text);
      expectFallback(/step-20\/manifest\.json (is damaged|has format version none)/);
    }
    rmSync(manifest);
    expectFallback(/cannot read .*step-20\/manifest\.json: it does not exist/);
  });

  it("names every broken file when none is left", () => {
    truncateSync(model(), 1);
    rmSync(join(folder, "step-10", "state.json"));
    expect(() => open().load()).toThrow(CheckpointError);
    expect(() => open().load()).toThrow(/no usable checkpoint .*step-20\/model\.safetensors.*step-10\/state\.json/);
    expect(warnings).toEqual([]);
  });

  it("keeps good checkpoints below a damaged one and replaces it when training gets there again", () => {
    truncateSync(model(), 1);
    const store = open();
    store.save(15, contents(15));
    expect(store.steps()).toEqual([20, 15, 10]);
    expectWhole(store, 15);
    store.save(20, contents(20));
    expectWhole(store, 20);
    expect(store.steps()).toEqual([20, 15]);
  });
});

describe("opening what is to be used", () => {
  const damage = (step: number, file = "model.safetensors") => truncateSync(join(folder, `step-${step}`, file), 1);
  beforeEach(() => {
    for (const step of [10, 20, 30]) open(3).save(step, contents(step), step === 20 ? ["best"] : []);
  });

  it("never gives another checkpoint than the one asked for, and names an older one that is intact", () => {
    damage(30);
    damage(20);
    const refused =
      /step-30\/model\.safetensors is damaged: .*; take --checkpoint step-10, which is intact, or restore the folder/;
    expect(() => open().openNewest()).toThrow(DamagedCheckpoint);
    expect(() => open().openNewest()).toThrow(refused);
    expect(() => open().openNamed("best")).toThrow(/step-20\/model\.safetensors is damaged: .*step-10/);
    expect(open().openStep(10).step).toBe(10);
    damage(10);
    expect(() => open().openStep(10)).toThrow(
      /step-10\/model\.safetensors is damaged: .*; no other one is intact; restore/,
    );
    expect(warnings).toEqual([]);
  });

  it("does not say that there is no best one when the manifest that would tell is gone", () => {
    rmSync(join(folder, "step-20", "manifest.json"));
    expect(() => open().openNamed("best")).toThrow(/cannot read .*step-20\/manifest\.json.*take --checkpoint step-30/);
  });

  it("looks again when another process has saved and removed what was being read", () => {
    let lists = 0;
    class Overtaken extends CheckpointStore {
      override steps(): number[] {
        const seen = super.steps();
        if (++lists === 2) open(1).save(40, contents(40));
        return seen;
      }
    }
    const store = new Overtaken(folder, { keep: 1, warn });
    expect(store.openNewest().step).toBe(40);
    expect(warnings).toEqual([]);
  });

  it.skipIf(process.getuid?.() === 0)("is not taken for damaged by a training that may not read it", () => {
    chmodSync(join(folder, "step-30", "model.safetensors"), 0);
    expect(() => open().load()).toThrow(ResourceError);
    expect(() => open().load()).toThrow(/step-30\/model\.safetensors: permission denied/);
  });
});

describe("failing saves", () => {
  const failing = (code: string, stage: SaveStage) =>
    new CheckpointStore(folder, {
      keep: 1,
      warn,
      hooks: {
        before(reached) {
          if (reached === stage) throw Object.assign(new Error("injected"), { code });
        },
      },
    });

  it.each([
    ["ENOSPC", "file", /the disk is full; free some space; the checkpoint of step 1 is intact$/],
    ["EROFS", "manifest", /the file system is read-only/],
    ["EACCES", "publish", /permission denied/],
  ] as const)("%s at %s leaves the previous checkpoint and nothing else", (code, stage, message) => {
    open().save(1, contents(1));
    expect(() => failing(code, stage).save(2, contents(2))).toThrow(ResourceError);
    expect(() => failing(code, stage).save(2, contents(2))).toThrow(message);
    expect(readdirSync(folder).sort()).toEqual(["latest", "step-1"]);
    expectWhole(open(), 1);
  });

  it("puts the old folder back when replacing a step fails", () => {
    open().save(1, contents(1));
    expect(() => failing("ENOSPC", "publish").save(1, contents(2))).toThrow(/the checkpoint of step 1 is intact/);
    expectWhole(open(), 1);
  });

  it("says so when no checkpoint existed", () => {
    expect(() => failing("ENOSPC", "file").save(2, contents(2))).toThrow(/no checkpoint exists yet/);
  });

  it("only warns when old checkpoints cannot be removed", () => {
    open().save(1, contents(1));
    failing("EACCES", "prune").save(2, contents(2));
    expect(warnings).toEqual([expect.stringMatching(/old checkpoints in .* were not removed/)]);
    expectWhole(open(), 2);
  });

  it("names a folder that is a file", () => {
    writeFileSync(folder, "");
    expect(() => open().save(1, contents(1))).toThrow(ResourceError);
    expect(() => open().load()).toThrow(CheckpointError);
  });
});

describe("leftovers", () => {
  it("are removed by recover, and reading does not need it", () => {
    open().save(1, contents(1));
    mkdirSync(join(folder, "step-2.tmp"));
    writeFileSync(join(folder, "step-2.tmp", "model.safetensors"), "half");
    writeFileSync(join(folder, ".latest.12.ab.tmp"), "st");
    mkdirSync(join(folder, "notes"));
    expectWhole(open(), 1);
    expect(existsSync(join(folder, "step-2.tmp"))).toBe(true);
    open().recover();
    expect(readdirSync(folder).sort()).toEqual(["latest", "notes", "step-1"]);
  });

  it("lets latest name the newest checkpoint again where a save ended before it did", () => {
    const store = open();
    store.nameNewest();
    expect(existsSync(join(folder, "latest"))).toBe(false);
    for (const step of [1, 2]) store.save(step, contents(step));
    writeFileSync(join(folder, "latest"), "step-1\n");
    store.nameNewest();
    expect(readFileSync(join(folder, "latest"), "utf8")).toBe("step-2\n");
    rmSync(join(folder, "latest"));
    store.nameNewest();
    expect(readFileSync(join(folder, "latest"), "utf8")).toBe("step-2\n");
  });
});
