import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ResourceError, UsageError } from "../../src/core/errors.js";
import { collectEnvironment } from "../../src/runs/environment.js";
import { writeEvaluation } from "../../src/runs/evaluation-files.js";
import { AppendFile } from "../../src/runs/logs/append-file.js";
import { checkRunFolder, createRunFolder, openRunFolder } from "../../src/runs/run-folder.js";

let root: string;
let path: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "dimseg-run-"));
  path = join(root, "runs", "a");
});
afterEach(() => rmSync(root, { recursive: true }));

const environment = collectEnvironment({ version: "test" });
const create = () =>
  createRunFolder(path, { config: "seed: 1\n", dataset: "{}\n", split: "{}\n", environment }, () => {});

it("makes a run that opens again, locked until released", () => {
  const { run, lock } = create();
  expect(readdirSync(path).sort()).toEqual([
    "config.yaml",
    "dataset.json",
    "environment.json",
    "run.lock",
    "split.json",
  ]);
  expect(readFileSync(run.config, "utf8")).toBe("seed: 1\n");
  expect(JSON.parse(readFileSync(run.environment, "utf8"))).toEqual(JSON.parse(JSON.stringify(environment)));
  expect(openRunFolder(path)).toEqual(run);
  lock.release();
  expect(run.checkpoints).toBe(join(path, "checkpoints"));
  expect(run.events).toContain("tfevents");
});

it.each(["metrics.jsonl", "events.out.tfevents.dimseg", "checkpoints", "evaluation", "report", "preview"])(
  "does not follow a link named %s out of a run",
  (name) => {
    create().lock.release();
    symlinkSync(root, join(path, name));
    expect(() => openRunFolder(path)).toThrow(UsageError);
    expect(() => openRunFolder(path)).toThrow(`${join(path, name)} is a link, and dimseg follows none inside a run`);
  },
);

it("does not write a log through a link, nor an evaluation", () => {
  const outside = join(root, "bashrc");
  writeFileSync(outside, "alias");
  symlinkSync(outside, join(root, "log"));
  expect(() => new AppendFile(join(root, "log"))).toThrow(ResourceError);
  expect(readFileSync(outside, "utf8")).toBe("alias");
  mkdirSync(join(root, "elsewhere"));
  symlinkSync(join(root, "elsewhere"), join(root, "last-student"));
  expect(() => writeEvaluation(join(root, "last-student"), { summary: "{}", cases: "" })).toThrow(/is a link/);
  expect(readdirSync(join(root, "elsewhere"))).toEqual([]);
});

it("is opened through a link to the whole run", () => {
  create().lock.release();
  symlinkSync(path, join(root, "latest"));
  expect(openRunFolder(join(root, "latest")).path).toBe(join(root, "latest"));
});

it("does not begin in a folder that holds a run and names the verb that goes on", () => {
  create().lock.release();
  expect(create).toThrow(UsageError);
  expect(create).toThrow(`go on with \`dimseg train --resume ${path}\``);
});

it("does not begin in a folder with anything else in it, and leaves that as it was", () => {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "thesis.docx"), "");
  expect(create).toThrow(UsageError);
  expect(create).toThrow(/is not empty \(it holds thesis\.docx\); choose a new or empty folder/);
  expect(() => checkRunFolder(path)).toThrow(/is not empty/);
  expect(readdirSync(path)).toEqual(["thesis.docx"]);
});

it("begins again where a run was killed at its very start", () => {
  mkdirSync(path, { recursive: true });
  const unfinished = ".config.yaml.12.0123abcd.tmp";
  for (const name of ["environment.json", "dataset.json", "split.json", unfinished])
    writeFileSync(join(path, name), "");
  create().lock.release();
  expect(openRunFolder(path).path).toBe(path);
  expect(readdirSync(path)).not.toContain(unfinished);
});

it("does not begin where another process is beginning", () => {
  const { lock, run } = create();
  rmSync(run.config);
  expect(create).toThrow(ResourceError);
  lock.release();
});

it("checks a folder without making it", () => {
  checkRunFolder(path);
  expect(readdirSync(root)).toEqual([]);
  create().lock.release();
  expect(() => checkRunFolder(path)).toThrow(/already holds a run/);
});

it.each(["/proc/x", "/proc/self/x/y", "/dev/null/run"])(
  "says of %s that no run can begin there, without making it",
  (place) => {
    expect(() => checkRunFolder(place)).toThrow(ResourceError);
    expect(() => checkRunFolder(place)).toThrow(`cannot write ${place}: `);
  },
);

it("names what keeps the folder from being made", () => {
  writeFileSync(join(root, "runs"), "");
  expect(create).toThrow(ResourceError);
});

it("says why a path is not a run and which verb makes one", () => {
  expect(() => openRunFolder(path)).toThrow(UsageError);
  expect(() => openRunFolder(path)).toThrow(/does not exist; give a run folder, as made by `dimseg train CONFIG`$/);
  mkdirSync(path, { recursive: true });
  expect(() => openRunFolder(path)).toThrow(/is not a run folder: it has no config\.yaml/);
  writeFileSync(join(path, "config.yaml"), "");
  expect(() => openRunFolder(path)).toThrow(/is not a run folder: it has no environment\.json/);
  expect(() => openRunFolder(join(path, "config.yaml"))).toThrow(/is a file/);
});
