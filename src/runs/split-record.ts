/**
 * Which cases a run learns from and the hashes of their files, kept in its folder so that runs can be compared later,
 * also after their data set was moved or has grown, and that none goes on with other images or masks.
 */
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { TrainingConfig } from "../config/config.js";
import { DataError } from "../core/errors.js";
import { readFailureReason } from "../core/files/read-file.js";
import type { CaseContents } from "../data/cache/contents.js";
import { type Case, caseName, loadDataset } from "../data/dataset.js";
import { type ProtocolSplit, splitProtocol } from "../data/protocol.js";
import { protocolOptions } from "./protocol-options.js";

const lists = {
  labelled: z.array(z.string()),
  validation: z.array(z.string()),
  unlabelled: z.array(z.string()),
};
const contents = z.strictObject({ image: z.string(), mask: z.string().optional() });

/** Runs of the first versions keep the lists alone. */
const schema = z.union([
  z.strictObject(lists),
  z.strictObject({ version: z.literal(2), ...lists, files: z.record(z.string(), contents) }),
]);

/** The training cases by use, each as domain/split/id. */
export type SplitRecord = Record<keyof typeof lists, string[]>;

/** The hashes of the files of each case that training reads, by its name. */
export type ContentsByCase = ReadonlyMap<string, CaseContents>;

/** What a run keeps of its cases; `files` is undefined where it keeps no hashes. */
interface KeptSplit {
  split: SplitRecord;
  files: ContentsByCase | undefined;
}

function recordOf({ labelled, validation, unlabelled }: ProtocolSplit): SplitRecord {
  return {
    labelled: labelled.map(caseName),
    validation: validation.map(caseName),
    unlabelled: unlabelled.map(caseName),
  };
}

/** The split and the hashes of the files as JSON, for the run folder. */
export function formatSplit(split: ProtocolSplit, files: ContentsByCase): string {
  return `${JSON.stringify({ version: 2, ...recordOf(split), files: Object.fromEntries(files) }, null, 1)}\n`;
}

type Use = keyof SplitRecord;

/** How many cases, and the first of them; nothing when there are none. */
function told(names: readonly string[], what: string): string[] {
  return names.length === 0 ? [] : [`${names.length} ${what} (${names[0]}${names.length > 1 ? " and others" : ""})`];
}

/** What came of each case whose use is not the same in two splits, for people. */
function changes(before: SplitRecord, now: SplitRecord): string[] {
  const usesOf = (record: SplitRecord) =>
    new Map((Object.keys(record) as Use[]).flatMap((use) => record[use].map((name) => [name, use] as const)));
  const [old, current] = [usesOf(before), usesOf(now)];
  const gone = [...old.keys()].filter((name) => !current.has(name));
  const added = [...current.keys()].filter((name) => !old.has(name));
  const moved = [...current].filter(([name, use]) => old.has(name) && old.get(name) !== use);
  return [
    ...told(gone, "removed"),
    ...told(added, "added"),
    ...told(
      moved.map(([name, use]) => `${name}: ${old.get(name)} became ${use}`),
      "used otherwise",
    ),
  ];
}

/** What the text of {@link formatSplit} says. @throws what reading text that is none does */
function parseSplit(text: string): KeptSplit {
  const record = schema.parse(JSON.parse(text));
  const { labelled, validation, unlabelled } = record;
  const files = "files" in record ? new Map(Object.entries(record.files)) : undefined;
  return { split: { labelled, validation, unlabelled }, files };
}

/** What a run keeps; undefined when it keeps nothing. @throws DataError when the file is broken */
function keptSplit(path: string): KeptSplit | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new DataError(`cannot read ${path}: ${readFailureReason(cause)}`, { cause });
  }
  try {
    return parseSplit(text);
  } catch (cause) {
    throw new DataError(`${path} is damaged; delete it to read the split from the data set instead`, { cause });
  }
}

