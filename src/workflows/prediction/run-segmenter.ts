/** A run's network, or those of several runs together, as `dimseg predict` asks them. */
import { counted } from "../../core/counted.js";
import { DimsegError, UsageError } from "../../core/errors.js";
import { shellWord } from "../../core/shell-word.js";
import type { Turn } from "../../core/turns.js";
import { allCases, type Case, loadDataset } from "../../data/dataset.js";
import { Ensemble } from "../../inference/ensemble.js";
import { predictImage } from "../../inference/predict-image.js";
import { predictVolume } from "../../inference/predict-volume.js";
import type { NetworkName } from "../../runs/checkpoints/checkpoint-names.js";
import type { Voices } from "../estimation/asked.js";
import { rulesOf } from "../mask-rules.js";
import type { Observer } from "../observer.js";
import { networkOf, type OpenedRun, openRun } from "../open-run.js";
import { openCompanions } from "./companions.js";
import { ImageQuality } from "./image-quality.js";
import { forNewImages } from "./new-images.js";
import type { AskedNetwork, Segmenter } from "./segmenter.js";

/**
 * The network of a run, or what it and those of further runs say together.
 * @throws UsageError when one of them keeps no such network
 */
function voicesOf(run: OpenedRun, others: readonly OpenedRun[], name: NetworkName): Voices {
  const own = networkOf(run, name);
  if (others.length === 0) return { name, network: own, others: [] };
  const networks = [own, ...others.map((one) => networkOf(one, name))];
  return { name, network: new Ensemble(networks, run.dataset.target), others: networks };
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
 * @param turn for others, between slices and windows
 * @throws UsageError for runs that cannot answer together, or another engine than libtorch; DataError, CheckpointError as
 *   opening the run does
 */
export async function openRunSegmenter(asked: AskedNetwork, turn: Turn, observer: Observer): Promise<Segmenter> {
  if (asked.engine === "onnx")
    throw new UsageError(
      `${asked.run}: --engine onnx is for exported models; run \`dimseg export ${shellWord(asked.run)}\` and give the folder that it writes`,
    );
  const run = await openRun(asked.run, asked.checkpoint, observer, asked.quality ? "needed" : "unused");
  const companions = await openCompanions(run, asked.with ?? [], asked.checkpoint, observer);
  const voices = voicesOf(run, companions, asked.network);
  const { network } = voices;
  const dataset = forNewImages(run.dataset, asked);
  const { size, patch, device, precision, normalisation, checkpointRule } = run;
  const { tta: testTimeFlips, probabilities } = asked;
  const options = { size, device, precision, normalisation, testTimeFlips, probabilities };
  const others = companions.length;
  const together = others > 0 ? `, averaged with ${counted(others, "other run")}` : "";
  // Where each lies and how far it is, so that what is learnt of one is not taken for what is known of another.
  const further = companions.map(({ folder, step }) => `averaged with ${folder.path} step ${step}`);
  return {
    dataset,
    answeredBy: `${asked.network}, ${checkpointRule}${together}`,
    rules: rulesOf(run, asked.rules),
    cases: ownCases(run),
    segmentImage: (image, path) => predictImage(network, image, path, dataset, options),
    segmentVolume: (volume, path, set) => predictVolume(network, volume, path, set, { ...options, patch, turn }, turn),
    openQuality: () => ImageQuality.open({ ...run, dataset }, voices, { further, tta: asked.tta }, observer),
    close: async () => {},
  };
}
