/** The `cases.csv` of `dimseg estimate`, read again. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../core/errors.js";
import { parseCsv } from "../core/formats/csv.js";
import type { NetworkName } from "./checkpoints/checkpoint-names.js";
import { estimateName } from "./estimate-summary.js";
import type { RunFolder } from "./run-folder.js";

/** What was estimated of one part of one case; NaN where nothing is known. */
export interface CaseEstimate {
  readonly domain: string;
  readonly id: string;
  readonly part: string;
  /** Dice in [0, 1], with its interval. */
  readonly dice: number;
  readonly low: number;
  readonly high: number;
  readonly doubtful: boolean;
  /** Dice against the reference, where there is one. */
  readonly measured: number;
}

const needed = ["domain", "id", "part", "dice", "low", "high", "doubtful", "measured"] as const;

function numberOf(text: string): number {
  return text === "" ? Number.NaN : Number(text);
}

/**
 * The estimates of the cases of a run's own data set, the most doubtful first; none where there are none.
 * @throws DataError when the file is not as it was written
 */
export function readEstimatedCases({ quality }: RunFolder, checkpoint: string, network: NetworkName): CaseEstimate[] {
  const path = join(quality, estimateName(checkpoint, network), "cases.csv");
  if (!existsSync(path)) return [];
  try {
    const [header, ...rows] = parseCsv(readFileSync(path, "utf8"));
    const places = needed.map((name) => header.indexOf(name));
    if (places.includes(-1)) throw new Error("its header is not that of estimates");
    return rows.map((row) => {
      const [domain, id, part, dice, low, high, doubtful, measured] = places.map((place) => row[place] ?? "");
      const numbers = { dice: numberOf(dice), low: numberOf(low), high: numberOf(high), measured: numberOf(measured) };
      return { domain, id, part, ...numbers, doubtful: doubtful === "yes" };
    });
  } catch (cause) {
    throw new DataError(`${path} is damaged: ${(cause as Error).message}; run \`dimseg estimate\` again`, { cause });
  }
}
