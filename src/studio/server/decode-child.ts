/**
 * A process that reads one file for the page: whatever the file is, it ends no studio, and what reading takes is given back.
 */
import { DimsegError } from "../../core/errors.js";
import { type Dropped, readDropped } from "../../workflows/studio/dropped/read-dropped.js";

/** What comes back. */
export type DecodeReply =
  | { readonly file: string }
  | { readonly failure: string /** Of a {@link DimsegError}; null for a defect. */; readonly exitCode: number | null };

async function reply(dropped: Dropped): Promise<DecodeReply> {
  try {
    return { file: await readDropped(dropped) };
  } catch (error) {
    const exitCode = error instanceof DimsegError ? error.exitCode : null;
    return { failure: (error as Error).message, exitCode };
  }
}

process.once("message", (dropped: Dropped) => {
  void reply(dropped).then((said) => process.send?.(said, () => process.exit()));
});
process.on("disconnect", () => process.exit());
// Ctrl-C in the terminal reaches this process, too; it ends with the studio.
process.on("SIGINT", () => {});
