/** `sweep.json`: which runs belong to a sweep and what they are called, for `dimseg compare`. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { DataError } from "../core/errors.js";
import { writeFileAtomic } from "../core/files/atomic-file.js";
import type { SweepPlan } from "./plan.js";

const schema = z.strictObject({
  runs: z.array(z.strictObject({ name: z.string(), seed: z.int(), folder: z.string() })),
});

/** A run of a sweep; `folder` is an absolute path. */
export type RecordedRun = z.output<typeof schema>["runs"][number];

const fileName = "sweep.json";

/** Writes the record into the sweep's folder. @throws ResourceError when it cannot be written */
export function writeSweepRecord({ out, runs }: SweepPlan): void {
  const record = { runs: runs.map(({ name, seed, id }) => ({ name, seed, folder: id })) };
  writeFileAtomic(join(out, fileName), `${JSON.stringify(record, null, 2)}\n`);
}

/** Whether a folder is a sweep's. */
export function isSweepFolder(folder: string): boolean {
  return existsSync(join(folder, fileName));
}

/** The runs of a sweep in the order of its grid. @throws DataError when the record is damaged */
export function readSweepRecord(folder: string): RecordedRun[] {
  const path = join(folder, fileName);
  try {
    const { runs } = schema.parse(JSON.parse(readFileSync(path, "utf8")));
    return runs.map((run) => ({ ...run, folder: resolve(folder, run.folder) }));
  } catch (cause) {
    throw new DataError(`${path} is damaged; run \`dimseg sweep\` again, which writes it anew`, { cause });
  }
}
