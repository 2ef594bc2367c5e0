/**
 * Compiles a few source files, with everything they import from src/, into a temporary folder, so that a test can
 * run them in a child process and kill it. Independent of dist/, which may be missing or old; packages and the engine
 * are found through links.
 */
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));

function compile(source: string, folder: string, done: Set<string>): void {
  if (done.has(source)) return;
  done.add(source);
  const text = readFileSync(source, "utf8");
  const { outputText } = ts.transpileModule(text, {
    fileName: source,
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const target = join(folder, relative(root, source)).replace(/\.ts$/, ".js");
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, outputText);
  for (const [, path] of outputText.matchAll(/(?:from|import) "(\.[^"]+)\.js"/g)) {
    compile(resolve(dirname(source), `${path}.ts`), folder, done);
  }
}

/**
 * Compiles `entries` (paths from the repository's root, for example "src/core/errors.ts").
 * @returns the folder they lie in, same layout with the ending .js; the caller removes it
 */
export function transpileForChild(entries: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "dimseg-child-"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  for (const name of ["build", "node_modules"]) symlinkSync(join(root, name), join(folder, name));
  const done = new Set<string>();
  for (const entry of entries) compile(join(root, entry), folder, done);
  return folder;
}
