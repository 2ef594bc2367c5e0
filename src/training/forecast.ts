/** What a run is about to do, said before its first step. */
import { bytesText } from "../core/bytes-text.js";
import { counted } from "../core/counted.js";
import { frameText } from "../grid/frame.js";
import type { Module } from "../nn/index.js";
import { diskNeed } from "../runs/disk-need.js";
import type { TrainingSession } from "./session.js";

type Forecast = Pick<
  TrainingSession,
  "config" | "dataset" | "size" | "patch" | "usesUnlabelled" | "student" | "method"
>;

/** Weights and buffers in float32. */
function bytesOf(network: Module): number {
  const elements = [...network.stateDict().values()].map(({ shape }) => shape.reduce((all, side) => all * side, 1));
  return 4 * elements.reduce((sum, count) => sum + count, 0);
}

/** The frame, or the patch, that the network works at, and whose word that is. */
function sizeText({ size, patch, dataset }: Pick<Forecast, "size" | "patch" | "dataset">): string {
  if (patch) return `${patch.join(" x ")} voxels`;
  const [own, usual] = [size, dataset.size].map(frameText);
  return own === usual ? own : `${own} (imageSize; ${usual.replace(" pixels", "")} in the data set's resize)`;
}

/** Steps, images of a step, their size, and the disk that checkpoints take, in two sentences. */
export function forecastText(session: Forecast): string {
  const { config, dataset, patch, usesUnlabelled, student, method } = session;
  const { iterations, labelledBatch, unlabelledBatch } = config.training;
  const [kind, kinds] = patch ? ["patch", "patches"] : dataset.slices ? ["slice", "slices"] : ["image", "images"];
  const images = usesUnlabelled
    ? `${labelledBatch} labelled and ${unlabelledBatch} unlabelled ${kinds}`
    : `${labelledBatch} labelled ${labelledBatch === 1 ? kind : kinds}`;
  const others = Object.values(method.networks).reduce((sum, network) => sum + bytesOf(network), 0);
  const { checkpoint, checkpoints, total } = diskNeed(config, bytesOf(student), others);
  return (
    `${counted(iterations, "step")} of ${images} at ${sizeText(session)}; validated and saved every ` +
    `${counted(config.evaluation.every, "step")}: ${counted(checkpoints, "checkpoint")} of about ` +
    `${bytesText(checkpoint)} at once, ${bytesText(total)} of disk`
  );
}
