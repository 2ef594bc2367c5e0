/**
 * Programs of dimseg and of PyTorch that do the same work, each in a process of its own, timed step by step in turn:
 * a busy or throttled machine then slows all of them alike.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../src/core/package-root.js";
import { percentileInPlace } from "../src/statistics/percentile.js";
import { Conversation, type Request } from "./conversation.js";
import type { Row } from "./report.js";

export type Side = "dimseg" | "pytorch";

/** What takes turns: a conversation with a process, or a page that answers the same requests. */
export interface Program {
  ask<Answer>(request: Request): Promise<Answer>;
  end(): Promise<void>;
}

/** Starts bench/NAME-worker.ts of this checkout, or of another that is built. */
export function startWorker(bench: string, checkout?: string): Conversation {
  const worker = checkout
    ? join(checkout, "dist", "bench", `${bench}-worker.js`)
    : fileURLToPath(new URL(`./${bench}-worker.js`, import.meta.url));
  return new Conversation(checkout ? `dimseg of ${checkout}` : "dimseg", process.execPath, [worker]);
}

/** Starts one program of a bench: bench/NAME-worker.ts, or bench/peers/NAME.py in the Python of DIMSEG_PEER_PYTHON. */
export function startProgram(side: Side, bench: string): Conversation {
  if (side === "dimseg") return startWorker(bench);
  const python = process.env.DIMSEG_PEER_PYTHON || "python3";
  return new Conversation("PyTorch", python, [join(packageRoot, "bench", "peers", `${bench}.py`)]);
}

/** Why there is no PyTorch to compare with, or null. */
export async function missingPeer(bench: string): Promise<string | null> {
  const peer = startProgram("pytorch", bench);
  try {
    await peer.ask({ do: "version" });
    return null;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await peer.end();
  }
}

/** The note for a report without PyTorch. */
export function noPeerNote(missing: string): string {
  return `No PyTorch to compare with (${missing}): set DIMSEG_PEER_PYTHON to a Python that has torch.`;
}

/** The note for a report without bfloat16. */
export const noBfloat16Note =
  "bf16, and what is tuned by it, is left out: this processor has no units for it and would emulate every product.";

/** What one program took and said. */
export interface Timing<Answer> {
  /** Median seconds per step. */
  seconds: number;
  /** Seconds in each timed round. */
  times: number[];
  /** Its answer to the very first step. */
  first: Answer;
}

/**
 * Asks every program for one step a round, each round beginning with the next of them, so that none is always first. The
 * first `warmUp` rounds are not timed.
 */
export async function takeTurns<Answer extends { seconds: number }>(
  programs: ReadonlyMap<string, Program>,
  { warmUp, rounds }: { warmUp: number; rounds: number },
): Promise<Map<string, Timing<Answer>>> {
  const answers = new Map([...programs.keys()].map((name): [string, Answer[]] => [name, []]));
  const all = [...programs];
  for (let round = 0; round < warmUp + rounds; round++) {
    const start = round % all.length;
    const order = [...all.slice(start), ...all.slice(0, start)];
    for (const [name, program] of order) answers.get(name)?.push(await program.ask<Answer>({ do: "step" }));
  }
  return new Map(
    [...answers].map(([name, given]) => {
      const times = given.slice(warmUp).map(({ seconds }) => seconds);
      return [name, { seconds: median(times), times, first: given[0] }];
    }),
  );
}

/** The middle value; of an even number, the mean of the two. */
export function median(values: readonly number[]): number {
  return percentileInPlace(Float64Array.from(values), 50);
}

/**
 * The last columns of a table for two programs that took turns. The ratio is the median of the rounds' ratios: the two
 * steps of a round find the machine in the same state, the medians of both may not.
 */
export function timeCells(dimseg: Timing<unknown>, pytorch: Timing<unknown> | undefined, target: number | null): Row {
  if (!pytorch) return comparedCells(dimseg.seconds, null, target);
  const ratio = median(dimseg.times.map((time, round) => time / pytorch.times[round]));
  return comparedCells(dimseg.seconds, pytorch.seconds, target, ratio);
}

/** The last columns of a table: both sides, dimseg/PyTorch, and whether that ratio is at most the target (null: none). */
export function comparedCells(
  dimseg: number,
  pytorch: number | null,
  target: number | null,
  ratio = pytorch === null ? null : dimseg / pytorch,
): Row {
  return {
    dimseg,
    pytorch,
    ratio,
    target: target === null ? null : `<= ${target.toFixed(2)}`,
    met: target === null || ratio === null ? null : ratio <= target ? "yes" : "no",
  };
}
