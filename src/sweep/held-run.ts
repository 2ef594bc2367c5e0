/**
 * A run that is held by a process which cannot be looked up. A task that a cluster starts again on another machine finds the
 * lock of the one that was killed with its machine; whether that lives shows in its signs alone.
 */
import { setTimeout as delay } from "node:timers/promises";
import { heldElsewhere } from "../runs/run-lock.js";

const lookMilliseconds = 1000;

/**
 * Waits until a run is free, its holder has given a sign of life, by which whoever trains it is refused, or it is no longer
 * wanted.
 * @param told who holds it; not called for a run that is free
 * @throws ResourceError for a lock that cannot be read
 */
export async function awaitHolder(
  folder: string,
  isWanted: () => boolean,
  told: (holder: string) => void,
): Promise<void> {
  const first = heldElsewhere(folder);
  if (first === null) return;
  told(first.inUse);
  while (isWanted() && heldElsewhere(folder)?.sign === first.sign) await delay(lookMilliseconds);
}
