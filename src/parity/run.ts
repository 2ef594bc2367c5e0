/** Checking one case or a whole folder of cases. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../core/errors.js";
import { type Device, scope } from "../torch/index.js";
import { type Comparison, compare } from "./compare.js";
import { GoldenCase } from "./golden-case.js";
import { kinds } from "./registry.js";

/** How many neighbouring starts a case may try: where one in four lands right, three cases in a thousand have none. */
const neighbours = 20;

/** What became of one case; `comparison` is null when its kind is unsupported. */
export interface CaseResult {
  kind: string;
  name: string;
  comparison: Comparison | null;
  /** The neighbouring start that gave the reference's numbers where the stored one did not; else 0. */
  neighbour: number;
}

/** Runs one case from one start. Errors inside a kind count as failures of the case, not of the run. */
function checkFrom(testCase: GoldenCase): CaseResult {
  const { kind, name, neighbour } = testCase;
  const run = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (!run) return { kind, name, comparison: null, neighbour };
  try {
    return scope(() => {
      const computed = run(testCase);
      return { kind, name, comparison: computed && compare(testCase, computed), neighbour };
    });
  } catch (cause) {
    const failures = [(cause as Error).message];
    return { kind, name, comparison: { worstAbsolute: Number.NaN, worstRelative: Number.NaN, failures }, neighbour };
  }
}

/**
 * Runs one case on a device. A gradient jumps where a ReLU's input crosses 0, a maximum changes its place or a
 * probability passes the confidence threshold; a case whose start sits there has one result or another as the
 * processor rounds. It passes when a start within float32's rounding of the stored one gives the reference's numbers,
 * all of them within the same tolerances.
 */
export function checkCase(path: string, device: Device = "cpu"): CaseResult {
  const testCase = GoldenCase.read(path, device);
  const stored = checkFrom(testCase);
  if (!stored.comparison || stored.comparison.failures.length === 0 || !testCase.hasStart) return stored;
  for (let neighbour = 1; neighbour <= neighbours; neighbour++) {
    const result = checkFrom(testCase.neighbouring(neighbour));
    if (result.comparison?.failures.length === 0) return result;
  }
  return stored;
}

/**
 * All cases below a folder, sorted by path.
 * @throws DataError when the folder does not exist or holds no case
 */
export function findCases(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch (cause) {
    throw new DataError(`${folder} cannot be read: give a folder of golden cases (NAME.json beside NAME.safetensors)`, {
      cause,
    });
  }
  const known = new Set(names);
  const cases = names.filter((name) => name.endsWith(".json") && known.has(name.replace(/json$/, "safetensors")));
  if (cases.length === 0) throw new DataError(`${folder} holds no golden case (NAME.json beside NAME.safetensors)`);
  return cases.sort().map((name) => join(folder, name));
}
