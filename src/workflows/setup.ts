/** Builds the engine: finds or fetches libtorch and compiles the bridge to it, by the scripts that a clone sets itself up with. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../core/package-root.js";

/**
 * Does what is not done yet; docs/install.md lists the steps and the environment variables they read. The scripts are
 * plain JavaScript, because in a clone they run before anything is compiled, and print their own lines.
 * @returns whether the engine is ready; otherwise one sentence on standard error said what is missing
 */
export async function setUp(): Promise<boolean> {
  const scripts = await import(pathToFileURL(join(packageRoot, "scripts", "setup", "main.mjs")).href);
  return (await scripts.setUp(packageRoot)) === 0;
}
