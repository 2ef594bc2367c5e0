/**
 * How many uploads a server takes at a time: each holds a file on disk from its first byte to its answer. Places are for
 * those that are whole and for those that come at a fair pace; what comes slowly has none until it is whole, so that it
 * shuts nobody out.
 */
import { HttpProblem } from "../../http/problem.js";

/** Of the uploads of late, how much the last one says about how long one takes. */
const newest = 0.2;
/** Longest time in seconds that a client is told to wait. */
const mostWait = 60;
/** Bytes a second below which an upload comes slowly, and seconds before that is asked. */
const fairPace = 16 * 1024;
const firstSeconds = 1;

/** An upload that is being sent. */
export interface Sending {
  /** Bytes so far, as whoever receives it says. */
  bytes: number;
  /** Aborted when it is to make room. */
  readonly cut: AbortSignal;
}

interface Begun extends Sending {
  readonly began: number;
  readonly controller: AbortController;
}

/** Places for uploads. */
export class Admission {
  private taken = 0;
  private readonly sending = new Set<Begun>();
  private meanSeconds = 1;

  /**
   * @param places uploads at a time: those at work, waiting, and being sent at a fair pace; as many may come slowly
   * @param workers that make places free
   * @param now seconds of a clock
   */
  constructor(
    readonly places: number,
    private readonly workers: number,
    private readonly now: () => number = () => performance.now() / 1000,
  ) {}

  /** Uploads that are being sent, waiting or at work. */
  get inside(): number {
    return this.taken + this.sending.size;
  }

  /**
   * Receives an upload, and does its work in a place of its own.
   * @param receive takes its body, and ends when that is cut
   * @throws HttpProblem 503 with `Retry-After` when all places are taken; and what the two throw
   */
  async admit<T>(receive: (sending: Sending) => Promise<void>, work: () => Promise<T>): Promise<T> {
    const slow = this.slow();
    this.requirePlace(this.taken + this.sending.size - slow.length);
    if (slow.length >= this.places)
      slow[0].controller.abort(
        new HttpProblem(408, "the body came too slowly, and others wait to be taken; send it faster, or later", {
          connection: "close",
        }),
      );
    await this.received(receive);
    this.requirePlace(this.taken);
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

  private async received(receive: (sending: Sending) => Promise<void>): Promise<void> {
    const controller = new AbortController();
    const own: Begun = { bytes: 0, cut: controller.signal, began: this.now(), controller };
    this.sending.add(own);
    try {
      await receive(own);
    } finally {
      this.sending.delete(own);
    }
  }

  /** Uploads that come slowly, the oldest first. */
  private slow(): Begun[] {
    const now = this.now();
    return [...this.sending].filter(({ began, bytes, cut }) => {
      const seconds = now - began;
      return !cut.aborted && seconds >= firstSeconds && bytes < fairPace * seconds;
    });
  }

  private requirePlace(inside: number): void {
    if (inside < this.places) return;
    throw new HttpProblem(503, `all ${this.places} places for uploads are taken; try again later`, {
      "retry-after": String(this.waitSeconds()),
    });
  }

  /** When a place should be free again. */
  private waitSeconds(): number {
    return Math.min(mostWait, Math.max(1, Math.ceil((this.meanSeconds * this.taken) / this.workers / 2)));
  }
}
