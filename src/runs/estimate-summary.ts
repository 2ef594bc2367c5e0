/** The `summary.json` of `dimseg estimate`: what was estimated of each domain, and of which weights and images. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../core/errors.js";
import { readFailureReason } from "../core/files/read-file.js";
import type { NetworkName } from "./checkpoints/checkpoint-names.js";
import type { RunFolder } from "./run-folder.js";

/** JSON has no NaN: null is what is not known. */
const maybe = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

const domainSchema = z.object({
  ...{ domain: z.string(), part: z.string(), cases: z.int(), unknown: z.int(), doubtful: z.int() },
  ...{ unlike: z.boolean(), dice: maybe, low: z.number(), high: z.number() },
  ...{ measured: maybe, measuredCases: z.int() },
  hd95: z.object({ estimate: maybe, low: z.number(), high: z.number(), measured: maybe }).optional(),
});

const schema = z.object({
  dimseg: z.string(),
  run: z.string(),
  network: z.string(),
  checkpoint: z.object({ name: z.string(), step: z.int() }),
  rule: z.string(),
  level: z.number(),
  doubtfulBelow: z.number(),
  /** Name of the data set, and SHA-256 of the names of the cases; files of the first version lack what follows. */
  dataset: z.object({ name: z.string(), cases: z.string() }).optional(),
  /** Parts that the network finds badly on its labelled images. */
  weak: z.array(z.string()).optional(),
  domains: z.array(domainSchema),
});

/** What a summary says. */
export type EstimateSummary = z.output<typeof schema>;

const fileName = "summary.json";

/** What the folder of estimates of a run's own data set is called below its `quality/`. */
export function estimateName(checkpoint: string, network: NetworkName): string {
  return `${checkpoint}-${network}`;
}

/** The summary's file in a folder of estimates, and its text. */
export function estimateSummaryFile(folder: string, summary: EstimateSummary): [string, string] {
  return [join(folder, fileName), `${JSON.stringify(summary, null, 2)}\n`];
}

/**
 * The estimates of a run's own data set; null where there are none.
 * @throws DataError when the file cannot be read or is damaged
 */
export function readEstimateSummary(
  { quality }: RunFolder,
  checkpoint: string,
  network: NetworkName,
): EstimateSummary | null {
  const path = join(quality, estimateName(checkpoint, network), fileName);
  if (!existsSync(path)) return null;
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    const isUnread = cause instanceof Error && "code" in cause;
    throw new DataError(
      isUnread
        ? `cannot read ${path}: ${readFailureReason(cause)}`
        : `${path} is damaged; run \`dimseg estimate\` again`,
      { cause },
    );
  }
}
