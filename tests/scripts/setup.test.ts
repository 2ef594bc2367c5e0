import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compileFlags } from "../../scripts/setup/compiler.mjs";
import { findLibtorch } from "../../scripts/setup/libtorch.mjs";
import { packagesAreCurrent } from "../../scripts/setup/packages.mjs";
import { requirePlatform } from "../../scripts/setup/platform.mjs";
import { fakeLibtorch, fakePython, fakeWheel, libtorchFiles, quietReport } from "./fake-machine.js";

let folder: string;
let environment: Record<string, string>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dimseg-setup-"));
  environment = {
    PATH: `${fakePython(join(folder, "bin"))}:/usr/bin:/bin`,
    DIMSEG_CACHE: join(folder, "cache"),
    FAKE_LOG: join(folder, "log"),
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs step 2 in the temporary clone. */
async function find(more: Record<string, string> = {}) {
  const { report, lines } = quietReport();
  const found = await findLibtorch(folder, report, { ...environment, ...more });
  return { ...found, lines: lines() };
}

const record = () => JSON.parse(readFileSync(join(folder, "build", "libtorch.json"), "utf8"));
const pipCalls = () =>
  existsSync(environment.FAKE_LOG!) ? readFileSync(environment.FAKE_LOG!, "utf8").split("\n").length - 1 : 0;

describe("search for libtorch", () => {
  it("takes the folder of DIMSEG_LIBTORCH before everything else", async () => {
    const named = fakeLibtorch(join(folder, "named"), libtorchFiles("2.11.1"));
    const wheel = fakeWheel(join(folder, "torch-2.13.0.whl"));
    const found = await find({ DIMSEG_LIBTORCH: named, FAKE_WHEEL: wheel });
    expect(found).toMatchObject({
      version: "2.11.1",
      source: "DIMSEG_LIBTORCH",
      root: named,
      cxx11abi: true,
      cuda: false,
    });
    expect(found.libDir).toBe(join(named, "lib"));
    expect(found.includeDirs).toEqual([join(named, "include"), join(named, "include/torch/csrc/api/include")]);
    expect(record()).toMatchObject({ version: "2.11.1", root: named });
    expect(pipCalls()).toBe(0);
  });

  it("compiles with the headers of CUDA and NCCL that lie in packages beside a libtorch with CUDA", async () => {
    const [library] = Object.keys(libtorchFiles()).filter((name) => name.includes("torch_cpu"));
    const cuda = { ...libtorchFiles(), [library!.replace("torch_cpu", "torch_cuda")]: Buffer.from("") };
    const packages = join(folder, "site-packages");
    const headers = ["cuda_runtime", "nccl"].map((part) => join(packages, "nvidia", part, "include"));
    for (const folder of headers) mkdirSync(folder, { recursive: true });
    const found = await find({ DIMSEG_LIBTORCH: fakeLibtorch(join(packages, "torch"), cuda) });
    expect(found.cuda).toBe(true);
    expect(found.cudaIncludeDirs).toEqual(expect.arrayContaining(headers));
    const flags = compileFlags(found, "headers-of-node");
    expect(flags).toEqual(expect.arrayContaining(["-DDIMSEG_CUDA", ...headers]));
    const without = compileFlags({ ...found, cuda: false, cudaIncludeDirs: undefined }, "headers-of-node");
    expect(without).not.toContain("-DDIMSEG_CUDA");
  });

  it("unpacks the pinned wheel into the cache, once for all clones, without what only Python needs", async () => {
    const more = {
      FAKE_WHEEL: fakeWheel(join(folder, "torch-2.13.0.whl")),
      FAKE_TORCH: fakeLibtorch(join(folder, "python")),
    };
    const found = await find(more);
    expect(found).toMatchObject({ version: "2.13.0", source: "wheel" });
    expect(found.root.startsWith(environment.DIMSEG_CACHE!)).toBe(true);
    expect(readdirSync(found.root).sort()).toEqual(["include", "lib"]);
    expect(pipCalls()).toBe(1);
    rmSync(join(folder, "build"), { recursive: true });
    expect((await find({})).root).toBe(found.root);
    expect(pipCalls()).toBe(1);
  });

  it("asks the user's find-links first, then the public index, then takes python3's PyTorch and says why", async () => {
    const python = fakeLibtorch(join(folder, "site-packages", "torch"), libtorchFiles("2.9.0"));
    const found = await find({ FAKE_TORCH: python });
    expect(found).toMatchObject({ version: "2.9.0", source: "python", root: python });
    expect(found.lines).toMatch(
      /not the pinned wheel: pip cannot get torch 2\.13\.0 \(No matching distribution found for torch\)/,
    );
    const [first, second] = readFileSync(environment.FAKE_LOG!, "utf8").split("\n");
    expect(first).toContain("--no-index");
    expect(second).toContain("--extra-index-url https://download.pytorch.org/whl/cpu");
    expect(readdirSync(environment.DIMSEG_CACHE!)).toEqual([]);
  });

  it("obeys DIMSEG_LIBTORCH_SOURCE and refuses unknown ones", async () => {
    const more = {
      FAKE_WHEEL: fakeWheel(join(folder, "torch-2.13.0.whl")),
      FAKE_TORCH: fakeLibtorch(join(folder, "python")),
    };
    expect((await find({ ...more, DIMSEG_LIBTORCH_SOURCE: "python" })).source).toBe("python");
    expect((await find({ ...more, DIMSEG_LIBTORCH_SOURCE: "wheel" })).source).toBe("wheel");
    await expect(find({ DIMSEG_LIBTORCH_SOURCE: "conda" })).rejects.toThrow(
      /=conda is no source.*set it to wheel, python, debian/,
    );
  });

  it("keeps its finding without looking again, until the library or the question changes", async () => {
    const named = fakeLibtorch(join(folder, "named"));
    await find({ DIMSEG_LIBTORCH: named });
    const written = readFileSync(join(folder, "build", "libtorch.json"));
    await find({ DIMSEG_LIBTORCH: named });
    expect(readFileSync(join(folder, "build", "libtorch.json"))).toEqual(written);
    fakeLibtorch(named, libtorchFiles("2.14.0"));
    expect((await find({ DIMSEG_LIBTORCH: named })).version).toBe("2.14.0");
    rmSync(named, { recursive: true });
    await expect(find({ DIMSEG_LIBTORCH: named })).rejects.toThrow("is no libtorch");
  });
});

describe("what set-up says when it cannot go on", () => {
  it("names what DIMSEG_LIBTORCH lacks", async () => {
    const empty = join(folder, "empty");
    await expect(find({ DIMSEG_LIBTORCH: empty })).rejects.toThrow(
      /is no libtorch, since .*version\.h is missing; set DIMSEG_LIBTORCH to/,
    );
    const headers = libtorchFiles();
    for (const name of Object.keys(headers)) if (name.startsWith("lib/")) delete headers[name];
    await expect(find({ DIMSEG_LIBTORCH: fakeLibtorch(empty, headers) })).rejects.toThrow(
      /since .*libtorch_cpu\.\w+ is missing/,
    );
  });

  it("refuses another architecture, no library at all, and versions before 1.13", async () => {
    const other = process.arch === "arm64" ? "x64" : "arm64";
    const foreign = fakeLibtorch(join(folder, "foreign"), libtorchFiles("2.13.0", other));
    await expect(find({ DIMSEG_LIBTORCH: foreign })).rejects.toThrow(
      `is built for ${process.platform}-${other} but this Node runs on ${process.platform}-${process.arch}`,
    );
    const [library] = Object.keys(libtorchFiles()).filter((name) => name.includes("torch_cpu"));
    const text = fakeLibtorch(join(folder, "text"), {
      ...libtorchFiles(),
      [library!]: Buffer.from("not a library, not at all"),
    });
    await expect(find({ DIMSEG_LIBTORCH: text })).rejects.toThrow("is built for no known machine");
    const old = fakeLibtorch(join(folder, "old"), libtorchFiles("1.12.1"));
    await expect(find({ DIMSEG_LIBTORCH: old })).rejects.toThrow("is libtorch 1.12.1 but dimseg needs 1.13 or newer");
  });

  it("leaves nothing in the cache when the wheel is damaged", async () => {
    const wheel = fakeWheel(join(folder, "torch-2.13.0.whl"), true);
    await expect(find({ FAKE_WHEEL: wheel, DIMSEG_LIBTORCH_SOURCE: "wheel" })).rejects.toThrow("is damaged");
    expect(readdirSync(environment.DIMSEG_CACHE!)).toEqual([]);
  });

  it("says how to get python3, pip or PyTorch", async () => {
    rmSync(join(folder, "bin"), { recursive: true });
    environment.PATH = join(folder, "bin");
    await expect(find({ DIMSEG_LIBTORCH_SOURCE: "wheel" })).rejects.toThrow(
      /there is no python3; run `.*apt-get install python3 python3-pip`/,
    );
    await expect(find({ DIMSEG_LIBTORCH_SOURCE: "python" })).rejects.toThrow(/python3 has no PyTorch; run `/);
    mkdirSync(environment.PATH);
    writeFileSync(join(environment.PATH, "python3"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    await expect(find({ DIMSEG_LIBTORCH_SOURCE: "wheel" })).rejects.toThrow(
      /has no pip; run `.*apt-get install python3 python3-pip`/,
    );
  });

  it("refuses machines without a libtorch", () => {
    expect(() => requirePlatform("linux", "arm64")).not.toThrow();
    expect(() => requirePlatform("win32", "x64")).toThrow("`wsl --install`");
    expect(() => requirePlatform("linux", "ia32")).toThrow("built for linux-ia32");
    expect(() => requirePlatform("freebsd", "x64")).toThrow("64-bit Linux and macOS");
  });

  it("ends with one sentence, exit code 1 and no stack trace", () => {
    const scripts = join(import.meta.dirname, "..", "..", "scripts");
    cpSync(join(scripts, "setup"), join(folder, "scripts", "setup"), { recursive: true });
    cpSync(join(scripts, "setup.mjs"), join(folder, "scripts", "setup.mjs"));
    const env = { ...process.env, DIMSEG_LIBTORCH: join(folder, "nowhere") };
    const command = [join(folder, "scripts", "setup.mjs")];
    const { status, stderr } = spawnSync(process.execPath, command, { env, encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^set-up: .*nowhere.* is no libtorch.*\.\n$/);
  });
});

describe("installed packages", () => {
  const lock = (packages: object) => JSON.stringify({ packages });
  type Packages = Record<string, { readonly version: string; readonly [fact: string]: unknown }>;
  const install = (wanted: object, installed: Packages, present = installed) => {
    mkdirSync(join(folder, "node_modules"), { recursive: true });
    writeFileSync(join(folder, "package-lock.json"), lock({ "": { version: "1.0.0" }, ...wanted }));
    writeFileSync(join(folder, "node_modules", ".package-lock.json"), lock(installed));
    for (const [name, { version }] of Object.entries(present)) {
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, "package.json"), JSON.stringify({ version }));
    }
    return packagesAreCurrent(folder);
  };
  const a = { version: "1.0.0", integrity: "sha512-a" };

  it("are current when npm wrote down the same versions, optional packages of other machines aside", () => {
    expect(install({ a }, { a })).toBe(true);
    expect(install({ a, b: { ...a, optional: true } }, { a })).toBe(true);
    expect(
      install(
        { a: { ...a, os: ["!win32"], cpu: [process.arch] } },
        { a: { ...a, os: ["!win32"], cpu: [process.arch] } },
      ),
    ).toBe(true);
  });

  it("are not when an optional package of our own is missing that this machine could have", () => {
    const current = (b: object) => {
      writeFileSync(
        join(folder, "package-lock.json"),
        lock({ "": { optionalDependencies: { b: "1" } }, "node_modules/b": { ...a, ...b, optional: true } }),
      );
      writeFileSync(join(folder, "node_modules", ".package-lock.json"), lock({}));
      return packagesAreCurrent(folder);
    };
    mkdirSync(join(folder, "node_modules"), { recursive: true });
    expect(current({})).toBe(false);
    expect(current({ os: ["aix"] })).toBe(true);
  });

  it("are not when one is missing, left over, of another version or of another machine", () => {
    expect(packagesAreCurrent(folder)).toBe(false);
    expect(install({ a }, {})).toBe(false);
    expect(install({}, { a })).toBe(false);
    expect(install({ a }, { a: { ...a, version: "1.0.1" } })).toBe(false);
    expect(install({ a }, { a: { ...a, integrity: "sha512-b" } })).toBe(false);
    expect(install({ a }, { a: { ...a, os: ["aix"] } })).toBe(false);
    expect(install({ a }, { a: { ...a, os: [`!${process.platform}`] } })).toBe(false);
  });

  it("are not when npm wrote down what it did not install, as with --package-lock-only", () => {
    expect(install({ a }, { a }, { a: { version: "0.9.0" } })).toBe(false);
    expect(install({ a, b: a }, { a, b: a }, { a })).toBe(false);
  });
});
