/** What a run's network says of cases, from a process of its own that is kept while it is asked. */
import { type ChildProcess, fork } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DimsegError, ResourceError } from "../../core/errors.js";
import type { CaseAnswer } from "../../workflows/studio/open-case.js";
import type { AnswerQuestion, AnswerReply } from "./answer-child.js";

const childFile = fileURLToPath(new URL("./answer-child.js", import.meta.url));
/** A process that nobody asks gives its memory back. */
const idleMilliseconds = 3 * 60_000;

/** Changes with every checkpoint. */
function checkpointsOf(run: string): number {
  return statSync(join(run, "checkpoints"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

export class Answers {
  private child: { process: ChildProcess; run: string; checkpoints: number } | undefined;
  private last: Promise<unknown> = Promise.resolve();
  /** What is being asked, by run and case. */
  private readonly asked = new Map<string, Promise<CaseAnswer>>();
  private idle: NodeJS.Timeout | undefined;

  /**
   * Asks about a case, after those that were asked about before; while that is under way, another one who asks waits for
   * the same answer.
   * @param name `domain/split/id`
   * @throws DimsegError as predicting does; ResourceError when the process ended
   */
  ask(run: string, name: string): Promise<CaseAnswer> {
    const key = `${run}\n${name}`;
    const known = this.asked.get(key);
    if (known) return known;
    const asked = this.last.then(() => this.send({ run, name })).finally(() => this.asked.delete(key));
    this.asked.set(key, asked);
    this.last = asked.catch(() => {});
    return asked;
  }

  /** Ends the process. */
  close(): void {
    clearTimeout(this.idle);
    this.child?.process.kill("SIGKILL");
    this.child = undefined;
  }

  private childFor(run: string): ChildProcess {
    const checkpoints = checkpointsOf(run);
    if (this.child?.run === run && this.child.checkpoints === checkpoints && this.child.process.connected)
      return this.child.process;
    this.close();
    const child = fork(childFile, { serialization: "advanced", stdio: ["ignore", "ignore", "inherit", "ipc"] });
    this.child = { process: child, run, checkpoints };
    return child;
  }

  private async send(question: AnswerQuestion): Promise<CaseAnswer> {
    clearTimeout(this.idle);
    const child = this.childFor(question.run);
    const reply = await new Promise<AnswerReply>((resolve, reject) => {
      const ended = () =>
        reject(new ResourceError("the process that asks the network ended, probably for want of memory; try again"));
      child.once("exit", ended);
      child.once("message", (said: AnswerReply) => {
        child.off("exit", ended);
        resolve(said);
      });
      child.send(question);
    });
    this.idle = setTimeout(() => this.close(), idleMilliseconds);
    if ("answer" in reply) return reply.answer;
    throw reply.exitCode === null ? new Error(reply.failure) : new DimsegError(reply.failure, reply.exitCode);
  }
}
