/** Opening what `dimseg export` wrote: a folder, or the ONNX file alone. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { CheckpointError, UsageError } from "../core/errors.js";
import { readBytes } from "../core/files/read-file.js";
import { readSafetensors } from "../core/formats/safetensors.js";
import { sha256 } from "../core/sha256.js";
import { createNetwork, type SegmentationNetwork } from "../nn/index.js";
import { Generator, scope, tensorFromRaw } from "../torch/index.js";
import { type ModelDescription, readDescription } from "./description.js";
import { exportFiles } from "./file-names.js";
import { readMetadata } from "./onnx/model-file.js";
import { ModelSession } from "./onnx/runtime.js";

/** Key of the description in an ONNX file. */
export const metadataKey = "dimseg.model";

/** An exported model, not yet loaded into an engine. */
export interface ExportedModel {
  /** The folder, or the ONNX file. */
  readonly path: string;
  readonly description: ModelDescription;
  /** The bytes of one of its files, which are those that were written. @throws CheckpointError otherwise */
  read(name: string): Uint8Array;
}

/** Whether a path is an exported folder or an ONNX file, rather than a run. */
export function isExported(path: string): boolean {
  if (path.toLowerCase().endsWith(".onnx")) return true;
  return existsSync(join(path, exportFiles.description)) && !existsSync(join(path, "config.yaml"));
}

function openFile(path: string): ExportedModel {
  const bytes = readBytes(path, CheckpointError);
  const text = readMetadata(bytes, path).get(metadataKey);
  if (text === undefined)
    throw new CheckpointError(
      `${path}: does not say how images are prepared for it; give a model that \`dimseg export\` wrote`,
    );
  const read = (name: string) => {
    if (name === exportFiles.graph) return bytes;
    throw new UsageError(
      `${path}: libtorch needs ${exportFiles.weights}; give the folder that was exported, or take --engine onnx`,
    );
  };
  return { path, description: readDescription(text, path).model, read };
}

function openFolder(path: string): ExportedModel {
  const file = join(path, exportFiles.description);
  const { model, files } = readDescription(new TextDecoder().decode(readBytes(file, CheckpointError)), file);
  const read = (name: string) => {
    const bytes = readBytes(join(path, name), CheckpointError);
    if (files[name] === sha256(bytes)) return bytes;
    throw new CheckpointError(`${join(path, name)}: is not the file that ${file} tells of; export the run again`);
  };
  return { path, description: model, read };
}

/**
 * Opens an exported folder or ONNX file.
 * @throws CheckpointError when it is none, or damaged
 */
export function openExported(path: string): ExportedModel {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`${path} does not exist; give a folder that \`dimseg export\` wrote`);
  return found.isDirectory() ? openFolder(path) : openFile(path);
}

/** The network of an exported folder, in evaluation mode on the CPU. @throws CheckpointError when its weights do not fit */
export function loadExportedNetwork({ description, path, read }: ExportedModel): SegmentationNetwork {
  const { model, dataset } = description;
  const source = join(path, exportFiles.weights);
  const { tensors } = readSafetensors(read(exportFiles.weights), source);
  using generator = new Generator(0);
  const network = createNetwork(model, { inChannels: dataset.channels, outChannels: dataset.outputs, generator });
  scope(() => network.loadStateDict(new Map([...tensors].map(([name, raw]) => [name, tensorFromRaw(raw)]))));
  return network.eval();
}

/** The graph of an exported model in ONNX Runtime; as {@link ModelSession.open}. */
export function openSession({ path, read }: ExportedModel, threads?: number): Promise<ModelSession> {
  return ModelSession.open(read(exportFiles.graph), path, threads);
}
