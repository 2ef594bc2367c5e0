/** How many uploads a server takes at a time: each holds a file on disk from its first byte to its answer. */
import { HttpProblem } from "../../http/problem.js";

/** Of the uploads of late, how much the last one says about how long one takes. */
const newest = 0.2;
/** Longest time in seconds that a client is told to wait. */
const mostWait = 60;

/** Places for uploads. */
export class Admission {
  private taken = 0;
  private meanSeconds = 1;

  /**
   * @param places uploads at a time: those at work, waiting, and being sent
   * @param workers that make places free
   */
  constructor(
    readonly places: number,
    private readonly workers: number,
  ) {}

  /** Uploads that have a place. */
  get inside(): number {
    return this.taken;
  }

  /**
   * Does the work of one upload in a place of its own.
   * @throws HttpProblem 503 with `Retry-After` when all are taken; and what the work throws
   */
  async admit<T>(work: () => Promise<T>): Promise<T> {
    if (this.taken >= this.places)
      throw new HttpProblem(503, `all ${this.places} places for uploads are taken; try again later`, {
        "retry-after": String(this.waitSeconds()),
      });
    this.taken++;
    try {
      return await work();
    } finally {
      this.taken--;
    }
  }

  /** Learns how long a worker took. */
  took(seconds: number): void {
    this.meanSeconds += newest * (seconds - this.meanSeconds);
  }

  /** When a place should be free again. */
  private waitSeconds(): number {
    return Math.min(mostWait, Math.max(1, Math.ceil((this.meanSeconds * this.taken) / this.workers / 2)));
  }
}
