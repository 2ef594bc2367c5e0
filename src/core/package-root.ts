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

/** Whether dimseg runs from a clone, and not from a package that npm installed into somebody's project. */
const isClone = existsSync(join(packageRoot, "tsconfig.build.json"));

/** What builds the engine; in a clone it is typed in {@link packageRoot}, otherwise in the project. */
export const setUpCommand = isClone ? "npm run setup" : "npx dimseg setup";

/**
 * The same as advice that says where.
 * @param variables environment variables before the command, such as "DIMSEG_CACHE=/opt/dimseg"
 */
export function setUpAdvice(variables = ""): string {
  const command = [variables, setUpCommand].filter(Boolean).join(" ");
  return isClone ? `run "${command}" in ${packageRoot}` : `run "${command}"`;
}
