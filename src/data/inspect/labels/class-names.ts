/** Names of classes: those that a file of the set says, where they fit, else numbered ones. */

/** What a file beside the images says about classes. */
export interface ClassNames {
  /** By class number, the background first; empty where no file names any. */
  readonly names: readonly string[];
  /** Regions by their names, each of the numbers that make it up, in place of names by number. */
  readonly regions?: ReadonlyMap<string, readonly number[]>;
  /** The class number of pixels that nobody labelled. */
  readonly ignore?: number;
  /** The file, for sentences. */
  readonly source?: string;
}

export interface UsedNames {
  readonly names: readonly string[];
  /** Whether they are those of the file, which may name more classes than the masks that were looked into hold. */
  readonly fromFile: boolean;
  readonly guesses: readonly string[];
}

function numberedNames(count: number): string[] {
  if (count === 2) return ["background", "foreground"];
  return Array.from({ length: count }, (_, i) => (i === 0 ? "background" : `class ${i}`));
}

/**
 * Names for `count` classes.
 * @param numbered whether the masks hold class numbers, so that names fit by number and the file may name more
 */
export function namesFor({ names, ignore, source }: ClassNames, count: number, numbered: boolean): UsedNames {
  if (names.length === 0) return { names: numberedNames(count), fromFile: false, guesses: [] };
  const labelled = numbered && ignore === count - 1 ? count - 1 : count;
  if (names.length === labelled || (numbered && names.length > labelled)) {
    const used = ["background", ...names.slice(1)];
    return { names: used, fromFile: true, guesses: [`the class names ${used.join(", ")} are those of ${source}`] };
  }
  const said = `${source} names ${names.length} classes, but the masks hold ${labelled}, so its names are not used`;
  return { names: numberedNames(count), fromFile: false, guesses: [said] };
}
