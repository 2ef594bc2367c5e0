/** dimseg in somebody's project: what it is without an engine, and `dimseg setup`. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { run } from "../cli/built.js";
import { dimseg, putDataset, trainRun } from "../cli/trained-run.js";
import { put, temporaryFolder } from "../data/files.js";
import { hasOnnxRuntime } from "../export/onnx-runtime.js";
import { engineMissing, environmentWithEngine, install } from "./installed.js";

const project = temporaryFolder();
let installed: string;
let main: string;
beforeAll(() => {
  put(join(project, "package.json"), '{ "name": "theirs", "type": "module", "private": true }');
  installed = install(project, ["@types/node", "undici-types"]);
  main = join(installed, "dist", "src", "cli", "main.js");
});

const node = (words: readonly string[], options: object = {}) =>
  spawnSync(process.execPath, words, { cwd: project, encoding: "utf8", timeout: 110_000, ...options });

const consumer = `
import { DimsegError, evaluateMask, loadDataset, type RunObserver, startRun, torch, UNet } from "dimseg";

export function parameters(path: string): number {
  const dataset = loadDataset(path);
  using generator = new torch.Generator(1);
  const network = new UNet({ inChannels: dataset.channels, outChannels: dataset.outputs, width: 2, generator });
  network.dispose();
  return dataset.domains.length;
}
export const used: readonly unknown[] = [DimsegError, evaluateMask, startRun];
export const observer: Partial<RunObserver> = {};
// @ts-expect-error a path is text
parameters(1);
`;

it("brings the documents that its README links to, and the licences of what its page is made of", () => {
  const readme = readFileSync(join(installed, "README.md"), "utf8");
  const linked = [...readme.matchAll(/\]\((docs\/[^)#]+)/g)].map(([, path]) => path);
  expect(linked.length).toBeGreaterThan(10);
  for (const path of linked) expect(existsSync(join(installed, path)), path).toBe(true);
  const licences = readFileSync(join(installed, "dist/page/licences.md"), "utf8");
  for (const name of ["preact", "uplot"]) expect(licences).toMatch(new RegExp(`^## ${name} - `, "m"));
});

describe("without an engine", () => {
  it("the library's entry can be imported, and says how to build one when it is first needed", () => {
    const program = put(
      join(project, "use.js"),
      `import { evaluateMask, loadDataset, torch } from "dimseg";
       console.log(typeof evaluateMask, typeof loadDataset);
       try { new torch.Generator(1); } catch (error) { console.log(error.name, error.exitCode, error.message); }`,
    );
    const said = 'EngineError 6 the engine has not been built: run "npx dimseg setup"';
    expect(node([program])).toMatchObject({ status: 0, stderr: "", stdout: `function function\n${said}\n` });
  });

  it.each([
    { module: "NodeNext", moduleResolution: "NodeNext" },
    { module: "ESNext", moduleResolution: "Bundler" },
  ])("its types are accepted by a strict project that checks those of libraries, too: $moduleResolution", (how) => {
    put(join(project, "consumer.ts"), consumer);
    const compilerOptions = {
      ...{ target: "ES2022", lib: ["ES2023", "ESNext.Disposable"], types: ["node"], noEmit: true, ...how },
      ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false },
    };
    put(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
    const compiler = join(packageRoot, "node_modules", "typescript", "bin", "tsc");
    expect(node([compiler, "-p", project])).toMatchObject({ status: 0, stdout: "" });
  });

  it("verbs that need none work, and the others say how to build one", () => {
    expect(run(["list", "methods"], main)).toMatchObject({ code: 0, err: "" });
    const data = join(project, "data");
    const few = ["--size", "48", "--train", "2", "--test", "1"];
    expect(run(["data", "phantoms", data, ...few], main)).toMatchObject({ code: 0 });
    const inspected = run(["data", "inspect", join(data, "Fundus"), "--out", join(data, "seen.yaml")], main);
    expect(inspected).toMatchObject({ code: 0 });
    const [schema] = /(?<=\$schema=).*/.exec(readFileSync(join(data, "seen.yaml"), "utf8")) ?? [];
    expect(existsSync(join(data, `${schema}`))).toBe(true);
    const config = put(
      join(project, "config.yaml"),
      "preset: small\ndataset: data/Fundus/dataset.yaml\nlabelled: { domain: Domain1, count: 1 }\n",
    );
    expect(run(["train", config, "--out", join(project, "run")], main)).toMatchObject({
      code: 6,
      err: 'error: the engine has not been built: run "npx dimseg setup"\n',
    });
  });

  it.skipIf(!hasOnnxRuntime)(
    "predict masks from an exported folder in ONNX Runtime, and build nothing for it",
    async () => {
      const ours = join(project, "ours");
      putDataset(join(ours, "data"));
      const exported = join(project, "export");
      await dimseg("export", await trainRun(ours, "run", { base: { name: "adamw", rate: 0.01 } }), "--out", exported);
      const images = join(ours, "data/b/test/images");
      const out = (name: string) => ["--out", join(project, name)];
      await dimseg("predict", exported, images, "--engine", "libtorch", ...out("libtorch"));

      const { code, err } = run(["predict", exported, images, "--engine", "onnx", ...out("onnx")], main);
      expect(code, err).toBe(0);
      expect(existsSync(join(installed, "build"))).toBe(false);
      const masks = (name: string) => readdirSync(join(project, name, "masks")).sort();
      expect(masks("onnx")).toEqual(masks("libtorch"));
      for (const name of masks("onnx")) {
        const [own, expected] = ["onnx", "libtorch"].map((engine) =>
          readFileSync(join(project, engine, "masks", name)),
        );
        expect([name, own.equals(expected)]).toEqual([name, true]);
      }
      // Without that word libtorch would answer, which is not there.
      expect(run(["predict", exported, images, ...out("none")], main)).toMatchObject({ code: 6 });
    },
  );
});

