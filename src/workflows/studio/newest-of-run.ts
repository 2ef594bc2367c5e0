/** Which of the folders that verbs leave in a run's `evaluation/` or `quality/` is shown. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkpointNames, networkNames } from "../../runs/checkpoints/checkpoint-names.js";

/** Folders of the run's own data set: those of others have a suffix. */
const ownFolder = new RegExp(`^(?:${checkpointNames.join("|")}|step-\\d+)-(?:${networkNames.join("|")})$`);

/** The folder in which `file` was written last; null where there is none. */
export function newestOfRun(folder: string, file: string): string | null {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => ownFolder.test(name));
  } catch {
    return null;
  }
  const age = (name: string) => statSync(join(folder, name, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const [newest] = names.filter((name) => age(name) > 0).sort((a, b) => age(b) - age(a));
  return newest === undefined ? null : join(folder, newest);
}
