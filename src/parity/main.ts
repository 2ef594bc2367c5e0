/** `npm run parity -- FOLDER [--device cuda]`: one line per golden case; exit code 1 when any fails. */
import { parseArgs } from "node:util";
import { DimsegError, UsageError } from "../core/errors.js";
import { useDevice } from "../torch/index.js";
import { type CaseResult, checkCase, findCases } from "./run.js";

const scientific = (value: number): string => (value === 0 ? "0" : value.toExponential(1));

function line({ kind, name, comparison, neighbour }: CaseResult): string {
  const label = `${kind.padEnd(11)} ${name.padEnd(36)}`;
  if (!comparison) return `${label} unsupported kind`;
  const worst = `abs ${scientific(comparison.worstAbsolute).padEnd(8)} rel ${scientific(comparison.worstRelative).padEnd(8)}`;
  const { failures } = comparison;
  const more = failures.length > 3 ? `; and ${failures.length - 3} more` : "";
  const pass = neighbour === 0 ? "pass" : `pass (at a threshold: from neighbouring start ${neighbour})`;
  const verdict = failures.length === 0 ? pass : `FAIL: ${failures.slice(0, 3).join("; ")}${more}`;
  return `${label} ${worst} ${verdict}`;
}

const usage = "usage: npm run parity -- FOLDER [--device cuda] (a folder of golden cases, for example tests/golden)";

function readArguments(): { folder: string; device: string } {
  try {
    const options = { device: { type: "string", default: "cpu" } } as const;
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (positionals.length === 1) return { folder: positionals[0], device: values.device };
  } catch (cause) {
    throw new UsageError(`${(cause as Error).message.split(". ")[0]}; ${usage}`, { cause });
  }
  throw new UsageError(usage);
}

function main(): number {
  const { folder, device } = readArguments();
  useDevice(device);
  const counts = { passed: 0, failed: 0, unsupported: 0 };
  for (const path of findCases(folder)) {
    const result = checkCase(path, device);
    console.log(line(result));
    if (!result.comparison) counts.unsupported++;
    else if (result.comparison.failures.length > 0) counts.failed++;
    else counts.passed++;
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.unsupported} of unsupported kind`);
  return counts.failed > 0 ? 1 : 0;
}

try {
  process.exitCode = main();
} catch (error) {
  if (!(error instanceof DimsegError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
