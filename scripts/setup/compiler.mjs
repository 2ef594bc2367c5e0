/**
 * The system's C++ compiler: which one, its flags for a given libtorch, and running it with readable failures.
 */
import { realpathSync } from "node:fs";
import { basename } from "node:path";
import { isAtLeast } from "./describe.mjs";
import { fingerprint } from "./files.mjs";
import { aptCommand } from "./platform.mjs";
import { run, which } from "./process.mjs";
import { SetupError } from "./report.mjs";

/** libtorch's headers need C++20 from this version on. */
const firstWithCpp20 = [2, 12];
const shownLines = 30;

const isMac = process.platform === "darwin";

/** The command that installs a compiler here. */
function installCommand() {
  return isMac ? "xcode-select --install" : aptCommand("g++");
}

/**
 * Finds the compiler: CXX, which may carry arguments, or g++ or clang++.
 * @returns {program, args, identity}; undefined when there is none. The identity changes with the compiler
 *   and is found without running it.
 */
export function findCompiler(environment = process.env) {
  const wishes = environment.CXX ? [environment.CXX] : isMac ? ["clang++"] : ["g++", "clang++", "c++"];
  for (const wish of wishes) {
    const [name, ...args] = wish.trim().split(/\s+/);
    const program = which(name, environment);
    if (program === undefined) continue;
    const real = realpathSync(program);
    return { program, args, identity: `${wish} ${real} ${fingerprint(real)}` };
  }
  return undefined;
}

/** The sentence for a machine without a compiler. */
export function missingCompiler(environment = process.env) {
  const what = environment.CXX
    ? `CXX=${environment.CXX} is not a program on PATH`
    : "no C++ compiler was found (g++ or clang++)";
  return new SetupError(`${what}; run \`${installCommand()}\`${environment.CXX ? " and unset CXX" : ""}.`);
}

/** Flags for compiling against `libtorch`; headers of libtorch are system headers, so their warnings stay theirs. */
export function compileFlags(libtorch, nodeHeaders) {
  const standard = isAtLeast(libtorch.version, firstWithCpp20) ? "-std=c++20" : "-std=c++17";
  const abi = isMac ? [] : [`-D_GLIBCXX_USE_CXX11_ABI=${libtorch.cxx11abi ? 1 : 0}`];
  // /usr/include is searched anyway, and naming it would put it before the C++ library's own headers.
  const { includeDirs, cuda, cudaIncludeDirs = [] } = libtorch;
  const folders = [...includeDirs, ...cudaIncludeDirs].filter((folder) => folder !== "/usr/include");
  return [
    standard,
    "-O2",
    "-DNDEBUG",
    "-fPIC",
    "-fvisibility=hidden",
    ...abi,
    ...(cuda ? ["-DDIMSEG_CUDA"] : []),
    `-I${nodeHeaders}`,
    ...folders.flatMap((folder) => ["-isystem", folder]),
  ];
}

/** Flags for linking the addon; node's own symbols are found when it is loaded. */
export function linkFlags(libtorch) {
  const names = ["torch", "torch_cpu", "c10", ...(libtorch.cuda ? ["torch_cuda", "c10_cuda"] : [])];
  const libraries = [`-L${libtorch.libDir}`, ...names.map((name) => `-l${name}`), `-Wl,-rpath,${libtorch.libDir}`];
  if (isMac) return ["-bundle", "-undefined", "dynamic_lookup", ...libraries];
  // Kernels register themselves when their library is loaded, so it must be loaded even if no symbol asks for it.
  const runtime = libtorch.cudaRuntime === undefined ? [] : [libtorch.cudaRuntime];
  return ["-shared", "-Wl,--no-as-needed", ...libraries, ...runtime];
}

/** Whether the compiler is clang, which names precompiled headers differently. */
export async function isClang(compiler) {
  return (await run(compiler.program, [...compiler.args, "--version"])).output.includes("clang");
}

/**
 * Refuses compilers too old for libtorch's headers.
 * @throws SetupError
 */
export async function requireStandard(compiler, flags) {
  const standard = flags.find((flag) => flag.startsWith("-std="));
  const { code } = await run(compiler.program, [...compiler.args, standard, "-x", "c++", "-fsyntax-only", "/dev/null"]);
  if (code === 0) return;
  throw new SetupError(
    `${compiler.program} does not compile C++ with ${standard}; run \`${aptCommand("g++-12")}\` and set CXX=g++-12.`,
  );
}

/**
 * Runs the compiler.
 * @param what the file that is made, for the message
 * @throws SetupError after the compiler's own first lines were printed
 */
export async function compile(compiler, args, what, report) {
  const { code, output } = await run(compiler.program, [...compiler.args, ...args]);
  if (code === 0) return;
  report.show(output.split("\n").slice(0, shownLines).join("\n"));
  if (/Killed|out of memory|cannot allocate/i.test(output)) {
    throw new SetupError(
      `${basename(compiler.program)} ran out of memory on ${what}; free about 2 GB and run \`npm run setup\` again.`,
    );
  }
  throw new SetupError(
    `${basename(compiler.program)} failed on ${what} (first lines above); try another compiler with \`CXX=clang++ npm run setup\`, or another libtorch (docs/install.md).`,
  );
}
