/**
 * Looks at a folder that may hold libtorch and says what it is, or in one sentence why it will not do. The
 * answer is what build/libtorch.json records and the addon's build reads.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fingerprint } from "./files.mjs";
import { libraryFile, libraryPlatform, platformName } from "./platform.mjs";
import { SetupError } from "./report.mjs";

const oldestVersion = [1, 13];
const apiHeaders = "torch/csrc/api/include";
const versionHeaders = ["torch/headeronly/version.h", `${apiHeaders}/torch/version.h`];

/** The version in libtorch's headers, for example "2.13.0"; undefined when there is none. */
export function headerVersion(include) {
  for (const name of versionHeaders) {
    const path = join(include, name);
    if (!existsSync(path)) continue;
    const text = readFileSync(path, "utf8");
    const numbers = ["MAJOR", "MINOR", "PATCH"].map((part) => text.match(`TORCH_VERSION_${part} (\\d+)`)?.[1]);
    if (numbers.every((number) => number !== undefined)) return numbers.join(".");
  }
  return undefined;
}

/** Whether the first version is at least `minimum` ([major, minor]). */
export function isAtLeast(version, [major, minor]) {
  const [a, b] = version.split(".").map(Number);
  return a > major || (a === major && b >= minor);
}

/**
 * Describes libtorch.
 * @param layout include: header folder; lib: library folder; root: what the user knows it by; source: where it
 *   came from ("DIMSEG_LIBTORCH", "wheel", "python" or "debian")
 * @throws SetupError when it is incomplete, too old or for another machine
 */
export function describeLibtorch({ root, include, lib, source }) {
  const cpu = join(lib, libraryFile("torch_cpu"));
  const version = headerVersion(include);
  if (version === undefined || !existsSync(cpu)) {
    const missing = version === undefined ? join(include, versionHeaders[1]) : cpu;
    throw new SetupError(`${root} (${source}) is no libtorch, since ${missing} is missing; ${remedy(source, root)}.`);
  }
  if (!isAtLeast(version, oldestVersion)) {
    throw new SetupError(
      `${root} (${source}) is libtorch ${version} but dimseg needs ${oldestVersion.join(".")} or newer; ${remedy(source, root)}.`,
    );
  }
  const built = libraryPlatform(cpu);
  if (built !== platformName()) {
    throw new SetupError(
      `${cpu} (${source}) is built for ${built ?? "no known machine"} but this Node runs on ${platformName()}; ${remedy(source, root)}.`,
    );
  }
  const cuda = existsSync(join(lib, libraryFile("torch_cuda")));
  return {
    version,
    source,
    root,
    includeDirs: [include, join(include, apiHeaders)],
    libDir: lib,
    cxx11abi: usesNewStrings(join(lib, libraryFile("c10"))),
    cuda,
    ...(cuda ? { cudaRuntime: cudaRuntime(root), cudaIncludeDirs: cudaIncludeDirs(root) } : {}),
    fingerprint: fingerprint(cpu),
  };
}

/** What to do about a libtorch that will not do. */
function remedy(source, root) {
  if (source === "wheel") return `run \`rm -rf ${dirname(root)}\` and set up again`;
  const folder = "an unpacked libtorch (a folder with lib/ and include/) or to the torch folder of a Python package";
  return `set DIMSEG_LIBTORCH to ${folder}`;
}

/** Whether a library was compiled with the C++11 strings of libstdc++, which the addon must match. */
function usesNewStrings(library) {
  return process.platform === "darwin" || readFileSync(library).includes("St7__cxx1112basic_string");
}

/** Where CUDA lies: beside a Python package in a folder for each of its parts, and as a toolkit in its own. */
function cudaFolders(root) {
  const packages = join(dirname(root), "nvidia");
  const names = existsSync(packages) ? readdirSync(packages) : [];
  return [...names.map((name) => join(packages, name)), process.env.CUDA_HOME, "/usr/local/cuda"].filter(Boolean);
}

/** CUDA's runtime: in one of those folders, or in libtorch's. */
function cudaRuntime(root) {
  return cudaFolders(root)
    .flatMap((folder) => [join(folder, "lib"), join(folder, "lib64"), join(root, "lib")])
    .flatMap(runtimeIn)[0];
}

/** Headers of CUDA and NCCL, as far as they are there; native/world.cc does without NCCL where some are missing. */
function cudaIncludeDirs(root) {
  return cudaFolders(root)
    .map((folder) => join(folder, "include"))
    .filter((folder) => existsSync(folder));
}

function runtimeIn(folder) {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder)
    .filter((name) => /^libcudart.*\.so(\.\d+)*$/.test(name))
    .map((name) => join(folder, name));
}
