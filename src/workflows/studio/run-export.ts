/** The export in a run's folder, as a page that asks it in the browser needs it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DimsegError } from "../../core/errors.js";
import { shellWord } from "../../core/shell-word.js";
import { isZScore } from "../../data/images/values.js";
import type { ModelDescription } from "../../export/description.js";
import { openExported } from "../../export/exported-model.js";
import { exportFiles } from "../../export/file-names.js";
import { outermostFirst } from "../../inference/label-map.js";
import type { ExportState, ShownModel } from "./shown/exports.js";
import type { TrainingStanding } from "./trainings.js";

/** Why a browser, which reads pictures of 8 bits, cannot ask a model; null where it can. */
function refusalOf({ dataset }: ModelDescription, folder: string): string | null {
  const instead = `segment them with \`dimseg predict ${shellWord(folder)} IMAGES\``;
  if (dataset.slices) return `This network is of volumes, which browsers do not read; ${instead}.`;
  if (dataset.channelNames)
    return `This network sees ${dataset.channelNames.join(", ")} as channels of one image, which browsers do not read; ${instead}.`;
  if (dataset.domainIntensities)
    return `The domains of this network's data set have rules for values of their own; segment images with \`dimseg predict ${shellWord(folder)} IMAGES --domain NAME\`.`;
  if (dataset.depths === "wide" && !isZScore(dataset.intensity))
    return `This network is of images of more than 8 bits a sample, of which browsers keep 8; ${instead}.`;
  return null;
}

function shown(description: ModelDescription, folder: string): ShownModel {
  const { dataset, source, sides } = description;
  const { path, channels, filter, intensity, values, spacing, target, classes, parts, size } = dataset;
  const [height, width] = sides;
  return {
    title: `${source.network} of ${source.run}, ${source.checkpoint}`,
    refusal: refusalOf(description, folder),
    frame: { height, width, mode: size.mode },
    rule: {
      ...{ path, channels, filter },
      ...(intensity ? { intensity } : {}),
      ...(values ? { values } : {}),
      ...(spacing ? { spacing } : {}),
    },
    ...{ target, classes, parts: outermostFirst(parts) },
  };
}

function folderOf(run: string): string {
  return join(run, "export");
}

/** How a run's export stands. @param making the process that exports it, where there was one */
export function exportState(run: string, making: TrainingStanding | undefined): ExportState {
  const working = making !== undefined && making.state !== "ended";
  const failure = making?.failure ?? null;
  const folder = folderOf(run);
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
  return openExported(folderOf(run)).read(exportFiles.graph);
}
