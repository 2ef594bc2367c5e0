/** What goes between the host and the device, counted: on a GPU each of these waits for all work before it. */
import { hostUploads } from "./create.js";
import { native } from "./native.js";
import { hostReads } from "./tensor.js";

/** Counts over a stretch of work on this thread. */
export interface Traffic {
  /** Values read back: `item`, `toNumbers` and their like. */
  readonly reads: number;
  /** Arrays handed over. */
  readonly uploads: number;
  /** Operators inside libtorch that read values of the device by themselves, such as nonzero, by name. */
  readonly waits: Readonly<Record<string, number>>;
}

/** Runs `body`, which must not be asynchronous, and counts. Counting costs a little time in every operator. */
export function trafficOf(body: () => void): Traffic {
  const [reads, uploads] = [hostReads(), hostUploads()];
  native().countWaits();
  let waits: Traffic["waits"] = {};
  try {
    body();
  } finally {
    waits = native().countedWaits();
  }
  return { reads: hostReads() - reads, uploads: hostUploads() - uploads, waits };
}
