import { spawn, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { ResourceError } from "../../src/core/errors.js";
import { acquireRunLock, isRunInUse, lockName } from "../../src/runs/run-lock.js";
import { transpileForChild } from "../support/transpile.js";

let compiled: string;
let folder: string;
let notes: string[];
beforeAll(() => {
  compiled = transpileForChild(["src/runs/run-lock.ts"]);
});
afterAll(() => rmSync(compiled, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dimseg-lock-"));
  notes = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const note = (message: string) => notes.push(message);
const path = () => join(folder, lockName);

/** A program that takes the lock, prints what came of it and ends when its standard input does. */
const program = () => `
  import { acquireRunLock } from ${JSON.stringify(pathToFileURL(join(compiled, "src/runs/run-lock.js")).href)};
  try {
    acquireRunLock(${JSON.stringify(folder)}, () => {});
    console.log("held");
    process.stdin.resume();
  } catch (error) {
    console.log(error.name);
  }`;
const nodeArguments = () => ["--input-type=module", "-e", program()];

/** Starts the program and resolves with it once it has said what came of it. */
async function start() {
  const child = spawn(process.execPath, nodeArguments(), { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const said = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (data) => resolve(`${data}`.trim()));
    child.stdout.once("end", () => reject(new Error("the program ended without a word")));
  });
  return { child, said, ended };
}

it("names its owner, is released once and can be taken again", () => {
  const lock = acquireRunLock(folder, note);
  expect(JSON.parse(readFileSync(path(), "utf8"))).toMatchObject({ pid: process.pid, host: hostname() });
  lock.release();
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
  acquireRunLock(folder, note).release();
  expect(notes).toEqual([]);
});

it("refuses a second process, naming the first one and the folder", async () => {
  const { child, said, ended } = await start();
  expect(said).toBe("held");
  expect(() => acquireRunLock(folder, note)).toThrow(ResourceError);
  expect(() => acquireRunLock(folder, note)).toThrow(`run folder ${folder} is in use by process ${child.pid};`);
  expect(spawnSync(process.execPath, nodeArguments(), { encoding: "utf8", input: "" }).stdout.trim()).toBe(
    "ResourceError",
  );
  child.stdin.end();
  await ended;
});

it("refuses the same process twice", () => {
  const lock = acquireRunLock(folder, note);
  expect(() => acquireRunLock(folder, note)).toThrow(`in use by process ${process.pid}`);
  lock.release();
});

it("takes over the lock of a killed process and says so", async () => {
  const { child, ended } = await start();
  child.kill("SIGKILL");
  await ended;
  const lock = acquireRunLock(folder, note);
  expect(notes).toEqual([`taking over the lock of ${folder}: its process ${child.pid} has ended`]);
  expect(readdirSync(folder)).toEqual([lockName]);
  lock.release();
});

it("lets one of many win a stale lock", async () => {
  writeFileSync(path(), JSON.stringify({ pid: 2 ** 22 + 1, startTime: "1", host: hostname() }));
  const started = await Promise.all(Array.from({ length: 6 }, start));
  expect(started.map(({ said }) => said).sort()).toEqual([...Array(5).fill("ResourceError"), "held"]);
  for (const { child } of started) child.stdin.end();
  await Promise.all(started.map(({ ended }) => ended));
});

it.skipIf(process.platform !== "linux")("sees that the process id belongs to another program now", () => {
  writeFileSync(path(), JSON.stringify({ pid: process.pid, startTime: "1", host: hostname() }));
  acquireRunLock(folder, note).release();
  expect(notes).toHaveLength(1);
});

it.skipIf(process.platform !== "linux")("takes over from a zombie, which a parent never asked about", async () => {
  // The shell starts the owner, becomes a program that never waits for it, and the owner is killed.
  const script = `"$0" "$@" & exec sleep 60`;
  const parent = spawn("sh", ["-c", script, process.execPath, ...nodeArguments()], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await new Promise((resolve) => parent.stdout.once("data", resolve));
  const { pid } = JSON.parse(readFileSync(path(), "utf8"));
  process.kill(pid, "SIGKILL");
  await vi.waitFor(() => expect(readFileSync(`/proc/${pid}/stat`, "latin1")).toMatch(/\) Z /));
  acquireRunLock(folder, note).release();
  expect(notes).toHaveLength(1);
  parent.kill("SIGKILL");
});

it.each([
  ["machine", { host: "elsewhere" }, "elsewhere"],
  ["container of this machine", { namespace: "pid:[1]" }, `${hostname()}, in another container`],
  ["machine of the same name", { boot: "another" }, `${hostname()}, in another container or before a restart`],
])("believes in a process of another %s while its heartbeat is young", (_, other, place) => {
  acquireRunLock(folder, note).release();
  // A process id that means nothing here, or somebody else.
  const owner = { pid: 2 ** 22 + 1, startTime: "1", host: hostname(), ...other };
  writeFileSync(path(), JSON.stringify(owner));
  expect(() => acquireRunLock(folder, note)).toThrow(`in use by process ${owner.pid} on ${place}`);
  expect(() => acquireRunLock(folder, note)).toThrow(
    /if that has ended, delete .*run\.lock, or wait: it is taken over 10/,
  );
  expect(isRunInUse(folder)).toBe(true);
  const longAgo = Date.now() / 1000 - 11 * 60;
  utimesSync(path(), longAgo, longAgo);
  expect(isRunInUse(folder)).toBe(false);
  acquireRunLock(folder, note).release();
  expect(notes).toEqual([expect.stringMatching(/taking over the lock of .*gave no sign for 10 minutes$/)]);
});

it("gives a sign of life while it is held", () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  try {
    const lock = acquireRunLock(folder, note);
    utimesSync(path(), 0, 0);
    vi.advanceTimersByTime(60_000);
    expect(Date.now() - statSync(path()).mtimeMs).toBeLessThan(60_000);
    lock.release();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

it("says what stands in the lock's place", () => {
  mkdirSync(path());
  expect(() => acquireRunLock(folder, note)).toThrow(`${path()} is no lock but a folder; remove it`);
  rmSync(path(), { recursive: true });
  symlinkSync(join(folder, "nowhere"), path());
  expect(() => acquireRunLock(folder, note)).toThrow(`${path()} is no lock but a link; remove it`);
  expect(isRunInUse(folder)).toBe(false);
});

it("takes over a lock whose writer was killed before it wrote, at once or when it must have died", () => {
  const now = Date.now() / 1000;
  for (const age of [3600, 4.9]) {
    notes.length = 0;
    writeFileSync(path(), "");
    utimesSync(path(), now - age, now - age);
    acquireRunLock(folder, note).release();
    expect(notes).toEqual([`taking over the lock of ${folder}: it was never finished`]);
  }
});

it("waits for a lock that is being written, and then names its owner", () => {
  const mine = acquireRunLock(folder, note);
  const text = readFileSync(path(), "utf8");
  mine.release();
  writeFileSync(path(), "");
  expect(isRunInUse(folder)).toBe(true);
  const writer = "require('node:fs').writeFileSync(process.argv[1], process.argv[2])";
  spawn(process.execPath, ["-e", writer, path(), text], { stdio: "ignore" });
  expect(() => acquireRunLock(folder, note)).toThrow(`is in use by process ${process.pid}`);
});

it("does not release a lock that another process took over", () => {
  const lock = acquireRunLock(folder, note);
  writeFileSync(path(), "theirs");
  lock.release();
  expect(readFileSync(path(), "utf8")).toBe("theirs");
});

it("names a folder that does not exist", () => {
  expect(() => acquireRunLock(join(folder, "none"), note)).toThrow(ResourceError);
});
