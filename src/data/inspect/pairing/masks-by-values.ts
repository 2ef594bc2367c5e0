/** Which files are masks by their values, where names do not tell images from masks. */
import { basename, dirname, join } from "node:path";
import { DataError } from "../../../core/errors.js";
import { groupBy } from "../../../core/group-by.js";
import { withoutEnding } from "../../file-patterns.js";
import { readVolume } from "../../images/read-image.js";
import { countValues } from "../../value-counts.js";
import { spread } from "../files/sampling.js";
import { noLabels } from "../volumes/labels.js";
import { isMaskFolder, isMaskName } from "../words.js";
import { areTwoValued } from "./evidence.js";

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

const stemOf = (path: string) => withoutEnding(basename(path));

function isCalledMask(path: string): boolean {
  return isMaskName(stemOf(path)) || dirname(path).split("/").some(isMaskFolder);
}

/** The last word of a file's name, by which those of one case may differ: `p0_ct`, `p0_liver`; a number is none. */
function lastWord(path: string): string {
  return /[_-](\p{L}[\p{L}\p{N}]*)$/u.exec(stemOf(path))?.[1].toLowerCase() ?? "";
}

/** The kinds of which all files that are looked at are masks; none where no kind is, or all are, or a name says which are. */
async function masksAmong(
  kinds: readonly (readonly string[])[],
  areMasks: (files: readonly string[]) => Promise<boolean>,
): Promise<(readonly string[])[]> {
  if (kinds.length < 2 || kinds.length > mostKinds || kinds.some((files) => files.some(isCalledMask))) return [];
  const found: (readonly string[])[] = [];
  for (const files of kinds) if (await areMasks(spread(files, looked))) found.push(files);
  return found.length === kinds.length ? [] : found;
}

function told(masks: readonly (readonly string[])[], what: string, guesses: string[]): ReadonlySet<string> {
  const shown = masks.map(([first]) => first).join(", ");
  if (masks.length > 0)
    guesses.push(
      `no name says which files are masks; those called as ${shown} hold ${what} alone and are taken for them`,
    );
  return new Set(masks.flat());
}

/**
 * The label maps among volumes of which no name says that it is a mask. Kinds of files are told by their folders, their names
 * or the ends of these, whichever makes fewest.
 * @param paths   from the root
 * @param guesses receives a sentence where there are some
 */
export async function labelMapsByValues(
  root: string,
  paths: readonly string[],
  guesses: string[],
): Promise<ReadonlySet<string>> {
  const ways = [dirname, stemOf, lastWord].map((way) => [...groupBy(paths, way).values()]);
  const [kinds = []] = ways.filter((own) => own.length > 1).sort((a, b) => a.length - b.length);
  const masks = await masksAmong(kinds, async (files) => {
    for (const path of files) if (!(await isLabelMap(join(root, path)))) return false;
    return true;
  });
  return told(masks, "class numbers", guesses);
}

/**
 * The masks among pictures in folders of patients, called alike in all of them, of which no name says that it is a mask: of two
 * values, as photographs are not.
 * @param paths   from the root
 * @param guesses receives a sentence where there are some
 */
export async function twoValuedByName(
  root: string,
  paths: readonly string[],
  guesses: string[],
): Promise<ReadonlySet<string>> {
  const kinds = [...groupBy(paths, stemOf).values()];
  if (groupBy(paths, dirname).size <= kinds.length) return new Set();
  const masks = await masksAmong(kinds, (files) => areTwoValued(files.map((path) => join(root, path))));
  return told(masks, "two values", guesses);
}
