/**
 * The steps of set-up in order, and the one place where a failure becomes a sentence and an exit code.
 */
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { buildAddon } from "./addon.mjs";
import { findLibtorch } from "./libtorch.mjs";
import { installPackages } from "./packages.mjs";
import { buildPage } from "./page.mjs";
import { isClone } from "./places.mjs";
import { requirePlatform } from "./platform.mjs";
import { Report, SetupError } from "./report.mjs";
import { compileTypeScript } from "./typescript.mjs";

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A failure as one sentence. */
function explain(cause, root) {
  if (cause instanceof SetupError) return cause.message;
  if (cause.code === "ENOSPC" || cause.code === "EDQUOT") {
    return "the disk is full; free some space, or set DIMSEG_CACHE to a folder on a larger disk, then run it again.";
  }
  if (["EACCES", "EPERM", "EROFS"].includes(cause.code)) {
    const path = cause.path ?? root;
    const remedy = path.startsWith(`${root}${sep}`)
      ? `set up as a user who may write in ${root}, or install dimseg in a folder of your own`
      : "give yourself the right to, or set DIMSEG_CACHE to a folder of your own";
    return `${path} cannot be written (${cause.code}); ${remedy}.`;
  }
  return `${cause.message}; run \`rm -rf ${join(root, "build")}\` and try again.`;
}

/**
 * Runs every step that is due. In a package that npm installed only the engine's are: it brings the rest.
 * @returns the exit code: 0, or 1 after one sentence on standard error
 */
export async function setUp(root = repository) {
  const report = new Report();
  // A signal must pass through process.exit, so that unfinished folders are removed on the way out.
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
  try {
    requirePlatform();
    const clone = isClone(root);
    if (clone) await installPackages(root, report);
    const libtorch = await findLibtorch(root, report);
    await buildAddon(root, libtorch, report);
    if (clone) await compileTypeScript(root, report);
    if (clone) await buildPage(root, report);
    return 0;
  } catch (cause) {
    report.interrupt();
    process.stderr.write(`set-up: ${explain(cause, root)}\n`);
    return 1;
  }
}
