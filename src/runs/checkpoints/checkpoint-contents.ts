/** The files of a checkpoint by name, and how networks are filled from them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError } from "../../core/errors.js";
import { readSafetensors } from "../../core/formats/safetensors.js";
import type { Module } from "../../nn/index.js";
import { type Tensor, tensorFromRaw } from "../../torch/index.js";

const bestSchema = z.strictObject({ iteration: z.int(), dice: z.number() });

const progressSchema = z.strictObject({
  /** Optimiser steps done. */
  iteration: z.int().min(0),
  /** Best mean Dice on the validation split, and on the test sets where they are followed. */
  best: bestSchema.nullable(),
  bestOnTest: bestSchema.nullable(),
  /** Steps that were skipped because of a NaN or infinity. */
  skipped: z.int().min(0),
  /** Lengths of the logs in bytes when this was saved. */
  metricsOffset: z.int().min(0),
  eventsOffset: z.int().min(0),
  /** Whether training was told to stop before the validation that is due after these steps was done. */
  unvalidated: z.literal(true).optional(),
});

/** Where training stands. */
export type Progress = z.output<typeof progressSchema>;

/** Whether nothing is left to do of so many steps. */
export function isFinished({ iteration, unvalidated }: Progress, iterations: number): boolean {
  return iteration >= iterations && !unvalidated;
}

export const freshProgress: Progress = {
  iteration: 0,
  best: null,
  bestOnTest: null,
  skipped: 0,
  metricsOffset: 0,
  eventsOffset: 0,
};

/** Weights and buffers of a network as a file. */
export const studentFile = "student.safetensors";
export const optimizerFile = "optimizer.safetensors";
export const divergenceFile = "divergence.safetensors";
/** What a method keeps beside its networks. */
export const memoryFile = "memory.safetensors";
/** The statistics of batch normalisation that training gathered, where networks are saved with others. */
export const statisticsFile = "statistics.safetensors";
export const progressFile = "progress.json";
export const networkFile = (name: string) => `${name}.safetensors`;

/** The tensors of one file of a checkpoint. @throws CheckpointError when the file is missing or broken */
export function tensorsOf(files: ReadonlyMap<string, Uint8Array>, name: string, folder: string): Map<string, Tensor> {
  const bytes = files.get(name);
  if (!bytes) throw new CheckpointError(`${folder} has no ${name}; it belongs to a run with other settings`);
  const { tensors } = readSafetensors(bytes, `${folder}/${name}`);
  return new Map([...tensors].map(([key, raw]) => [key, tensorFromRaw(raw)]));
}

/** Fills a network from one file of a checkpoint. @throws CheckpointError naming the file when it does not fit */
export function loadNetwork(
  network: Module,
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  folder: string,
): void {
  const tensors = tensorsOf(files, name, folder);
  try {
    network.loadStateDict(tensors);
  } catch (cause) {
    if (!(cause instanceof CheckpointError)) throw cause;
    throw new CheckpointError(`${folder}/${name}: ${cause.message.replace(/^loadStateDict: /, "")}`, { cause });
  }
}

/** Where training stood. @throws CheckpointError naming the file when the checkpoint does not say */
export function progressOf(files: ReadonlyMap<string, Uint8Array>, folder: string): Progress {
  const text = files.get(progressFile);
  if (!text) throw new CheckpointError(`${folder} has no ${progressFile}; it is not a training checkpoint`);
  try {
    return progressSchema.parse(JSON.parse(new TextDecoder().decode(text)));
  } catch (cause) {
    throw new CheckpointError(
      `${folder}/${progressFile} is damaged: it does not say where training stood; remove ${folder} to go on from an older checkpoint`,
      { cause },
    );
  }
}

/**
 * Where a run stands by its newest checkpoint, without reading the tensors; null when there is none or it is damaged.
 * @param folder of the checkpoint
 */
export function peekProgress(folder: string): Progress | null {
  try {
    return progressSchema.parse(JSON.parse(readFileSync(join(folder, progressFile), "utf8")));
  } catch {
    return null;
  }
}
