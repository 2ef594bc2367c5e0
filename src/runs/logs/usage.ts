/**
 * What training a run has cost: one entry for each process that worked on it, renewed with every checkpoint. It lies
 * beside the logs, whose bytes repeat from run to run.
 */
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { DataError } from "../../core/errors.js";
import { writeFileAtomic } from "../../core/files/atomic-file.js";

const usageSchema = z.array(
  z.object({
    started: z.string(),
    /** Steps done when the process began, and at its last checkpoint. */
    from: z.number(),
    to: z.number(),
    /** Wall time between the two, validation included. */
    seconds: z.number(),
    /** Highest resident memory of the process. */
    peakMemoryBytes: z.number(),
  }),
);

/** One process's share of a run. */
export type ProcessUsage = z.output<typeof usageSchema>[number];

/**
 * The processes that trained a run, oldest first; empty for a run that kept no record.
 * @throws DataError when the file is damaged
 */
export function readUsage(path: string): ProcessUsage[] {
  if (!existsSync(path)) return [];
  try {
    return usageSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    throw new DataError(`${path} is not a record of training time; remove it to go on without`, { cause });
  }
}

export class UsageRecord {
  private readonly earlier: readonly ProcessUsage[];
  private readonly began = performance.now();
  private readonly started = new Date().toISOString();

  /** @param from steps that were done before this process */
  constructor(
    private readonly path: string,
    private readonly from: number,
  ) {
    this.earlier = readUsage(path);
  }

  /** Writes what this process has used up to a checkpoint. */
  update(to: number): void {
    const { from, started } = this;
    const seconds = (performance.now() - this.began) / 1000;
    const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
    const own: ProcessUsage = { started, from, to, seconds, peakMemoryBytes };
    writeFileAtomic(this.path, `${JSON.stringify([...this.earlier, own], null, 2)}\n`);
  }
}
