import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { collectEnvironment, gitState } from "../../src/runs/environment.js";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "dimseg-git-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

const git = (...args: string[]) =>
  execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
    encoding: "utf8",
  }).trim();

it("tells what a run needs to be repeated, as plain JSON", () => {
  const environment = collectEnvironment({ threads: 2 });
  expect(environment).toMatchObject({ node: process.version, commandLine: process.argv, engine: { threads: 2 } });
  expect(environment.dimseg).toMatch(/^\d+\.\d+\.\d+/);
  expect(environment.cores.usable).toBeGreaterThan(0);
  expect(environment.cores.machine).toBeGreaterThanOrEqual(environment.cores.usable);
  expect(environment.memoryBytes).toBeGreaterThan(2 ** 20);
  expect(new Date(environment.startedAt).toISOString()).toBe(environment.startedAt);
  expect(JSON.parse(JSON.stringify(environment))).toEqual(environment);
});

it("gives the commit of its own checkout and whether it was changed", () => {
  git("init", "-q");
  writeFileSync(join(folder, "a"), "1");
  git("add", "a");
  git("commit", "-q", "-m", "one");
  const commit = git("rev-parse", "HEAD");
  expect(gitState(folder)).toEqual({ commit, modified: false });
  writeFileSync(join(folder, "untracked"), "");
  expect(gitState(folder)).toEqual({ commit, modified: false });
  writeFileSync(join(folder, "a"), "2");
  expect(gitState(folder)).toEqual({ commit, modified: true });
});

it("does not take somebody else's repository for its own", () => {
  expect(gitState(folder)).toBeNull();
  git("init", "-q");
  expect(gitState(folder)).toBeNull();
  mkdirSync(join(folder, "node_modules"));
  expect(gitState(join(folder, "node_modules"))).toBeNull();
});
