/**
 * Workers and the uploads that wait for them. A worker that ends by itself is replaced, and costs no upload but its own.
 */
import { setTimeout as pause } from "node:timers/promises";
import { HttpProblem } from "../../http/problem.js";
import type { ModelFacts, Segmented, Upload } from "./messages.js";
import { type WorkerOptions, WorkerProcess } from "./worker-process.js";

/** How many, and how long each may take. */
export interface PoolOptions extends WorkerOptions {
  readonly workers: number;
  /** Longest time of one upload in a worker. */
  readonly seconds: number;
}

interface Waiting {
  readonly upload: Upload;
  readonly signal: AbortSignal;
  resolve(segmented: Segmented): void;
  reject(error: unknown): void;
}

/** What servers note of requests that nobody waits for any more. */
const clientGone = 499;

/** Between tries to replace a worker. */
const retrySeconds = [0, 1, 5, 30];

/** Workers that have opened one model. */
export class WorkerPool {
  private readonly alive = new Set<WorkerProcess>();
  private readonly idle: WorkerProcess[] = [];
  private readonly queue: Waiting[] = [];
  private readonly closing = new AbortController();

  private constructor(
    private readonly options: PoolOptions,
    readonly facts: ModelFacts,
  ) {}

  /**
   * Starts the workers; the first one alone, so that what it learns and keeps is there for the others.
   * @throws what opening the model throws
   */
  static async open(options: PoolOptions): Promise<WorkerPool> {
    const { worker, facts } = await WorkerProcess.start(options);
    const pool = new WorkerPool(options, facts);
    pool.take(worker);
    try {
      await Promise.all(Array.from({ length: options.workers - 1 }, () => pool.add()));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  /** Workers that can be asked or are at work. */
  get workers(): number {
    return this.alive.size;
  }

  /** Workers at work. */
  get busy(): number {
    return this.alive.size - this.idle.length;
  }

  /** Uploads that no worker has taken yet. */
  get waiting(): number {
    return this.queue.length;
  }

  private async add(): Promise<void> {
    const { worker } = await WorkerProcess.start(this.options);
    if (this.closing.signal.aborted) worker.end();
    else this.take(worker);
  }

  private take(worker: WorkerProcess): void {
    this.alive.add(worker);
    this.idle.push(worker);
    void worker.ended.then(() => this.lost(worker));
    this.next();
  }

  private lost(worker: WorkerProcess): void {
    this.alive.delete(worker);
    const at = this.idle.indexOf(worker);
    if (at >= 0) this.idle.splice(at, 1);
    void this.replace();
  }

  /** Tries until there is a worker again; while there is none at all, nobody is kept waiting for one. */
  private async replace(): Promise<void> {
    for (let tries = 0; !this.closing.signal.aborted; tries++) {
      try {
        const seconds = retrySeconds[Math.min(tries, retrySeconds.length - 1)];
        await pause(1000 * seconds, undefined, { signal: this.closing.signal });
        return await this.add();
      } catch (error) {
        if (this.closing.signal.aborted) return;
        this.options.warn(`a worker cannot be replaced: ${(error as Error).message}`);
        if (this.alive.size === 0) this.refuseAll();
      }
    }
  }

  private refuseAll(): void {
    for (const { reject } of this.queue.splice(0)) reject(noWorker());
  }

  private next(): void {
    while (this.idle.length > 0 && this.queue.length > 0) {
      const job = this.queue.shift() as Waiting;
      if (job.signal.aborted) {
        job.reject(new HttpProblem(clientGone, "the client has gone"));
        continue;
      }
      void this.give(job, this.idle.shift() as WorkerProcess);
    }
  }

  private async give({ upload, resolve, reject }: Waiting, worker: WorkerProcess): Promise<void> {
    try {
      resolve(await worker.segment(upload, this.options.seconds));
    } catch (error) {
      reject(error);
    }
    if (!worker.isAlive || !this.alive.has(worker)) return;
    this.idle.push(worker);
    this.next();
  }

  /**
   * Segments an upload when its turn comes.
   * @param signal aborted when nobody waits for it any more: then it is left out, unless a worker is at it
   * @throws DimsegError, HttpProblem as WorkerProcess.segment; HttpProblem 503 where no worker can be started, 499 for what
   *   was left out
   */
  segment(upload: Upload, signal: AbortSignal): Promise<Segmented> {
    return new Promise((resolve, reject) => {
      this.queue.push({ upload, signal, resolve, reject });
      this.next();
    });
  }

  /** Ends all workers. What they are at is lost, so nothing should be. */
  async close(): Promise<void> {
    this.closing.abort();
    const workers = [...this.alive];
    for (const worker of workers) worker.end();
    this.refuseAll();
    await Promise.all(workers.map(({ ended }) => ended));
  }
}

function noWorker(): HttpProblem {
  return new HttpProblem(503, "the model cannot be opened again; the server's own output says why", {
    "retry-after": "30",
  });
}
