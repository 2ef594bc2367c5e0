/**
 * Step 3: compiles native/ against the libtorch that was found, into <key>/dimseg.node (places.mjs says where), and
 * writes build/addon.json, which tells the runtime what to load. The key covers libtorch, sources, flags and compiler
 * but not where the sources lie, so every combination is built once; a clone keeps its objects, so an edit compiles
 * one file.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import {
  compile,
  compileFlags,
  findCompiler,
  isClang,
  linkFlags,
  missingCompiler,
  requireStandard,
} from "./compiler.mjs";
import {
  hashFiles,
  hashOf,
  listFiles,
  makeFolderWhole,
  readJson,
  requireSpace,
  writeJson,
  writeWhole,
} from "./files.mjs";
import { addonsFolder, isClone } from "./places.mjs";
import { failureLine, run } from "./process.mjs";
import { SetupError } from "./report.mjs";

const addonName = "dimseg.node";
const spaceNeeded = 1e9;
/** Parsing libtorch takes more than a gigabyte per process. */
const compilersAtOnce = Math.min(2, availableParallelism());
const keptAddons = 8;
const keptObjectFolders = 2;

/** node_api.h and its companions. */
function nodeHeaders(root) {
  try {
    return join(dirname(createRequire(join(root, "package.json")).resolve("node-api-headers/package.json")), "include");
  } catch {
    throw new SetupError("the package node-api-headers is missing; run `npm ci`.");
  }
}

/** What the addon is made of, and the hashes that decide what must be made again. */
function plan(root, libtorch, compilerIdentity) {
  const native = join(root, "native");
  const sources = listFiles(native, [".cc"]);
  const headers = listFiles(native, [".h"]);
  const node = nodeHeaders(root);
  const flagsFrom = (nodeFolder, nativeFolder) => [
    ...compileFlags(libtorch, nodeFolder),
    `-I${join(nativeFolder, "gloo-declarations")}`,
  ];
  const made = [
    ...flagsFrom("node-api-headers", "native"),
    ...linkFlags(libtorch),
    hashFiles(listFiles(node, [".h"]), node),
  ];
  const against = [...made, libtorch.version, libtorch.fingerprint, compilerIdentity];
  const objects = hashOf(...against, hashFiles(headers, native));
  const key = hashOf(...against, hashFiles([...sources, ...headers], native));
  return { native, sources, flags: flagsFrom(node, native), objects, key };
}

/** Runs at most `limit` of the jobs at a time; the first failure ends it. */
async function inParallel(jobs, limit) {
  const waiting = [...jobs];
  const worker = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await job();
  };
  try {
    await Promise.all(Array.from({ length: limit }, worker));
  } finally {
    waiting.length = 0;
  }
}

/** Writes a file through `make(temporaryPath)` so that a killed compiler leaves no half object. */
async function makeFile(path, make) {
  if (existsSync(path)) return;
  const temporary = `${path}.${process.pid}.tmp`;
  await make(temporary);
  renameSync(temporary, path);
}

/**
 * Precompiles native/pch.h.
 * @returns the flags that make the compiler use it
 */
async function precompile(compiler, flags, native, folder, report) {
  const header = join(folder, "pch.h");
  const clang = await isClang(compiler);
  const compiled = join(folder, clang ? "pch.pch" : "pch.h.gch");
  if (!existsSync(compiled)) {
    report.progress("compiling libtorch's headers");
    writeWhole(header, `#include "${join(native, "pch.h")}"\n`);
    await makeFile(compiled, (path) =>
      compile(compiler, [...flags, "-x", "c++-header", header, "-o", path], "native/pch.h", report),
    );
  }
  return clang ? ["-include-pch", compiled] : ["-include", header];
}

/** Compiles every source whose object is not there yet; returns the objects. */
async function compileSources(compiler, flags, { native, sources }, folder, report) {
  const withHeader = [...flags, ...(await precompile(compiler, flags, native, folder, report))];
  let done = 0;
  const objects = sources.map((source) => join(folder, `${basename(source, ".cc")}-${hashFiles([source], native)}.o`));
  const jobs = sources.map((source, index) => async () => {
    report.progress(`compiling ${done + 1} of ${sources.length}: ${basename(source)}`);
    const what = `native/${basename(source)}`;
    await makeFile(objects[index], (path) =>
      compile(compiler, [...withHeader, "-c", source, "-o", path], what, report),
    );
    done++;
  });
  await inParallel(jobs, compilersAtOnce);
  return objects;
}

/** Loads the addon in a process of its own: a missing or mismatched library shows here, not at the first training. */
async function requireLoads(path, libtorch) {
  const { code, output } = await run(process.execPath, ["-e", "require(process.argv[1])", path]);
  if (code === 0) return;
  throw new SetupError(
    `the addon does not load against ${libtorch.root} (${failureLine(output).replace(/^Error: /, "")}); set DIMSEG_LIBTORCH to a complete libtorch for this machine.`,
  );
}

/** Compiles and links into `folder`. */
async function build(root, libtorch, compiler, parts, folder, report) {
  await requireStandard(compiler, parts.flags);
  const objectFolder = join(root, "build", `objects-${parts.objects}`);
  mkdirSync(objectFolder, { recursive: true });
  const objects = await compileSources(compiler, parts.flags, parts, objectFolder, report);
  report.progress("linking");
  const target = join(folder, addonName);
  await compile(compiler, [...objects, ...linkFlags(libtorch), "-o", target], addonName, report);
  await requireLoads(target, libtorch);
}

/** Removes all but the newest `count` entries of build/ whose names match. */
function keepNewest(folder, pattern, count) {
  const entries = readdirSync(folder)
    .filter((name) => pattern.test(name))
    .map((name) => ({ path: join(folder, name), time: statSync(join(folder, name)).mtimeMs }));
  for (const { path } of entries.sort((a, b) => b.time - a.time).slice(count))
    rmSync(path, { recursive: true, force: true });
}

/**
 * Builds the addon when it is due and records it.
 * @throws SetupError when there is no compiler, no space, or the addon does not compile or load
 */
export async function buildAddon(root, libtorch, report, environment = process.env) {
  report.begin("addon");
  const folder = join(root, "build");
  const record = join(folder, "addon.json");
  const compiler = findCompiler(environment);
  const current = readJson(record);
  // A compiler that has gone since the last build is no reason to fail.
  const parts = plan(root, libtorch, compiler?.identity ?? current?.compiler ?? "");
  const addons = addonsFolder(root, environment);
  const target = join(addons, parts.key);
  const path = join(target, addonName);
  if (current?.path === path && existsSync(path)) return report.done("up to date");
  if (compiler === undefined) throw missingCompiler(environment);
  const known = existsSync(path);
  if (!known) {
    requireSpace(folder, spaceNeeded, "compiling the addon");
    await makeFolderWhole(target, (temporary) => build(root, libtorch, compiler, parts, temporary, report));
  }
  const { version, source, root: libtorchRoot, cuda } = libtorch;
  const builtAgainst = { version, source, root: libtorchRoot, cuda };
  writeJson(record, { path, libtorch: builtAgainst, compiler: compiler.identity });
  keepNewest(folder, /^objects-/, isClone(root) ? keptObjectFolders : 0);
  // Those in the cache may be another project's.
  if (isClone(root)) keepNewest(addons, /^[0-9a-f]{20}$/, keptAddons);
  report.done(known ? "built before" : `compiled with ${basename(compiler.program)}`);
}
