/**
 * Decoding beside the main thread, which computes without a pause: what is asked of a thread before a step is there after
 * it. Which thread decodes a case changes nothing of its arrays.
 */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { DataError, ResourceError } from "../../core/errors.js";
import { packageRoot } from "../../core/package-root.js";
import type { Dataset } from "../dataset.js";
import type { WorkingSize } from "../images/prepare-image.js";
import type {
  LoadedInThread,
  ThreadAnswer,
  ThreadBeginning,
  ThreadQuestion,
  ThreadRequest,
} from "./thread-messages.js";

/** Compiled, also where a test runs this file as it is written. */
const program = join(packageRoot, "dist", "src", "data", "cache", "decoding-thread.js");

interface Waiting {
  resolve(loaded: LoadedInThread): void;
  reject(error: Error): void;
}

class DecodingThread {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;
  private end: Error | undefined;

  constructor(beginning: ThreadBeginning) {
    this.worker = new Worker(program, { workerData: beginning });
    this.worker.on("message", (answer: ThreadAnswer) => this.settle(answer));
    this.worker.on("error", (cause) => this.failAll(cause));
    this.worker.on("exit", () => this.failAll(new Error("it ended")));
    this.worker.unref();
  }

  get load(): number {
    return this.waiting.size;
  }

  ask(request: ThreadRequest): Promise<LoadedInThread> {
    if (this.end) return Promise.reject(this.end);
    const number = this.asked++;
    return new Promise((resolve, reject) => {
      this.waiting.set(number, { resolve, reject });
      // An idle thread keeps no program running.
      this.worker.ref();
      this.worker.postMessage({ number, request } satisfies ThreadQuestion);
    });
  }

  private settle({ number, loaded, failure }: ThreadAnswer): void {
    const { resolve, reject } = this.waiting.get(number) as Waiting;
    this.waiting.delete(number);
    if (this.waiting.size === 0) this.worker.unref();
    if (loaded) resolve(loaded);
    else reject(errorOf(failure as NonNullable<typeof failure>));
  }

  private failAll(cause: Error): void {
    this.end = new ResourceError(
      `a thread that decodes images has failed (${cause.message}); take data.threads: 0, or free memory`,
      { cause },
    );
    for (const { reject } of this.waiting.values()) reject(this.end);
    this.waiting.clear();
  }
}

function errorOf({ kind, message }: { kind: string; message: string }): Error {
  if (kind === "DataError") return new DataError(message);
  return kind === "ResourceError" ? new ResourceError(message) : new Error(message);
}

export class DecodingThreads {
  private readonly running: DecodingThread[] = [];
  private readonly beginning: ThreadBeginning;

  /** @param most threads, each begun when all others are busy */
  constructor(
    { domains: _, ...rules }: Dataset,
    size: WorkingSize,
    private readonly most: number,
  ) {
    this.beginning = { rules, size };
  }

  /** @throws DataError as decodeCase does; ResourceError when a thread ends, as one without memory */
  load(request: ThreadRequest): Promise<LoadedInThread> {
    const idle = this.running.find(({ load }) => load === 0);
    if (!idle && this.running.length < this.most) this.running.push(new DecodingThread(this.beginning));
    const thread = idle ?? this.running.reduce((least, one) => (one.load < least.load ? one : least));
    return thread.ask(request);
  }
}
