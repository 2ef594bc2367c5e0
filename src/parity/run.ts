/** Checking one case or a whole folder of cases. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../core/errors.js";
import { type Device, scope } from "../torch/index.js";
import { type Comparison, compare } from "./compare.js";
import { GoldenCase } from "./golden-case.js";
import { kinds } from "./registry.js";

/** What became of one case; `comparison` is null when its kind is unsupported. */
export interface CaseResult {
  kind: string;
  name: string;
  comparison: Comparison | null;
}

/** Runs one case on a device. Errors inside a kind count as failures of the case, not of the run. */
export function checkCase(path: string, device: Device = "cpu"): CaseResult {
  const testCase = GoldenCase.read(path, device);
  const { kind, name } = testCase;
  const run = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (!run) return { kind, name, comparison: null };
  try {
    return scope(() => {
      const computed = run(testCase);
      return { kind, name, comparison: computed && compare(testCase, computed) };
    });
  } catch (cause) {
    const failures = [(cause as Error).message];
    return { kind, name, comparison: { worstAbsolute: Number.NaN, worstRelative: Number.NaN, failures } };
  }
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
