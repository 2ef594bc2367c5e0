/** Finding out what a folder of images is, and writing a first dataset.yaml. */
import { type Inspection, inspectFolder } from "../../data/inspect/inspect.js";
import { checkDatasetYaml, writeDatasetYaml } from "../../data/inspect/write-yaml.js";
import type { Observer } from "../observer.js";

/** Which folder, and where its description goes. */
export interface InspectInput {
  readonly folder: string;
  /** The `dataset.yaml` to write; the folder of images is left alone. */
  readonly out: string;
  /** Replace a file that is already there. */
  readonly force: boolean;
}

/**
 * Inspects a folder.
 * @returns the paths of the lists of ids that were written beside the file
 * @param found is told what was found before the file is written, as the disk may be full
 * @throws DataError when there are no images; UsageError when the file is there already
 */
export async function inspectData(
  input: InspectInput,
  found: (inspection: Inspection) => void,
  { progress }: Pick<Observer, "progress">,
): Promise<string[]> {
  checkDatasetYaml(input.out, input.force);
  const inspection = await inspectFolder(input.folder, progress);
  found(inspection);
  return writeDatasetYaml(inspection, input.folder, input.out, input.force);
}
