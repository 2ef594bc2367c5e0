/** Writing a run's network down for other programs: an ONNX graph, weights, a description and a model card. */
import { basename, join } from "node:path";
import { UsageError } from "../core/errors.js";
import { refuseLinks } from "../core/files/refuse-links.js";
import { sha256 } from "../core/sha256.js";
import { type DescribedModel, descriptionJson, graphShape } from "../export/description.js";
import { metadataKey } from "../export/exported-model.js";
import { exportFiles, sumsName } from "../export/file-names.js";
import { cardJson, cardMarkdown, reductionText } from "../export/model-card.js";
import { graphOf } from "../export/onnx/export-network.js";
import { encodeModel, type OnnxGraph } from "../export/onnx/model-file.js";
import type { PrecisionName } from "../export/precision-names.js";
import type { CheckpointName, NetworkName } from "../runs/checkpoints/checkpoint-names.js";
import { serializeTensors } from "../torch/index.js";
import { cardFacts } from "./export/card-facts.js";
import { reduced } from "./export/reduce.js";
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
  /** In how many digits the ONNX file keeps its numbers, where that loses little; the safetensors file has all. */
  readonly precision: PrecisionName;
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
  /** What fewer digits cost, as a sentence, and whether that is no more than may be lost; null where none were asked for. */
  readonly reduction: { readonly text: string; readonly holds: boolean; readonly bound: number } | null;
}

/** The record of an exported folder. @throws UsageError when one of its files is a link */
export function exportRecord(folder: string): WrittenRecord {
  refuseLinks(folder, [...Object.values(exportFiles), sumsName]);
  return new WrittenRecord(folder, sumsName, "export");
}

/** An ONNX file that says of itself what it is. */
function fileOf(graph: OnnxGraph, model: DescribedModel): Uint8Array[] {
  return encodeModel(graph, { [metadataKey]: JSON.stringify(descriptionJson(model)) });
}

function sizeOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

/**
 * Exports one network of a run. Files are written together or not at all, and replace nothing but an earlier export. Where
 * fewer digits lose too much, the graph has all, and the one of fewer lies beside it.
 * @throws UsageError when the folder holds other files of these names, or the network has an operator without an ONNX form;
 *   as opening the run does; ResourceError when fewer digits are asked for and ONNX Runtime is not installed
 */
export const exportRun: Workflow<ExportInput, Exported> = async (input, observer) => {
  const run = await openRun(input.run, input.checkpoint, observer, input.precision === "fp32" ? "unused" : "needed");
  const network = networkOf(run, input.network);
  const folder = input.out ?? join(run.folder.path, "export");
  const { licence = null, tta: testTimeFlips, precision } = input;
  const record = exportRecord(folder);
  record.refuseForeign(Object.values(exportFiles).map((name) => join(folder, name)));
  const { dataset, config, size, patch, step, checkpointRule, normalisation } = run;
  if (licence !== null && licence.trim() === "") throw new UsageError("--licence is empty; name one, or leave it out");
  const sides = patch ?? [size.height, size.width];
  const source = { run: basename(run.folder.path), network: input.network, step, checkpoint: checkpointRule };
  const told = { licence, source, model: config.model, sides, testTimeFlips, dataset };
  const options = { ...graphShape(told), normalisation, testTimeFlips };
  const whole = graphOf(network, options);
  const made =
    precision === "fp32" ? null : await reduced(whole, precision, { run, network, model: told, options, observer });
  const loss = made?.loss ?? null;
  const model: DescribedModel = { ...told, precision: loss?.holds ? precision : "fp32", loss };
  const all = fileOf(whole, { ...model, precision: "fp32" });
  const few = made && fileOf(made.graph, { ...model, precision });
  const graph = loss?.holds && few ? few : all;
  const reduction = loss && few && { ...loss, bytes: { fp32: sizeOf(all), reduced: sizeOf(few) } };
  const tensors = serializeTensors(network.stateDict(), { format: "pt", network: config.model.name });
  const card = { ...cardFacts(run, network, source, { licence, sides, testTimeFlips }), reduction };
  const graphs: [string, Uint8Array[]][] = [
    [exportFiles.graph, graph],
    ...(few && few !== graph ? [[exportFiles.reduced, few] as [string, Uint8Array[]]] : []),
    [exportFiles.weights, tensors],
  ];
  const hashes = Object.fromEntries(graphs.map(([name, chunks]) => [name, sha256(...chunks)]));
  const described = `${JSON.stringify(descriptionJson(model, hashes), null, 2)}\n`;
  const files: [string, Uint8Array[]][] = [
    ...graphs,
    [exportFiles.card, [Buffer.from(cardMarkdown(card))]],
    [exportFiles.cardFacts, [Buffer.from(cardJson(card))]],
    // It tells which graph and weights belong together.
    [exportFiles.description, [Buffer.from(described)]],
  ];
  record.writeTogether(files.map(([name, chunks]) => [join(folder, name), chunks]));
  for (const old of [exportFiles.verification, ...(exportFiles.reduced in hashes ? [] : [exportFiles.reduced])])
    record.remove(join(folder, old));
  record.tidy();
  return {
    folder,
    files: [...files.map(([name]) => name), sumsName],
    network: input.network,
    checkpointRule,
    isJudged: card.evaluation !== null,
    reduction: reduction && { text: reductionText(reduction), holds: reduction.holds, bound: reduction.bound },
  };
};
