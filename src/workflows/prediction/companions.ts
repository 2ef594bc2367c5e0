/** Networks of further runs that answer beside a run's own. */
import { UsageError } from "../../core/errors.js";
import { frameText } from "../../grid/frame.js";
import type { CheckpointName } from "../../runs/checkpoints/checkpoint-names.js";
import { datasetDifferences } from "../../runs/dataset-facts.js";
import type { Observer } from "../observer.js";
import { type OpenedRun, openRun } from "../open-run.js";

/** The sides of what a run's networks see. */
function gridOf({ size, patch }: OpenedRun): string {
  return patch ? patch.join(" x ") : frameText(size);
}

/**
 * Opens further runs, which must see images and classes as a run does.
 * @throws UsageError for one that does not; and as opening a run does
 */
export async function openCompanions(
  run: OpenedRun,
  paths: readonly string[],
  checkpoint: CheckpointName,
  observer: Observer,
): Promise<OpenedRun[]> {
  const opened: OpenedRun[] = [];
  for (const path of paths) {
    const other = await openRun(path, checkpoint, observer, "unused");
    if ((run.patch === null) !== (other.patch === null))
      throw new UsageError(
        `${path}: cannot answer together with ${run.folder.path}, since one sees pictures and the other patches of volumes`,
      );
    const [own, theirs] = [run, other].map(gridOf);
    const differences = datasetDifferences(run.dataset, other.dataset, run.patch !== null).filter(
      (key) => key !== "size",
    );
    if (own !== theirs) differences.push(`${run.patch ? "patch" : "size"} (${own} and ${theirs})`);
    if (differences.length > 0)
      throw new UsageError(
        `${path}: cannot answer together with ${run.folder.path}, since they differ in ${differences.join(", ")}; give runs of one data set and size`,
      );
    opened.push(other);
  }
  return opened;
}
