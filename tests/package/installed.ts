/**
 * dimseg as npm would install it into somebody's project, without a network: the packed files, and beside them links
 * to the packages that it depends on and to no others, so that a forgotten dependency is missed here, too.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { buildAddon } from "../../scripts/setup/addon.mjs";
import { packageRoot } from "../../src/core/package-root.js";
import { addonRecord } from "../../src/torch/native.js";
import { quietReport } from "../scripts/fake-machine.js";

if (!existsSync(join(packageRoot, "dist", "page", "index.html")))
  throw new Error("dist/ is not complete: run `npm run setup` before these tests");

interface LockedPackage {
  readonly dev?: boolean;
}

/** Packs the repository into `folder`; returns the archive. */
function pack(folder: string): string {
  // npm would otherwise look for a newer npm, and compile everything once more.
  const quiet = ["--ignore-scripts", "--offline", "--no-update-notifier"];
  const words = ["pack", ...quiet, "--json", "--pack-destination", folder];
  const said = JSON.parse(execFileSync("npm", words, { cwd: packageRoot, encoding: "utf8", stdio: "pipe" }));
  const [{ filename }] = Object.values<{ filename: string }>(said);
  return join(folder, filename);
}

/** Links the packages that users of dimseg get with it, and `also`. */
function linkDependencies(modules: string, also: readonly string[]): void {
  const lock = JSON.parse(readFileSync(join(packageRoot, "package-lock.json"), "utf8"));
  const locked = Object.entries<LockedPackage>(lock.packages).filter(([path]) =>
    /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path),
  );
  for (const [path, { dev }] of locked) {
    const name = path.slice("node_modules/".length);
    if ((dev && !also.includes(name)) || !existsSync(join(packageRoot, path))) continue;
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(packageRoot, path), join(modules, name));
  }
}

/**
 * Installs dimseg into a project.
 * @param project its folder, which holds its package.json
 * @param also    development packages of ours that the project has as well
 * @returns node_modules/dimseg
 */
export function install(project: string, also: readonly string[] = []): string {
  const installed = join(project, "node_modules", "dimseg");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", pack(project), "-C", installed, "--strip-components=1"]);
  linkDependencies(join(project, "node_modules"), also);
  return installed;
}

/** Why the engine of this checkout cannot stand in for the one that set-up would compile for minutes. */
export async function engineMissing(): Promise<string | undefined> {
  const record = join(packageRoot, "build", "libtorch.json");
  if (!existsSync(record)) return "the engine was not built here; run `npm run setup` first";
  try {
    // Without a compiler, anything but an engine that is up to date is refused.
    await buildAddon(packageRoot, JSON.parse(readFileSync(record, "utf8")), quietReport().report, { PATH: "" });
    return undefined;
  } catch {
    return "the engine is older than its sources; run `npm run setup` first";
  }
}

/**
 * Puts the engine of this checkout where a set-up of the same sources would have left it.
 * @returns the environment in which `dimseg setup` finds it and this checkout's libtorch
 */
export function environmentWithEngine(cache: string): NodeJS.ProcessEnv {
  const { path, libtorch } = addonRecord();
  const target = join(cache, "addons", basename(dirname(path)));
  mkdirSync(target, { recursive: true });
  copyFileSync(path, join(target, basename(path)));
  return { ...process.env, DIMSEG_CACHE: cache, DIMSEG_LIBTORCH: libtorch?.root, DIMSEG_LIBTORCH_SOURCE: "" };
}
