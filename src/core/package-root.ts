/** Where this package lies, whether it runs from TypeScript sources, from dist/ or from node_modules. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function find(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error("internal: dimseg's package.json was not found above its own code");
    folder = parent;
  }
  return folder;
}

/** The folder that holds dimseg's package.json. */
export const packageRoot = find();

/** The version in package.json. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")).version;
}
