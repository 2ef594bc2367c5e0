/** Graphs of fewer digits, and what is lost by them on images that the run has labels of. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { evenly } from "../../core/evenly.js";
import type { Case } from "../../data/dataset.js";
import type { DecodedCase } from "../../data/decoded-case.js";
import { sliceCount } from "../../data/volumes/case-slices.js";
import { planesOf } from "../../data/volumes/stacked-planes.js";
import type { DescribedModel } from "../../export/description.js";
import { type GraphOptions, graphOf } from "../../export/onnx/export-network.js";
import { encodeModel, type OnnxGraph } from "../../export/onnx/model-file.js";
import { Quantisation } from "../../export/onnx/quantise.js";
import { RangeFinder } from "../../export/onnx/ranges.js";
import { ModelSession } from "../../export/onnx/runtime.js";
import { type PrecisionLoss, precisionLimits } from "../../export/precision-names.js";
import { plainWindows } from "../../inference/plain/sliding-window.js";
import type { SegmentationNetwork } from "../../nn/index.js";
import type { Observer } from "../observer.js";
import type { OpenedRun } from "../open-run.js";
import { compareCase } from "./compare-case.js";
import { DicePairs } from "./dice-pairs.js";

/** From how many pictures, or volumes and slices of each, ranges are measured; of patches, all windows are. */
const [mostPictures, mostVolumes, mostSlices] = [64, 8, 8];

/** A network of a run that is being exported. */
export interface Exporting {
  readonly run: OpenedRun;
  readonly network: SegmentationNetwork;
  readonly model: Pick<DescribedModel, "dataset" | "sides" | "testTimeFlips">;
  readonly options: GraphOptions;
  readonly observer: Observer;
}

/** A graph of fewer digits, and what it was found to lose. */
export interface Reduced {
  readonly graph: OnnxGraph;
  readonly loss: PrecisionLoss;
}

/** Asks about pieces of a case. @returns how many */
async function seePieces(
  finder: RangeFinder,
  { image, channels, working }: DecodedCase,
  { dataset, sides }: Exporting["model"],
): Promise<number> {
  let pieces = 0;
  const see = (piece: DecodedCase["image"]) => {
    pieces++;
    return finder.see(piece, channels, sides);
  };
  if (sides.length === 3) {
    for (const window of plainWindows(image, working.shape, sides)) await see(window);
    return pieces;
  }
  const slices = dataset.slices ? sliceCount({ working }) : 1;
  for (const slice of evenly([...Array(slices).keys()], mostSlices))
    await see(planesOf(image, channels, slices, slice));
  return pieces;
}

/** A graph of 8 bits whose ranges are those of training images, of all domains that were trained on. */
async function inEightBits(whole: OnnxGraph, { run, model, observer }: Exporting) {
  const quantisation = new Quantisation(whole);
  const { split, cache, folder } = run;
  const cases = evenly([...split.labelled, ...split.unlabelled], model.dataset.slices ? mostVolumes : mostPictures);
  const finder = await RangeFinder.open(quantisation.whole, quantisation.values, folder.path);
  try {
    let pieces = 0;
    for (const [done, one] of cases.entries()) {
      pieces += await seePieces(finder, await cache.get(one), model);
      observer.progress("measuring ranges", done + 1, cases.length);
      await nextTurn();
    }
    return { graph: quantisation.quantised(finder.ranges), calibration: { images: cases.length, pieces } };
  } finally {
    await finder.close();
  }
}

/** Mean Dice of a graph and of the network itself; null where no mask has a part, or the network finds none of them. */
async function judge(graph: OnnxGraph, cases: readonly Case[], exporting: Exporting): Promise<PrecisionLoss["dice"]> {
  const { run, network, model, observer } = exporting;
  const session = await ModelSession.open(Buffer.concat(encodeModel(graph)), run.folder.path);
  const pairs = new DicePairs();
  try {
    for (const [done, one] of cases.entries()) {
      const decoded = await run.cache.get(one);
      pairs.judge(
        await compareCase({ model, network, device: run.device, session }, decoded, () => {}),
        decoded,
        model.dataset,
      );
      observer.progress("judging", done + 1, cases.length);
      await nextTurn();
    }
  } finally {
    await session.close();
  }
  const { means } = pairs;
  return means === null || means.own === 0 ? null : { fp32: means.own, reduced: means.exported };
}

/**
 * Writes a graph in fewer digits, and judges it on the run's validation images, or where it has none on the labelled ones
 * that it was trained on. Test images are not looked at.
 * @param whole the graph in float32
 * @throws ResourceError when ONNX Runtime is not installed
 */
export async function reduced(
  whole: OnnxGraph,
  precision: PrecisionLoss["precision"],
  exporting: Exporting,
): Promise<Reduced> {
  const { run, network, options } = exporting;
  const { graph, calibration } =
    precision === "int8"
      ? await inEightBits(whole, exporting)
      : { graph: graphOf(network, { ...options, weights: precision }), calibration: null };
  const { validation, labelled } = run.split;
  const [judgedOn, cases] =
    validation.length > 0 ? (["validation", validation] as const) : (["training", labelled] as const);
  const dice = await judge(graph, cases, exporting);
  const bound = precisionLimits[precision].dice;
  const holds = dice !== null && dice.fp32 - dice.reduced <= bound;
  return { graph, loss: { precision, calibration, judgedOn, cases: cases.length, dice, bound, holds } };
}