/**
 * The split of a run; for a run that keeps none, what its data set gives now.
 * @throws DataError when the file is broken, or when there is neither file nor data set
 */
export function readSplit(path: string, { dataset, labelled }: TrainingConfig): SplitRecord {
  return keptSplit(path)?.split ?? recordOf(splitProtocol(loadDataset(dataset), protocolOptions(labelled)));
}

/**
 * Makes sure that a run goes on with the training cases it began with, in their order; a run that keeps no record of
 * them is let through.
 * @param path the run's split.json
 * @param dataset path of the data set's file, for the message
 * @throws DataError naming cases that were added or removed or are used otherwise now
 */
export function checkSplit(path: string, split: ProtocolSplit, dataset: string): void {
  const kept = keptSplit(path);
  const found = kept && splitDifferences(kept.split, split);
  if (!found) return;
  throw new DataError(
    `${dataset}: the training cases are not those that the run began with: ${found}; ` +
      "make the data set as it was, or begin a new run",
  );
}

/** In which training cases a split is another one, for people; empty where it is the same. */
function splitDifferences(wanted: SplitRecord, split: ProtocolSplit): string {
  const now = recordOf(split);
  if (isDeepStrictEqual(wanted, now)) return "";
  return changes(wanted, now).join(", ") || "they stand in another order";
}

/**
 * Makes sure that a process trains on the cases of another one.
 * @param text what formatSplit made there
 * @param dataset path of the data set's file, for the message
 * @returns the hashes of the files that were read there
 * @throws DataError naming cases that only one of the two has, or uses otherwise
 */
export function requireSplit(text: string, split: ProtocolSplit, dataset: string): ContentsByCase {
  const theirs = parseSplit(text);
  const found = splitDifferences(theirs.split, split);
  if (found !== "")
    throw new DataError(
      `${dataset}: the training cases are not those that process 0 finds there: ${found}; all processes need the same data set`,
    );
  return theirs.files ?? new Map();
}

/**
 * Makes sure that a case's files are those that another process read; one that it did not read is let through.
 * @throws DataError naming the file
 */
export function requireContents(one: Case, now: CaseContents, theirs: ContentsByCase): void {
  const wanted = theirs.get(caseName(one));
  if (wanted === undefined || isDeepStrictEqual(wanted, now)) return;
  const path = wanted.image === now.image ? one.maskPath : one.imagePath;
  throw new DataError(`${path}: is not the file that process 0 reads there; all processes need the same data set`);
}

/** The hashes that a run keeps of its cases' files; undefined when it keeps none. @throws DataError when the file is broken */
export function readContents(path: string): ContentsByCase | undefined {
  return keptSplit(path)?.files;
}

/**
 * Makes sure that a run goes on with the files it began with, byte for byte.
 * @param path the run's split.json
 * @param now hashes of everything that training reads
 * @param dataset path of the data set's file, for the message
 * @param warn told when the run keeps no hashes, and is let through
 * @throws DataError naming cases that were changed, added or removed
 */
export function checkContents(
  path: string,
  now: ContentsByCase,
  dataset: string,
  warn: (message: string) => void,
): void {
  const kept = readContents(path);
  if (kept === undefined) {
    warn(`${path} keeps no hashes of the run's images and masks: whether they were changed cannot be told`);
    return;
  }
  const both = [...now.keys()].filter((name) => kept.has(name));
  const files = (["image", "mask"] as const).flatMap((file) =>
    told(
      both.filter((name) => kept.get(name)?.[file] !== now.get(name)?.[file]),
      `${file} changed`,
    ),
  );
  const differences = [
    ...files,
    ...told(
      [...kept.keys()].filter((name) => !now.has(name)),
      "removed",
    ),
    ...told(
      [...now.keys()].filter((name) => !kept.has(name)),
      "added",
    ),
  ];
  if (differences.length === 0) return;
  throw new DataError(
    `${dataset}: the files are not those that the run began with: ${differences.join(", ")}; ` +
      "make the data set as it was, or begin a new run",
  );
}
