/** What the soaks of damaged files share: tries with a limit of time, and failures that are told at once. */
import type { RandomStream } from "../src/core/random.js";
import { milliseconds } from "./memory.js";

/** Longest that a try may take, in milliseconds of the processor: other programs take none of them. */
const longest = 2000;
/** Failures that are told one by one. */
const mostShown = 50;

export class Tries {
  slowestMs = 0;
  private count = 0;
  private readonly shown: string[] = [];

  constructor(private readonly say: (message: string) => void) {}

  /** The first failures. */
  get failures(): readonly string[] {
    return this.shown;
  }

  fail(message: string): void {
    if (++this.count > mostShown) return;
    this.shown.push(message);
    this.say(`FAILED: ${message}`);
  }

  /** Does the work, and fails when it takes too long. @param what names the try */
  async timed(what: string, work: () => Promise<void>): Promise<void> {
    const began = process.cpuUsage();
    await work();
    const took = Math.round(milliseconds(process.cpuUsage(began)));
    this.slowestMs = Math.max(this.slowestMs, took);
    if (took > longest) this.fail(`${what}: took ${took} ms`);
  }

  /** Lets one of the names be damaged, again and again. */
  async mutate(
    names: readonly string[],
    random: RandomStream,
    total: number,
    damage: (name: string, what: string) => Promise<void>,
  ): Promise<void> {
    for (let i = 0; i < total; i++) {
      await damage(names[random.integer(0, names.length - 1)], `mutation ${i}`);
      if (i % 10_000 === 9999) this.say(`${i + 1} of ${total} mutations, ${this.count} failures`);
    }
  }
}
