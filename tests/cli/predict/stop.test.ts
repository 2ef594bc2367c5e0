/** `dimseg predict` told to stop: whole images or nothing, an exit code that says so, and the same command goes through later. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { exitCodes } from "../../../src/core/errors.js";
import { temporaryFolder } from "../../data/files.js";
import { Running } from "../built.js";
import { dimseg, putDataset, trainRun } from "../trained-run.js";

const base = temporaryFolder();
const images = join(base, "data/a/test/images");
let run: string;

beforeAll(async () => {
  putDataset(join(base, "data"));
  run = await trainRun(base, "midss");
});

const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

/** Signals itself when the first mask is in its place, before the other files of its image are. */
const signalling = (signal: string) => `
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const rename = fs.renameSync;
fs.renameSync = (from, to) => {
  rename(from, to);
  if (to.includes("/masks/")) process.kill(process.pid, "${signal}");
};
syncBuiltinESMExports();
`;

it.each([
  ["SIGINT", exitCodes.interrupted],
  ["SIGTERM", exitCodes.terminated],
] as const)("ends at %s behind the image that it is at, with all files of it", async (signal, code) => {
  const out = join(base, signal);
  const ended = await new Running(["predict", run, images, "--out", out], signalling(signal)).ended;
  expect(ended.code, ended.err).toBe(code);
  expect(ended.err).toContain(`${signal}: leaving this image; send it again to stop at once`);
  expect(ended.out).toContain("Wrote 1 of 3 masks");
  expect(ended.out).toContain("Stopped before the others; the same command makes all of them.");
  const files = ["classes/cup/0.png", "classes/disc/0.png", "dimseg-predictions.sha256", "masks/0.png"];
  expect(filesBelow(out)).toEqual(files);
  expect(readFileSync(join(out, "dimseg-predictions.sha256"), "utf8").split("\n")).toHaveLength(4);
  const { out: printed } = await dimseg("predict", run, images, "--out", out);
  expect(printed).toContain("Wrote 3 of 3 masks");
});
