/** Several processes that train one network. */
import { UsageError } from "../core/errors.js";
import { alone, type Communicator, join } from "./communicator.js";
import { startHelpers } from "./helpers.js";
import { placeOf } from "./place.js";

export { alone, type Communicator, type JoinLimits, join } from "./communicator.js";
export { packFiles, unpackFiles } from "./packed-files.js";
export { type Place, placeOf } from "./place.js";

/**
 * The processes that this one trains with: those it was started beside, as its environment says, or as many as are asked
 * for on this machine.
 * @throws UsageError when both are said, PeerError when the others do not come
 */
export async function openWorld(processes: number | undefined): Promise<Communicator> {
  if (processes === 0) throw new UsageError("--processes is 0; one process trains at least");
  const place = placeOf(process.env);
  if (place === null) return processes === undefined || processes === 1 ? alone : startHelpers(processes);
  if (processes !== undefined)
    throw new UsageError(
      `--processes starts processes itself, but this one was started as one of ${place.size} (RANK or Slurm's variables are set); leave it out`,
    );
  return join(place);
}
