/** The programs of a queue, such as `sbatch` and `kubectl`. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ResourceError } from "../../core/errors.js";

const execute = promisify(execFile);

/**
 * Runs a program to its end.
 * @returns what it printed
 * @throws ResourceError when it is not there, or in its own words when it fails
 */
export async function runProgram(program: string, words: readonly string[]): Promise<string> {
  try {
    const { stdout } = await execute(program, [...words], { encoding: "utf8" });
    return stdout.trim();
  } catch (cause) {
    const { code, stderr } = cause as { code?: unknown; stderr?: string };
    if (code === "ENOENT") {
      throw new ResourceError(
        `${program} is not on this machine; call from one that has it, or write the file alone with --write-only`,
        { cause },
      );
    }
    const said = stderr?.trim() || `ended with ${String(code)}`;
    throw new ResourceError(`${program} ${words.join(" ")}: ${said}`, { cause });
  }
}
