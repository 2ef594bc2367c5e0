/**
 * metrics.jsonl: one JSON object a line, numbers written so that they read back bit for bit. NaN and the infinities,
 * which JSON lacks, are the strings "NaN", "Infinity" and "-Infinity".
 */
import { CheckpointError, DataError, UsageError } from "../../core/errors.js";
import { readBytes } from "../../core/files/read-file.js";
import { AppendFile } from "./append-file.js";

/** One line of the log: flat, by name. */
export type MetricRecord = Record<string, number | string | boolean>;

const newline = 0x0a;
const specials = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

function formatValue(name: string, value: number | string | boolean): string {
  if (typeof value === "number") {
    if (Object.is(value, -0)) return "-0";
    return Number.isFinite(value) ? String(value) : `"${value}"`;
  }
  if (specials.has(value as string)) {
    throw new UsageError(`MetricsLog.append: ${name} is the text "${value}", which stands for a number`);
  }
  return JSON.stringify(value);
}

/** Length of `bytes` up to and including the last newline. */
function wholeLines(bytes: Uint8Array): number {
  return bytes.lastIndexOf(newline) + 1;
}

/** The writer of a run's metrics. */
export class MetricsLog {
  private readonly file: AppendFile;

  /** Opens or creates the log; a last line torn by a killed process is removed. @throws ResourceError */
  constructor(path: string) {
    this.file = new AppendFile(path);
    let end = this.file.offset;
    const blockBytes = 65536;
    for (let begin = end; begin > 0; ) {
      begin = Math.max(0, begin - blockBytes);
      end = begin + wholeLines(this.file.read(begin, begin + blockBytes));
      if (end > begin) break;
    }
    this.file.truncateTo(end);
  }

  /** Appends one line. @throws ResourceError when it cannot be written */
  append(record: MetricRecord): void {
    const fields = Object.entries(record).map(([name, value]) => `${JSON.stringify(name)}:${formatValue(name, value)}`);
    this.file.append(Buffer.from(`{${fields.join(",")}}\n`));
  }

  /** Length in bytes; store it in the checkpoint after {@link sync}. */
  offset(): number {
    return this.file.offset;
  }

  /** Makes all lines survive a power cut. */
  sync(): void {
    this.file.sync();
  }

  /**
   * Goes back to a checkpoint's offset, so that resumed curves do not double.
   * @throws CheckpointError when the log is shorter than that or no line ends there
   */
  truncateTo(offset: number): void {
    if (offset > 0 && offset <= this.file.offset && this.file.read(offset - 1, offset)[0] !== newline) {
      throw new CheckpointError(
        `${this.file.path} was changed: no line ends at byte ${offset}; restore it from a copy`,
      );
    }
    this.file.truncateTo(offset);
  }

  /** Closes the log; call once. */
  close(): void {
    this.file.close();
  }
}

function parseLine(line: string, number: number, path: string): MetricRecord {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    record = undefined;
  }
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    throw new DataError(`${path} line ${number} is not a JSON object; restore the file from a copy`);
  }
  const entries = Object.entries(record as MetricRecord);
  return Object.fromEntries(entries.map(([name, value]) => [name, specials.get(value as string) ?? value]));
}

/**
 * Reads a log, also while it is being written: a last line without its newline is left out.
 * @throws DataError naming file and line when the file cannot be read or another line is broken
 */
export function readMetrics(path: string): MetricRecord[] {
  const bytes = readBytes(path);
  const lines = new TextDecoder()
    .decode(bytes.subarray(0, wholeLines(bytes)))
    .split("\n")
    .slice(0, -1);
  return lines.map((line, index) => parseLine(line, index + 1, path));
}
