/** Classes and label rule of a set whose masks have a file for every class. */
import { DataError } from "../../core/errors.js";
import type { Case } from "../case-files.js";
import { maskFilesOf } from "../case-files.js";
import { readImage } from "../images/read-image.js";
import { mostOverlapping } from "../schema/classes.js";
import type { DatasetFileInput } from "../schema.js";
import { countValues } from "../value-counts.js";

/** Files looked at of each class. */
const looked = 4;

type ClassList = NonNullable<DatasetFileInput["classes"]>;

/** The cup of an optic disc lies within it. */
function insideOf(name: string, names: readonly string[]): { inside?: string } {
  const disc = names.find((other) => /^(?:dis[ck]|od)/i.test(other));
  return /^(?:cup|oc)/i.test(name) && disc !== undefined ? { inside: disc } : {};
}

/** The least grey value that counts: any but 0 where files hold two values, the middle where there are more. */
async function leastValue(paths: readonly string[], guesses: string[]): Promise<number> {
  let values = 0;
  for (const path of paths) {
    try {
      const image = await readImage(path);
      values = Math.max(values, countValues(image.samples.subarray(0, image.samples.length / image.channels)).size);
    } catch (cause) {
      if (!(cause instanceof DataError)) throw cause;
      guesses.push(cause.message);
    }
  }
  return values > 2 ? 128 : 1;
}

/** What classes the cases' files name; empty where no mask has a file a class. */
function classNamesOf(cases: readonly Case[]): string[] {
  return [...new Set(cases.flatMap((one) => maskFilesOf(one).flatMap(({ className }) => className ?? [])))];
}

/** Classes and rule of masks with a file for every class. */
export interface ClassFileRules {
  readonly target: "sigmoid";
  readonly classes: ClassList;
  readonly labels: NonNullable<DatasetFileInput["labels"]>;
}

/** Whether masks have a file for every class. */
export function haveClassFiles(cases: readonly Case[]): boolean {
  return classNamesOf(cases).length > 0;
}

/** Classes and rule where files show a class each. @param atLeast the least value that counts */
function rulesOf(names: readonly string[], atLeast: number): ClassFileRules {
  return {
    target: "sigmoid",
    classes: names.map((name, index) => ({ index, name, ...insideOf(name, names) })),
    labels: { kind: "files", atLeast },
  };
}

/** What 0 is called where classes exclude each other. */
const background = "background";
/** More names than these are not all told. */
const mostNamed = 8;

/**
 * Classes and rule where masks of volumes have a file for every class; undefined where they have not. Such files are label
 * maps, so whatever is not 0 counts. More classes than may overlap are taken for organs beside each other.
 */
export function classFilesOfVolumes(
  cases: readonly Case[],
  guesses: string[],
): Omit<ClassFileRules, "target"> | ClassFileRules | undefined {
  const names = classNamesOf(cases);
  if (names.length === 0) return undefined;
  const listed = names.length > mostNamed ? [...names.slice(0, mostNamed), `... (${names.length} in all)`] : names;
  guesses.push(`a voxel is of a file's class where the file is not 0: ${listed.join(", ")}`);
  if (names.length <= mostOverlapping) return rulesOf(names, 1);
  guesses.push(
    `more than ${mostOverlapping} classes cannot overlap: of several that hold a voxel it has the one that is listed last`,
  );
  const classes = [background, ...names].map((name, index) => ({ index, name }));
  return { classes, labels: { kind: "files", atLeast: 1 } };
}

/** Classes and rule where masks have a file for every class; undefined where they have not. */
export async function guessClassFiles(cases: readonly Case[], guesses: string[]): Promise<ClassFileRules | undefined> {
  const names = classNamesOf(cases);
  if (names.length === 0) return undefined;
  const samples = names.flatMap((name) =>
    cases.flatMap((one) => maskFilesOf(one).filter(({ className }) => className === name)).slice(0, looked),
  );
  const atLeast = await leastValue(
    samples.map(({ path }) => path),
    guesses,
  );
  guesses.push(
    `a pixel is of a file's class ${atLeast === 1 ? "where the file is not black" : `from grey ${atLeast} up, as the files hold more than two values`}: ${names.join(", ")}`,
  );
  return rulesOf(names, atLeast);
}
