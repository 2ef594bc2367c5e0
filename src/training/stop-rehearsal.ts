/** How long a stop takes, before there was one: what it does is done for that alone, and thrown away. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secondsOf } from "../core/seconds.js";
import type { Turn } from "../core/turns.js";
import { followUnlabelled } from "./follow-unlabelled.js";
import { Preview } from "./preview/preview.js";
import type { TrainingSession } from "./session.js";
import { rehearseValidation } from "./validation.js";

/** Seconds that drawing the preview takes; 0 where there is none. */
async function drawingSeconds(session: TrainingSession): Promise<number> {
  if (!session.config.evaluation.preview) return 0;
  const folder = mkdtempSync(join(tmpdir(), "dimseg-preview-"));
  try {
    const places = { preview: join(folder, "preview.png"), previewSteps: join(folder, "preview") };
    // What goes wrong is told when it does in earnest.
    const preview = new Preview(session, places, () => {});
    // The first one also looks for what to draw.
    await preview.add(1);
    return await secondsOf(() => preview.add(2));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Seconds that validation, what is followed beside it, and the preview will take at each stop. Networks and random numbers stay as they are.
 * @throws what `turn` throws, and NumericError for an output that is NaN
 */
export async function rehearseStop(session: TrainingSession, turn: Turn): Promise<number> {
  const judging = await rehearseValidation(session, turn);
  const following = await secondsOf(() => followUnlabelled(session, turn));
  return judging + following + (await drawingSeconds(session));
}
