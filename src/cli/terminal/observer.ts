/** What a person sees of a verb in the terminal: warnings as lines, progress as one line after the other. */
import type { Observer } from "../../workflows/observer.js";
import { createProgress, type Progress } from "./progress.js";
import { warn } from "./warn.js";

/** Shows a verb; call `finish` before anything else is printed, and at the end, also after a failure. */
export function createTerminalObserver(): Observer & { finish(): void } {
  let current: { what: string; total: number; done: number; line: Progress } | undefined;
  const finish = () => {
    current?.line.finish();
    current = undefined;
  };
  return {
    warn,
    progress(what, done, total) {
      // The same may begin anew, as with each of several folders.
      if (current?.what !== what || current.total !== total || done < current.done) {
        finish();
        // The first is told when it is done, so that its time is not known.
        current = { what, total, done, line: createProgress({ label: what, total, from: done }) };
      }
      current.done = done;
      current.line.update(done);
    },
    finish,
  };
}

/** Runs a verb with a terminal observer, whose line ends whatever happens. */
export async function inTerminal<T>(
  work: (observer: ReturnType<typeof createTerminalObserver>) => Promise<T>,
): Promise<T> {
  const observer = createTerminalObserver();
  try {
    return await work(observer);
  } finally {
    observer.finish();
  }
}
