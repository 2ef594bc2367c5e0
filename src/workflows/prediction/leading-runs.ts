/** Further runs of an ensemble that are written behind the first one, as `RUN1 RUN2 IMAGES`. */
import { UsageError } from "../../core/errors.js";
import { isRunFolder } from "../../runs/run-folder.js";

/** What stands behind the first run. */
export interface RunsAndImages {
  /** Runs that are asked, too. */
  readonly runs: readonly string[];
  /** Images, and folders of them. */
  readonly images: readonly string[];
}

/**
 * Tells leading run folders from the images behind them: a folder that holds a run is no folder of images.
 * @throws UsageError for a run folder behind an image
 */
export function leadingRuns(paths: readonly string[]): RunsAndImages {
  const first = paths.findIndex((path) => !isRunFolder(path));
  const split = first < 0 ? paths.length : first;
  const [runs, images] = [paths.slice(0, split), paths.slice(split)];
  const late = images.find(isRunFolder);
  if (late === undefined) return { runs, images };
  throw new UsageError(
    `${late}: is a run folder behind images; to ask it, too, put it before the first image or give it with --with`,
  );
}