describe("dimseg setup", () => {
  it("ends with one sentence and exit code 6 where there is no libtorch", () => {
    const env = { ...process.env, DIMSEG_LIBTORCH: join(project, "nowhere") };
    const { status, stderr } = node([main, "setup"], { env });
    expect(stderr).toMatch(/^set-up: .*nowhere.* is no libtorch.*\.\n$/);
    expect(status).toBe(6);
  });

  it("says so before it fetches anything when the package cannot be written to", () => {
    rmSync(join(installed, "build"), { recursive: true, force: true });
    // Root may write everywhere, so it becomes somebody else; that user may read the project.
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    chmodSync(project, 0o755);
    chmodSync(installed, 0o555);
    const env = { ...process.env, HOME: "/nonexistent", DIMSEG_LIBTORCH: "", DIMSEG_LIBTORCH_SOURCE: "wheel" };
    const { status, stdout, stderr } = node([main, "setup"], { ...nobody, env });
    chmodSync(installed, 0o755);
    expect(stderr).toMatch(/^set-up: \S+build cannot be written \(EACCES\); set up as a user who may write in .*\.\n$/);
    expect({ status, stdout }).toEqual({ status: 6, stdout: "" });
  });

  it("takes an engine that was built before from the cache, and does nothing the second time", async ({ skip }) => {
    const reason = await engineMissing();
    skip(reason !== undefined, reason);
    const env = environmentWithEngine(join(project, "cache"));
    const first = node([main, "setup"], { env });
    expect(first).toMatchObject({ status: 0, stderr: "" });
    expect(first.stdout).toMatch(/^libtorch {4}\d.*\naddon {7}built before\n$/);
    expect(node([main, "setup"], { env }).stdout).toMatch(/\naddon {7}up to date\n$/);
    // npm empties node_modules when it installs again.
    rmSync(join(installed, "build"), { recursive: true });
    expect(node([main, "setup"], { env }).stdout).toMatch(/\naddon {7}built before\n$/);
    const seed = `import { torch } from "dimseg"; console.log(torch.engineInfo().version)`;
    expect(node(["--input-type=module", "-e", seed]).stdout).toMatch(/^\d/);
  });
});
