/**
 * Step 4: compiles src/, bench/ and soak/ to dist/ when a source, a setting or an installed type changed. The stamp is
 * a hash of the contents, kept beside the output.
 */
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { hashOf, listFiles, writeWhole } from "./files.mjs";
import { run, whileWaiting } from "./process.mjs";
import { SetupError } from "./report.mjs";

/** Hash of everything tsc's output depends on. */
function sourceHash(root) {
  const sources = ["src", "bench", "soak"].flatMap((folder) => listFiles(join(root, folder), [".ts", ".js"]));
  const settings = ["tsconfig.json", "tsconfig.build.json", "package.json", "package-lock.json"].map((name) =>
    join(root, name),
  );
  return hashOf(...[...settings, ...sources].flatMap((path) => [relative(root, path), readFileSync(path)]));
}

/** npm makes commands executable when it installs a package; `npx dimseg` in a clone needs it as well. */
function makeExecutable(root) {
  const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const path of Object.values(bin)) chmodSync(join(root, path), 0o755);
}

/**
 * Compiles when due.
 * @throws SetupError when the sources do not compile; tsc's own messages are printed first
 */
export async function compileTypeScript(root, report) {
  report.begin("typescript");
  const stamp = join(root, "dist", ".sources");
  const hash = sourceHash(root);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return report.done("up to date");
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const compiling = run(process.execPath, [compiler, "-p", "tsconfig.build.json", "--pretty", "false"], { cwd: root });
  const { code, output } = await whileWaiting(compiling, () => report.progress("compiling"));
  if (code !== 0) {
    report.show(output);
    throw new SetupError(
      "the TypeScript sources do not compile; mend the errors above, then run `npm run setup` again.",
    );
  }
  makeExecutable(root);
  writeWhole(stamp, hash);
  report.done("compiled to dist/");
}
