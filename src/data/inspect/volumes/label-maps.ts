/** Which volumes are label maps by their values, where names do not tell images from masks. */
import { basename, dirname, join } from "node:path";
import { DataError } from "../../../core/errors.js";
import { groupBy } from "../../../core/group-by.js";
import { withoutEnding } from "../../file-patterns.js";
import { readVolume } from "../../images/read-image.js";
import { countValues } from "../../value-counts.js";
import { spread } from "../files/sampling.js";
import { isMaskFolder, isMaskName } from "../words.js";
import { noLabels } from "./labels.js";

/** Files whose values are looked at, of each kind. */
const looked = 2;
/** More kinds of files than this are no images and masks, but cases. */
const mostKinds = 12;

/** Whether a volume holds nothing but class numbers. */
export async function isLabelMap(path: string): Promise<boolean> {
  try {
    const counts = new Map<number, number>();
    countValues((await readVolume(path)).samples, counts);
    return noLabels([...counts.keys()]) === undefined;
  } catch (cause) {
    if (cause instanceof DataError) return false;
    throw cause;
  }
}

function isCalledMask(path: string): boolean {
  return isMaskName(withoutEnding(basename(path))) || dirname(path).split("/").some(isMaskFolder);
}

/** The last word of a file's name, by which those of one case may differ: `p0_ct`, `p0_liver`; a number is none. */
function lastWord(path: string): string {
  return /[_-](\p{L}[\p{L}\p{N}]*)$/u.exec(withoutEnding(basename(path)))?.[1].toLowerCase() ?? "";
}

/** Files by what tells kinds apart, whichever makes fewest: their folders, their names, or the ends of these. */
function kindsOf(paths: readonly string[]): string[][] {
  const ways = [dirname, (path: string) => withoutEnding(basename(path)), lastWord];
  const kinds = ways.map((way) => [...groupBy(paths, way).values()]).filter((own) => own.length > 1);
  const [fewest = []] = kinds.sort((a, b) => a.length - b.length);
  return fewest;
}

/**
 * The label maps among volumes of which no name says that it is a mask.
 * @param paths   from the root
 * @param guesses receives a sentence where there are some
 */
export async function labelMapsByValues(
  root: string,
  paths: readonly string[],
  guesses: string[],
): Promise<ReadonlySet<string>> {
  const kinds = kindsOf(paths);
  if (kinds.length < 2 || kinds.length > mostKinds || paths.some(isCalledMask)) return new Set();
  const found: string[][] = [];
  for (const files of kinds) {
    const are = [];
    for (const path of spread(files, looked)) are.push(await isLabelMap(join(root, path)));
    if (are.every(Boolean)) found.push(files);
  }
  if (found.length === 0 || found.length === kinds.length) return new Set();
  const shown = found.map(([first]) => first).join(", ");
  guesses.push(
    `no name says which files are masks; those called as ${shown} hold class numbers alone and are taken for them`,
  );
  return new Set(found.flat());
}
