/** Several processes that train one network. */
import { PeerError, UsageError } from "../core/errors.js";
import { leaveWorld } from "../torch/index.js";
import { alone, type Communicator, join } from "./communicator.js";
import { startHelpers } from "./helpers.js";
import { placeOf } from "./place.js";

export { alone, type Communicator, type JoinLimits, join } from "./communicator.js";
export { packFiles, unpackFiles } from "./packed-files.js";
export { type Place, placeOf } from "./place.js";

/** How often one that waits for the others looks whether it should. */
const lookMilliseconds = 200;

/**
 * The processes that this one trains with: those it was started beside, as its environment says, or as many as are asked
 * for on this machine.
 * @param stopRequested whether to wait for the others no longer
 * @returns null when told to stop before they came
 * @throws UsageError when both are said, PeerError when the others do not come
 */
export async function openWorld(
  processes: number | undefined,
  stopRequested: () => boolean = () => false,
): Promise<Communicator | null> {
  const looking = setInterval(() => {
    if (stopRequested()) leaveWorld();
  }, lookMilliseconds);
  try {
    return await meet(processes);
  } catch (error) {
    if (error instanceof PeerError && stopRequested()) return null;
    throw error;
  } finally {
    clearInterval(looking);
  }
}

async function meet(processes: number | undefined): Promise<Communicator> {
  if (processes === 0) throw new UsageError("--processes is 0; one process trains at least");
  const place = placeOf(process.env);
  if (place === null) return processes === undefined || processes === 1 ? alone : startHelpers(processes);
  if (processes !== undefined)
    throw new UsageError(
      `--processes starts processes itself, but this one was started as one of ${place.size} (RANK or Slurm's variables are set); leave it out`,
    );
  return join(place);
}
