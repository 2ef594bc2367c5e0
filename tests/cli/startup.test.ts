/** `dimseg --help` is quick because nothing heavy is imported before a verb runs. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";

/** Every file and package that `entry` imports statically, types left out, however deep. */
function staticImports(entry: string, found = new Set<string>()): Set<string> {
  for (const [, clause, path] of readFileSync(entry, "utf8").matchAll(/^(?:import|export) ([^;=]*?)"([^"]+)";/gms)) {
    if (clause.startsWith("type ")) continue;
    const source = resolve(dirname(entry), path.replace(/\.js$/, ".ts"));
    const name = path.startsWith(".") ? relative(packageRoot, source) : path;
    if (found.has(name)) continue;
    found.add(name);
    if (path.startsWith(".")) {
      expect(existsSync(source), source).toBe(true);
      staticImports(source, found);
    }
  }
  return found;
}

it("the command line imports neither the engine nor any package but commander before a verb runs", () => {
  const imports = [...staticImports(join(packageRoot, "src", "cli", "main.ts"))];
  expect(imports).toContain("src/cli/doctor.ts");
  expect(imports.filter((name) => !name.startsWith("src/") && !name.startsWith("node:"))).toEqual(["commander"]);
  expect(imports.filter((name) => /^src\/(torch|nn|training|methods|inference)\//.test(name))).toEqual([]);
});
