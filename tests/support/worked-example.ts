/** Ties the code of a worked example in docs/ to the file that the tests run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

const root = join(import.meta.dirname, "..", "..");

/**
 * Expects a page's first TypeScript block to be the example's file, and its second to be one line in the form of the
 * registry's others.
 * @param page name in docs/
 * @param file path of the example, from the repository's root
 * @param registry path of the registry, from there too
 */
export function expectWorkedExample(page: string, file: string, registry: string): void {
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  const [shown, line] = [...read(`docs/${page}`).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code);
  const code = read(file);
  expect(code.replace(/"\.\.\/\.\.\/src\/(optim\/)?index\.js"/, '"dimseg"')).toBe(shown);
  expect(code.split("\n").length, "lines of the one file").toBeLessThan(60);
  expect(line.trim().split("\n"), "lines in the registry").toHaveLength(1);
  const form = (entry: string) => entry.trim().replace(/[\w-]+/g, "name");
  const entries = read(registry)
    .split("\n")
    .filter((one) => /^ {2}[\w"-]+: /.test(one));
  expect(entries.map(form), "forms of the registry's entries").toContain(form(line));
}
