/**
 * Where set-up keeps what it makes. A clone keeps its addon in its own build/. A package that npm installed keeps it
 * in the cache instead, because `npm ci` empties node_modules: set up again, it finds the addon and compiles nothing.
 */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Whether a folder is a clone, whose packages, sources and page set-up sees to; a package brings all three. */
export function isClone(root) {
  return existsSync(join(root, "tsconfig.build.json"));
}

/** What all clones and packages of this user share. */
export function cacheFolder(environment = process.env) {
  return environment.DIMSEG_CACHE || join(homedir(), ".cache", "dimseg");
}

/** Where each addon has a folder of its own, named by what it is made from. */
export function addonsFolder(root, environment = process.env) {
  return isClone(root) ? join(root, "build") : join(cacheFolder(environment), "addons");
}
