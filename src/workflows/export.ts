/** Writing a run's network down for other programs: an ONNX graph, weights, a description and a model card. */
import { basename, join } from "node:path";
import { UsageError } from "../core/errors.js";
import { refuseLinks } from "../core/refuse-links.js";
import { sha256 } from "../core/sha256.js";
import { type DescribedModel, descriptionJson, graphShape } from "../export/description.js";
import { metadataKey } from "../export/exported-model.js";
import { exportFiles, sumsName } from "../export/file-names.js";
import { cardJson, cardMarkdown } from "../export/model-card.js";
import { exportNetwork } from "../export/onnx/export-network.js";
import type { WeightName } from "../export/weight-names.js";
import type { CheckpointName, NetworkName } from "../runs/checkpoint-names.js";
import { serializeTensors } from "../torch/index.js";
import { cardFacts } from "./export/card-facts.js";
import type { Workflow } from "./observer.js";
import { networkOf, openRun } from "./open-run.js";
import { WrittenRecord } from "./written-record.js";

/** What is to be exported, and where to. */
export interface ExportInput {
  readonly run: string;
  /** Default: `export` in the run's folder. */
  readonly out?: string | undefined;
  readonly checkpoint: CheckpointName;
  readonly network: NetworkName;
  /** Average over mirror images inside of the graph. */
  readonly tta: boolean;
  /** As what the ONNX file keeps the weights; the safetensors file has all digits. */
  readonly weights: WeightName;
  /** Under which terms the model may be used, such as an SPDX name; default: not stated. */
  readonly licence?: string | undefined;
}

/** What was exported. */
export interface Exported {
  readonly folder: string;
  /** Names in the folder. */
  readonly files: readonly string[];
  readonly network: NetworkName;
  /** How the checkpoint was chosen, for people. */
  readonly checkpointRule: string;
  /** Whether the card tells scores. */
  readonly isJudged: boolean;
}

/** The record of an exported folder. @throws UsageError when one of its files is a link */
export function exportRecord(folder: string): WrittenRecord {
  refuseLinks(folder, [...Object.values(exportFiles), sumsName]);
  return new WrittenRecord(folder, sumsName, "export");
}

/**
 * Exports one network of a run. Files are written together or not at all, and replace nothing but an earlier export.
 * @throws UsageError when the folder holds other files of these names, or the network has an operator without an ONNX form;
 *   as opening the run does
 */
export const exportRun: Workflow<ExportInput, Exported> = async (input, observer) => {
  const run = await openRun(input.run, input.checkpoint, observer, "unused");
  const network = networkOf(run, input.network);
  const folder = input.out ?? join(run.folder.path, "export");
  const { licence = null, tta: testTimeFlips, weights } = input;
  const record = exportRecord(folder);
  record.refuseForeign(Object.values(exportFiles).map((name) => join(folder, name)));
  const { dataset, config, size, patch, step, checkpointRule, normalisation } = run;
  if (licence !== null && licence.trim() === "") throw new UsageError("--licence is empty; name one, or leave it out");
  const sides = patch ?? [size.height, size.width];
  const source = { run: basename(run.folder.path), network: input.network, step, checkpoint: checkpointRule };
  const model: DescribedModel = { licence, source, model: config.model, sides, testTimeFlips, weights, dataset };
  const metadata = { [metadataKey]: JSON.stringify(descriptionJson(model)) };
  const graph = exportNetwork(network, { ...graphShape(model), normalisation, testTimeFlips, weights, metadata });
  const tensors = serializeTensors(network.stateDict(), { format: "pt", network: config.model.name });
  const card = cardFacts(run, network, source, { licence, sides, testTimeFlips });
  const hashes = { [exportFiles.graph]: sha256(...graph), [exportFiles.weights]: sha256(...tensors) };
  const described = `${JSON.stringify(descriptionJson(model, hashes), null, 2)}\n`;
  const files: [string, Uint8Array[]][] = [
    [exportFiles.graph, graph],
    [exportFiles.weights, tensors],
    [exportFiles.card, [Buffer.from(cardMarkdown(card))]],
    [exportFiles.cardFacts, [Buffer.from(cardJson(card))]],
    // It tells which graph and weights belong together.
    [exportFiles.description, [Buffer.from(described)]],
  ];
  record.writeTogether(files.map(([name, chunks]) => [join(folder, name), chunks]));
  record.remove(join(folder, exportFiles.verification));
  record.tidy();
  return {
    folder,
    files: [...files.map(([name]) => name), sumsName],
    network: input.network,
    checkpointRule,
    isJudged: card.evaluation !== null,
  };
};
