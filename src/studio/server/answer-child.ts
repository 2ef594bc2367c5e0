/**
 * A process that asks a run's network about cases, one after the other: a volume takes seconds, in which the studio's own
 * process goes on answering, and what libtorch holds is given back with its end.
 */
import { DimsegError } from "../../core/errors.js";
import { type CaseAnswerer, openAnswerer } from "../../workflows/studio/answer-cases.js";
import type { CaseAnswer } from "../../workflows/studio/open-case.js";

/** What is sent to this process. */
export interface AnswerQuestion {
  readonly run: string;
  /** `domain/split/id` */
  readonly name: string;
}

/** What comes back. */
export type AnswerReply =
  | { readonly answer: CaseAnswer }
  | { readonly failure: string /** Of a {@link DimsegError}; null for a defect. */; readonly exitCode: number | null };

const silent = { warn: () => {}, progress: () => {} };
let answerer: Promise<CaseAnswerer> | undefined;

async function reply({ run, name }: AnswerQuestion): Promise<AnswerReply> {
  try {
    answerer ??= openAnswerer(run, silent);
    return { answer: await (await answerer).answer(name) };
  } catch (error) {
    const exitCode = error instanceof DimsegError ? error.exitCode : null;
    return { failure: (error as Error).message, exitCode };
  }
}

process.on("message", (question: AnswerQuestion) => {
  // Nobody takes the reply where the studio was killed meanwhile.
  void reply(question).then((said) => process.send?.(said, undefined, {}, (error) => error && process.exit()));
});
process.on("disconnect", () => process.exit());
// Ctrl-C in the terminal reaches this process, too; it ends with the studio.
process.on("SIGINT", () => {});
