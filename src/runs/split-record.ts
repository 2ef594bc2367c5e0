/**
 * Which cases a run learns from, kept in its folder so that runs can be compared later, also after their data set was
 * moved or has grown.
 */
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { TrainingConfig } from "../config/config.js";
import { DataError } from "../core/errors.js";
import { readFailureReason } from "../core/read-file.js";
import { caseName, loadDataset } from "../data/dataset.js";
import { type ProtocolSplit, splitProtocol } from "../data/protocol.js";

const schema = z.strictObject({
  labelled: z.array(z.string()),
  validation: z.array(z.string()),
  unlabelled: z.array(z.string()),
});

/** The training cases by use, each as domain/split/id. */
export type SplitRecord = z.output<typeof schema>;

function recordOf({ labelled, validation, unlabelled }: ProtocolSplit): SplitRecord {
  return {
    labelled: labelled.map(caseName),
    validation: validation.map(caseName),
    unlabelled: unlabelled.map(caseName),
  };
}

/** The split as JSON, for the run folder. */
export function formatSplit(split: ProtocolSplit): string {
  return `${JSON.stringify(recordOf(split), null, 1)}\n`;
}

type Use = keyof SplitRecord;

/** What came of each case whose use is not the same in two splits, for people. */
function changes(before: SplitRecord, now: SplitRecord): string[] {
  const usesOf = (record: SplitRecord) =>
    new Map((Object.keys(record) as Use[]).flatMap((use) => record[use].map((name) => [name, use] as const)));
  const [old, current] = [usesOf(before), usesOf(now)];
  const gone = [...old.keys()].filter((name) => !current.has(name));
  const added = [...current.keys()].filter((name) => !old.has(name));
  const moved = [...current].filter(([name, use]) => old.has(name) && old.get(name) !== use);
  const told = (names: string[], what: string) =>
    names.length === 0 ? [] : [`${names.length} ${what} (${names[0]}${names.length > 1 ? " and others" : ""})`];
  return [
    ...told(gone, "removed"),
    ...told(added, "added"),
    ...told(
      moved.map(([name, use]) => `${name}: ${old.get(name)} became ${use}`),
      "used otherwise",
    ),
  ];
}

/** The split that a run keeps; undefined when it keeps none. @throws DataError when the file is broken */
function keptSplit(path: string): SplitRecord | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new DataError(`cannot read ${path}: ${readFailureReason(cause)}`, { cause });
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new DataError(`${path} is damaged; delete it to read the split from the data set instead`, { cause });
  }
}

/**
 * The split of a run; for a run that keeps none, what its data set gives now.
 * @throws DataError when the file is broken, or when there is neither file nor data set
 */
export function readSplit(path: string, { dataset, labelled }: TrainingConfig): SplitRecord {
  const { domain, count, validation } = labelled;
  const options = { labelledDomain: domain, labelledCount: count, validationCount: validation };
  return keptSplit(path) ?? recordOf(splitProtocol(loadDataset(dataset), options));
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
  const now = recordOf(split);
  if (kept === undefined || isDeepStrictEqual(kept, now)) return;
  const told = changes(kept, now);
  throw new DataError(
    `${dataset}: the training cases are not those that the run began with: ` +
      `${told.length > 0 ? told.join(", ") : "they stand in another order"}; ` +
      "make the data set as it was, or begin a new run",
  );
}
