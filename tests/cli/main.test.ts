/** The command line as a process: help, wrong words, exit codes, closed pipes, and what it does without an engine. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { packageRoot, packageVersion } from "../../src/core/package-root.js";
import { temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";
import { entry, putConfig, run } from "./built.js";

const base = temporaryFolder();

/** A copy of the package in which set-up has not built the engine. */
const withoutEngine = join(base, "package", "dist", "src", "cli", "main.js");
beforeAll(() => {
  const root = join(base, "package");
  mkdirSync(root);
  cpSync(join(packageRoot, "dist", "src"), join(root, "dist", "src"), { recursive: true });
  cpSync(join(packageRoot, "package.json"), join(root, "package.json"));
  symlinkSync(join(packageRoot, "node_modules"), join(root, "node_modules"));
});

describe("help and version", () => {
  it("need no engine and end with 0", () => {
    const help = run(["--help"], withoutEngine);
    expect(help).toMatchObject({ code: 0, err: "" });
    const verbs = ["setup", "doctor", "demo", "data", "train", "evaluate", "predict", "list"];
    for (const verb of verbs) expect(help.out).toMatch(new RegExp(`\n {2}${verb} `));
    expect(help.out).toMatch(/\nExit codes: 0 done, 1 defect, 2 wrong arguments/);
    expect(run(["--version"], withoutEngine)).toEqual({ code: 0, signal: null, out: `${packageVersion()}\n`, err: "" });
    expect(run(["data", "check", "--help"], withoutEngine)).toMatchObject({ code: 0, err: "" });
  });

  it("without a verb, help goes to standard error and the exit code is 2", () => {
    const nothing = run([], withoutEngine);
    expect(nothing).toMatchObject({ code: 2, out: "" });
    expect(nothing.err).toMatch(/^Usage: dimseg /);
  });

  it("list needs no engine either", () => {
    const listed = run(["list", "methods", "--json"], withoutEngine);
    expect(listed).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(listed.out)).toEqual(expect.arrayContaining([expect.objectContaining({ name: "midss" })]));
  });
});

describe("wrong words", () => {
  it.each([
    [["trian"], "unknown command 'trian'; did you mean train?"],
    [["xyzzyxyzzy"], /^unknown command 'xyzzyxyzzy'; the commands are setup, doctor, demo, /],
    [["quantise"], /^unknown command 'quantise'; the commands are setup, doctor, demo, data, plan, train, /],
    [["export"], /^give the run to export, `dimseg export RUN`, or --verify FOLDER/],
    [["data", "chek"], "unknown command 'chek'; did you mean check?"],
    [["train", "--resum", "x"], "unknown option '--resum'; did you mean --resume?"],
    [["evaluate"], "missing required argument 'run'; see `dimseg evaluate --help`"],
    [["list", "optimisers"], /^"optimisers" is not a choice; did you mean optimizers\? the choices are methods, /],
    [
      ["evaluate", "x", "--split", "tset"],
      '--split: "tset" is not a choice; did you mean test? the choices are test, train, validation',
    ],
    [["data", "phantoms", "x", "--size", "big"], /'big' is invalid.*whole number; see `dimseg data phantoms --help`$/],
    [["demo", "--iterations", "0"], /--iterations 0: give a whole number of at least 1/],
  ])("%j: one line, exit code 2", (words, sentence) => {
    const { code, out, err } = run(words, withoutEngine);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^error: [^\n]*\n$/);
    const said = err.slice("error: ".length, -1);
    if (typeof sentence === "string") expect(said).toBe(sentence);
    else expect(said).toMatch(sentence);
  });
});

describe("errors", () => {
  it("have one line and the exit code of their kind, and with --debug say where they came from", () => {
    const plain = run(["data", "check", join(base, "nowhere.yaml")]);
    expect(plain).toMatchObject({
      code: 3,
      out: "",
      err: expect.stringMatching(/^error: [^\n]*nowhere\.yaml[^\n]*\n$/),
    });
    const debugged = run(["data", "check", join(base, "nowhere.yaml"), "--debug"]);
    expect(debugged.code).toBe(3);
    expect(debugged.err).toMatch(/^DataError: .*\n {4}at /);
    expect(run(["evaluate", base])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^error: [^\n]*is not a run folder/),
    });
  });

  it("defects end with 1 and ask for a report", () => {
    const broken = join(base, "broken");
    cpSync(join(base, "package"), broken, { recursive: true });
    const listings = join(broken, "dist", "src", "workflows", "list.js");
    writeFileSync(listings, `${readFileSync(listings, "utf8")}\nthrow new TypeError("two\\nlines");\n`);
    const main = join(broken, "dist", "src", "cli", "main.js");
    const { code, out, err } = run(["list", "methods"], main);
    expect({ code, out, err }).toEqual({
      code: 1,
      out: "",
      err: "internal error: two; please report it with what `dimseg --debug ...` prints\n",
    });
    expect(run(["--debug", "list", "methods"], main).err).toMatch(/^TypeError: two\nlines\n {4}at /);
  });

  it("without an engine, training says how to build it and doctor still looks at the machine", () => {
    const folder = join(base, "training");
    putDataset(join(folder, "data"));
    const config = putConfig(join(folder, "config.yaml"));
    const trained = run(["train", config, "--out", join(folder, "run")], withoutEngine);
    expect(trained).toMatchObject({ code: 6, out: "" });
    expect(trained.err).toMatch(/^error: the engine has not been built: run "npx dimseg setup"\n$/);
    const doctor = run(["doctor"], withoutEngine);
    expect(doctor).toMatchObject({ code: 6, err: "" });
    expect(doctor.out).toMatch(/\nprocessor +\S/);
    expect(doctor.out).toMatch(/\nmissing: the engine has not been built.*\n.*npx dimseg setup/);
    expect(JSON.parse(run(["doctor", "--json"], withoutEngine).out)).toMatchObject({ engine: null, probe: null });
  });
});

describe("a reader that closes the pipe", () => {
  it("neither fails the command nor stops its work", async () => {
    const folder = join(base, "phantoms");
    const words = ["data", "phantoms", folder, "--size", "32", "--train", "1", "--test", "1"];
    const child = spawn(process.execPath, [entry, ...words], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    child.stderr.destroy();
    const code = await new Promise((resolve) => child.once("exit", resolve));
    expect(code).toBe(0);
    expect(readFileSync(join(folder, "Fundus", "dataset.yaml"), "utf8")).toContain("Domain1");
  });
});
