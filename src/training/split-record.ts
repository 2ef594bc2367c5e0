/**
 * Which cases a run learns from, kept in its folder so that runs can be compared later, also after their data set was
 * moved or has grown.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { DataError } from "../core/errors.js";
import { readFailureReason } from "../core/read-file.js";
import { caseName, loadDataset } from "../data/dataset.js";
import { type ProtocolSplit, splitProtocol } from "../data/protocol.js";
import type { TrainingConfig } from "./config.js";

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

/**
 * The split of a run; for a run that keeps none, what its data set gives now.
 * @throws DataError when the file is broken, or when there is neither file nor data set
 */
export function readSplit(path: string, { dataset, labelled }: TrainingConfig): SplitRecord {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT")
      throw new DataError(`cannot read ${path}: ${readFailureReason(cause)}`, { cause });
    const { domain, count, validation } = labelled;
    const options = { labelledDomain: domain, labelledCount: count, validationCount: validation };
    return recordOf(splitProtocol(loadDataset(dataset), options));
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new DataError(`${path} is damaged; delete it to read the split from the data set instead`, { cause });
  }
}
