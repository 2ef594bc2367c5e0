/** A run's network, or those of several runs together, as `dimseg predict` asks them. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { counted } from "../../core/counted.js";
import { DimsegError, UsageError } from "../../core/errors.js";
import { shellWord } from "../../core/shell-word.js";
import { allCases, type Case, loadDataset } from "../../data/dataset.js";
import { Ensemble } from "../../inference/ensemble.js";
import { predictImage } from "../../inference/predict-image.js";
import { predictVolume } from "../../inference/predict-volume.js";
import type { SegmentationNetwork } from "../../nn/index.js";
import { datasetDifferences } from "../../runs/dataset-facts.js";
import type { Observer } from "../observer.js";
import { networkOf, type OpenedRun, openRun } from "../open-run.js";
import { type AskedNetwork, type Segmenter, withIntensity } from "./segmenter.js";

/** The sides of what a run's networks see. */
function gridOf({ size, patch }: OpenedRun): string {
  return (patch ?? [size, size]).join(" x ");
}

/**
 * The network of a run, or what it and those of further runs say together.
 * @throws UsageError for runs that see images or classes differently; and as opening a run does
 */
async function networkOfAll(run: OpenedRun, asked: AskedNetwork, observer: Observer): Promise<SegmentationNetwork> {
  const networks = [networkOf(run, asked.network)];
  for (const path of asked.with ?? []) {
    const other = await openRun(path, asked.checkpoint, observer, "unused");
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
    networks.push(networkOf(other, asked.network));
  }
  return networks.length === 1 ? networks[0] : new Ensemble(networks, run.dataset.target);
}

/** The cases of the run's data set; none when it cannot be opened. */
function ownCases({ config }: OpenedRun): Case[] {
  try {
    return allCases(loadDataset(config.dataset));
  } catch (error) {
    if (!(error instanceof DimsegError)) throw error;
    return [];
  }
}

/**
 * Opens a run's networks.
 * @throws UsageError for runs that cannot answer together, or another engine than libtorch; DataError, CheckpointError as
 *   opening the run does
 */
export async function openRunSegmenter(asked: AskedNetwork, observer: Observer): Promise<Segmenter> {
  if (asked.engine === "onnx")
    throw new UsageError(
      `${asked.run}: --engine onnx is for exported models; run \`dimseg export ${shellWord(asked.run)}\` and give the folder that it writes`,
    );
  const run = await openRun(asked.run, asked.checkpoint, observer, "unused");
  const network = await networkOfAll(run, asked, observer);
  const dataset = withIntensity(run.dataset, asked);
  const { size, patch, device, precision, normalisation, checkpointRule } = run;
  const { tta: testTimeFlips, probabilities } = asked;
  const options = { size, device, precision, normalisation, testTimeFlips, probabilities };
  const others = asked.with?.length ?? 0;
  const together = others > 0 ? `, averaged with ${counted(others, "other run")}` : "";
  return {
    dataset,
    answeredBy: `${asked.network}, ${checkpointRule}${together}`,
    cases: ownCases(run),
    segmentImage: (image, path) => predictImage(network, image, path, dataset, options),
    segmentVolume: (volume, path, set) =>
      predictVolume(network, volume, path, set, { ...options, patch }, () => nextTurn()),
    close: async () => {},
  };
}
