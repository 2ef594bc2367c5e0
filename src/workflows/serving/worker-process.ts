/** One worker, as its server sees it. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { DimsegError } from "../../core/errors.js";
import { HttpProblem } from "../../http/problem.js";
import type { AskedNetwork } from "../prediction/segmenter.js";
import type { Failure, FromWorker, ModelFacts, Segmented, ToWorker, Upload } from "./messages.js";

const entry = fileURLToPath(new URL("./worker.js", import.meta.url));

/** How a worker is started. */
export interface WorkerOptions {
  readonly asked: AskedNetwork;
  /** Threads of one image; default: the engine's own choice. */
  readonly threads?: number | undefined;
  /** Told what a person should know. */
  warn(message: string): void;
}

function errorOf({ message, exitCode }: Failure): Error {
  return exitCode === null ? new Error(message) : new DimsegError(message, exitCode);
}

/** How a process ended that was not told to. */
function endText(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === "SIGKILL") return "was killed, probably for want of memory";
  return signal ? `was ended by ${signal}` : `ended with code ${code}`;
}

/** A worker process: opening its model, or open and asked about one upload at a time. */
export class WorkerProcess {
  /** Resolves when the process is over. */
  readonly ended: Promise<void>;
  private waiting: { resolve(message: FromWorker): void; reject(error: Error): void } | undefined;
  /** Why it is ended, where this process does it. */
  private reason: HttpProblem | undefined;
  private isClosing = false;

  private constructor(
    private readonly child: ChildProcess,
    warn: (message: string) => void,
  ) {
    child.on("message", (message: FromWorker) => {
      if ("warning" in message) return warn(message.warning);
      this.waiting?.resolve(message);
    });
    this.ended = new Promise((resolve) => {
      const over = (error: Error) => {
        this.waiting?.reject(error);
        resolve();
      };
      child.once("error", (cause) => over(new Error(`a worker cannot be started: ${cause.message}`, { cause })));
      child.once("exit", (code, signal) => {
        if (this.reason) return over(this.reason);
        const how = endText(code, signal);
        if (!this.isClosing) warn(`worker ${child.pid} ${how}`);
        over(new HttpProblem(500, `the worker that segmented this image ${how}; send a smaller image, or try again`));
      });
    });
  }

  /**
   * Starts a worker and waits until it has opened its model.
   * @throws what opening the model throws, as a DimsegError of the same exit code
   */
  static async start({ asked, threads, warn }: WorkerOptions): Promise<{ worker: WorkerProcess; facts: ModelFacts }> {
    const env = threads === undefined ? process.env : { ...process.env, OMP_NUM_THREADS: String(threads) };
    // What it prints is for the server's operator, never for whoever reads the server's own output.
    const worker = new WorkerProcess(fork(entry, { env, execArgv: [], stdio: ["ignore", 2, 2, "ipc"] }), warn);
    try {
      const message = await worker.tell({ open: { ...asked, threads } });
      if ("opened" in message) return { worker, facts: message.opened };
      throw new Error("internal: a worker answered otherwise than it was asked");
    } catch (error) {
      worker.end();
      throw error;
    }
  }

  /** Sends a message and waits for what it leads to. */
  private async tell(message: ToWorker): Promise<FromWorker> {
    const answer = await new Promise<FromWorker>((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.child.send(message, (error) => {
        if (error) reject(new HttpProblem(500, "the worker for this image has ended; try again"));
      });
    }).finally(() => {
      this.waiting = undefined;
    });
    if ("failed" in answer) throw errorOf(answer.failed);
    return answer;
  }

  /**
   * Segments an upload.
   * @param seconds after which the worker is ended
   * @throws DimsegError as segmentUpload; HttpProblem 504 when it takes too long, 500 when the process ends
   */
  async segment(upload: Upload, seconds: number): Promise<Segmented> {
    const timer = setTimeout(() => {
      this.reason = new HttpProblem(504, `segmenting took longer than ${seconds} s; send a smaller image`);
      this.child.kill("SIGKILL");
    }, 1000 * seconds);
    try {
      const message = await this.tell({ segment: upload });
      if ("segmented" in message) return message.segmented;
      throw new Error("internal: a worker answered otherwise than it was asked");
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whether it can be asked. */
  get isAlive(): boolean {
    return this.child.connected && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Ends it at once. */
  end(): void {
    this.isClosing = true;
    this.child.kill("SIGKILL");
  }
}
