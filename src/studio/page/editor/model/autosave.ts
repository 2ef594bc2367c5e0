/** Sends every finished stroke in its order, one at a time, and again until it arrives. Painting never waits for it. */
import type { MaskPatch } from "../../../../grid/mask-patch.js";

/** How far saving has come. */
export interface SaveState {
  /** Strokes that have not arrived. */
  readonly waiting: number;
  /** Why the last try failed; null while all is well. */
  readonly failure: string | null;
}

/** Milliseconds before the next try, by how many have failed in a row. */
const pauses = [500, 1000, 2000, 4000, 8000, 15_000] as const;

/** A queue of strokes. */
export class Autosave {
  private queue: MaskPatch[] = [];
  private isSending = false;
  private failure: string | null = null;

  /**
   * @param send resolves when a stroke is safe
   * @param changed called with every new state
   * @param pause waits so many milliseconds
   */
  constructor(
    private readonly send: (patch: MaskPatch) => Promise<void>,
    private readonly changed: (state: SaveState) => void,
    private readonly pause: (milliseconds: number) => Promise<void>,
  ) {}

  get state(): SaveState {
    return { waiting: this.queue.length, failure: this.failure };
  }

  /** Takes a stroke; it is sent when those before it have arrived. */
  add(patch: MaskPatch): void {
    this.queue.push(patch);
    this.changed(this.state);
    if (!this.isSending) void this.sendAll();
  }

  private async sendAll(): Promise<void> {
    this.isSending = true;
    for (let failures = 0; this.queue.length > 0; ) {
      try {
        await this.send(this.queue[0]);
        this.queue.shift();
        failures = 0;
        this.failure = null;
      } catch (error) {
        this.failure = error instanceof Error ? error.message : String(error);
        this.changed(this.state);
        await this.pause(pauses[Math.min(failures++, pauses.length - 1)]);
        continue;
      }
      this.changed(this.state);
    }
    this.isSending = false;
  }
}
