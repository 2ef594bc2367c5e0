/** Long work in pieces, between which others have their turn: signals, timers, and whoever wants the work to end. */
import { setImmediate as nextTurn } from "node:timers/promises";

/** Waits until the others had their turn; what it throws ends the work. */
export type Turn = () => Promise<void>;

/** Work was told to stop before it was done. */
export class Stopped extends Error {}

/** A turn for others. */
export const plainTurn: Turn = () => nextTurn();

/** A turn for others, after which the work goes on unless it is told to stop: then the turn throws {@link Stopped}. */
export function turnUntil(stopRequested: () => boolean): Turn {
  return async () => {
    await nextTurn();
    if (stopRequested()) throw new Stopped("stopped");
  };
}

/** Does all pieces of a work, one right after the other. */
export function atOnce<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** Does all pieces of a work with a turn behind each; a turn that throws ends it, and what the work holds is freed. */
export async function inTurns<T>(work: Generator<void, T>, turn: Turn): Promise<T> {
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = work.next();
      if (done) {
        isOver = true;
        return value;
      }
      await turn();
    }
  } finally {
    // Runs what the generator would do at its end.
    if (!isOver) work.return(undefined as T);
  }
}
