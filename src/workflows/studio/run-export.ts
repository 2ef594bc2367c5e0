/** The export in a run's folder, as a page that asks it in the browser needs it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DimsegError } from "../../core/errors.js";
import { shellWord } from "../../core/shell-word.js";
import type { AskedSet } from "../../data/asked-set.js";
import type { Dataset } from "../../data/dataset.js";
import type { ModelDescription } from "../../export/description.js";
import { openExported } from "../../export/exported-model.js";
import { exportFiles } from "../../export/file-names.js";
import { outermostFirst } from "../../inference/label-map.js";
import { forNewImages } from "../prediction/new-images.js";
import type { ExportState, ShownModel, ShownRule } from "./shown/exports.js";
import type { TrainingStanding } from "./trainings.js";

/** What the page needs of a data set, and no more: its other facts may name places and cases. */
function askedSet(dataset: Dataset): AskedSet {
  const { path, channels, channelNames, filter, intensity, values, spacing, depths, slices, target, outputs } = dataset;
  return {
    ...{ path, channels, filter, target, outputs },
    ...(channelNames ? { channelNames } : {}),
    ...(intensity ? { intensity } : {}),
    ...(values ? { values } : {}),
    ...(spacing ? { spacing } : {}),
    ...(depths ? { depths } : {}),
    ...(slices ? { slices } : {}),
  };
}

function rulesOf(dataset: Dataset, run: string): ShownRule[] {
  const { domainIntensities, usualDomains = [] } = dataset;
  if (!domainIntensities) return [{ domain: null, set: askedSet(dataset) }];
  return [...Object.keys(domainIntensities), ...usualDomains].map((domain) => ({
    domain,
    set: askedSet(forNewImages(dataset, { run, domain })),
  }));
}

function shown({ dataset, source, sides }: ModelDescription, folder: string): ShownModel {
  const { target, classes, parts, size } = dataset;
  // To a network of patches the frame is nothing.
  const [height, width] = sides;
  return {
    title: `${source.network} of ${source.run}, ${source.checkpoint}`,
    command: `dimseg predict ${shellWord(folder)}`,
    frame: { height, width, mode: size.mode },
    rules: rulesOf(dataset, folder),
    ...{ sides, target, classes, parts: outermostFirst(parts) },
  };
}

/** Where a run's export lies. */
export function exportFolder(run: string): string {
  return join(run, "export");
}

/** How a run's export stands. @param making the process that exports it, where there was one */
export function exportState(run: string, making: TrainingStanding | undefined): ExportState {
  const working = making !== undefined && making.state !== "ended";
  const failure = making?.failure ?? null;
  const folder = exportFolder(run);
  if (working || !existsSync(join(folder, exportFiles.description))) return { working, failure, model: null };
  try {
    return { working, failure, model: shown(openExported(folder).description, folder) };
  } catch (error) {
    if (!(error instanceof DimsegError)) throw error;
    return { working, failure: error.message, model: null };
  }
}

/** The bytes of a run's exported graph. @throws UsageError where there is none; CheckpointError when it is damaged */
export function exportedGraph(run: string): Uint8Array {
  return openExported(exportFolder(run)).read(exportFiles.graph);
}
