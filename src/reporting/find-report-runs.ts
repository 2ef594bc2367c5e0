/** From the folders a person names to run folders with names: a sweep's folder stands for all its runs. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { nameOfFolder } from "../comparison/read-run.js";
import { openRunFolder } from "../runs/run-folder.js";
import { isSweepFolder, readSweepRecord } from "../sweep/record.js";

/** A run folder under the name its configuration has. */
export interface NamedFolder {
  folder: string;
  group: string;
}

export interface FoundFolders {
  folders: NamedFolder[];
  /** Runs of sweeps that were never begun, one sentence each. */
  notes: string[];
}

/** Two configurations in folders of one name in different places are told apart by the places. */
function withDistinctNames(folders: NamedFolder[]): NamedFolder[] {
  const places = (name: string) =>
    new Set(folders.filter(({ group }) => group === name).map(({ folder }) => dirname(folder)));
  return folders.map((one) =>
    places(one.group).size > 1 ? { ...one, group: `${one.group} (${dirname(one.folder)})` } : one,
  );
}

/**
 * The run folders of the given paths, each once.
 * @throws UsageError when one is no run folder; DataError when a sweep's record is damaged
 */
export function findReportRuns(paths: readonly string[]): FoundFolders {
  const folders: NamedFolder[] = [];
  const notes: string[] = [];
  for (const path of paths) {
    if (!isSweepFolder(path)) {
      folders.push({ folder: openRunFolder(path).path, group: nameOfFolder(resolve(path)) });
      continue;
    }
    for (const { folder, name } of readSweepRecord(path)) {
      if (existsSync(join(folder, "config.yaml"))) folders.push({ folder, group: name });
      else notes.push(`${folder} was not begun yet.`);
    }
  }
  const once = folders.filter(({ folder }, i) => folders.findIndex((other) => other.folder === folder) === i);
  return { folders: withDistinctNames(once), notes };
}
