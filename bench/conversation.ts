/**
 * A child process that does one thing at a time on request: one JSON object per line in each direction. So several
 * programs stay alive and warm side by side while exactly one of them works, and their times can be interleaved.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";

/** A request; `do` names the action, the rest are its arguments. */
export interface Request {
  do: string;
  [argument: string]: unknown;
}

/** Taken before the engine loads, which sets variables for itself that no peer must inherit. */
const inherited = { ...process.env };

/** The two sides of a conversation with one child. */
export class Conversation {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: Interface;
  private readonly answers: AsyncIterator<string>;
  private complaints = "";

  /** @param name how messages call this child */
  constructor(
    private readonly name: string,
    command: string,
    args: readonly string[],
  ) {
    this.child = spawn(command, args, { env: inherited });
    // A child that is gone shows as missing answer; the write itself needs no second report.
    this.child.stdin.on("error", () => {});
    this.child.on("error", (cause) => {
      this.complaints += cause.message;
    });
    this.child.stderr.on("data", (chunk: Buffer) => {
      this.complaints = (this.complaints + chunk.toString()).slice(-2000);
    });
    this.lines = createInterface({ input: this.child.stdout });
    this.answers = this.lines[Symbol.asyncIterator]();
  }

  /**
   * Sends one request and waits for its answer.
   * @throws Error with the child's last words when it fails or ends
   */
  async ask<Answer>(request: Request): Promise<Answer> {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`${this.name} ended during "${request.do}": ${this.complaints.trim()}`);
    const answer = JSON.parse(value);
    if (typeof answer.error === "string") throw new Error(`${this.name} failed at "${request.do}": ${answer.error}`);
    return answer;
  }

  /** Lets the child end by closing its input, and waits for it. */
  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => this.child.once("close", () => resolve()));
    this.child.stdin.end();
    await ended;
  }
}

/** The child's side: answers each request of standard input by one line on standard output, until it closes. */
export async function serve(answer: (request: Request) => object | Promise<object>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    let reply: object;
    try {
      reply = await answer(JSON.parse(line));
    } catch (error) {
      reply = { error: (error as Error).message };
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}
