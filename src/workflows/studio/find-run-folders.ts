/** The run folders below a folder. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Folders between the one that is searched and a run. */
const mostLevels = 4;
/** Folders that are looked into; a folder with more holds images rather than runs. */
const mostFolders = 5000;

/** What makes a folder a run, and what it is not looked into for. */
export function isRun(folder: string): boolean {
  return existsSync(join(folder, "config.yaml")) && existsSync(join(folder, "environment.json"));
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
      .map(({ name }) => join(folder, name))
      .sort();
  } catch {
    // A folder that may not be read holds no runs to show.
    return [];
  }
}

/** Absolute paths of the runs in a folder, or that folder where it is one; links are not followed. */
export function findRunFolders(root: string): string[] {
  const found: string[] = [];
  let level = [root];
  let seen = 0;
  for (let depth = 0; depth <= mostLevels && level.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of level) {
      if (++seen > mostFolders) return found;
      if (isRun(folder)) found.push(folder);
      else next.push(...foldersIn(folder));
    }
    level = next;
  }
  return found;
}
