/**
 * Sends every finished stroke in its order, one at a time, and again until it arrives or is refused for good. Painting
 * never waits for it.
 */
import type { SaveState } from "../editor/props.js";

/** Milliseconds before the next try, by how many have failed in a row. */
const pauses = [500, 1000, 2000, 4000, 8000, 15_000] as const;

/** Thrown by who sends for what would be refused again. */
export class Refused extends Error {}

/** A queue of strokes. */
export class Autosave<T> {
  private queue: T[] = [];
  private isSending = false;
  private failure: string | null = null;
  private isRefused = false;

  /**
   * @param send resolves when a stroke is safe; throws Refused where trying again is of no use
   * @param changed called with every new state
   * @param pause waits so many milliseconds
   */
  constructor(
    private readonly send: (stroke: T) => Promise<void>,
    private readonly changed: (state: SaveState) => void,
    private readonly pause: (milliseconds: number) => Promise<void>,
  ) {}

  get state(): SaveState {
    return { waiting: this.queue.length, failure: this.failure, isRefused: this.isRefused };
  }

  /** Takes a stroke; it is sent when those before it have arrived. */
  add(stroke: T): void {
    this.queue.push(stroke);
    this.changed(this.state);
    if (!this.isSending && !this.isRefused) void this.sendAll();
  }

  private async sendAll(): Promise<void> {
    this.isSending = true;
    for (let failures = 0; this.queue.length > 0 && !this.isRefused; ) {
      try {
        await this.send(this.queue[0]);
        this.queue.shift();
        failures = 0;
        this.failure = null;
      } catch (error) {
        this.failure = error instanceof Error ? error.message : String(error);
        this.isRefused = error instanceof Refused;
        this.changed(this.state);
        if (!this.isRefused) await this.pause(pauses[Math.min(failures++, pauses.length - 1)]);
        continue;
      }
      this.changed(this.state);
    }
    this.isSending = false;
  }
}
