/** An exported model as `dimseg predict` asks it, with libtorch, or with ONNX Runtime and no libtorch at all. */
import { UsageError } from "../../core/errors.js";
import type { Turn } from "../../core/turns.js";
import type { Dataset } from "../../data/dataset.js";
import { type ExportedModel, loadExportedNetwork, openExported, openSession } from "../../export/exported-model.js";
import type { Frame } from "../../grid/frame.js";
import { plainSegmenter } from "../../inference/plain/plain-segmenter.js";
import { predictImage } from "../../inference/predict-image.js";
import { predictVolume } from "../../inference/predict-volume.js";
import { normalisationOf } from "../../runs/normalisation-of.js";
import { useEngine } from "../../torch/index.js";
import { checkedRules } from "../mask-rules.js";
import type { EngineName } from "./engine-names.js";
import { forNewImages } from "./new-images.js";
import type { AskedNetwork, Segmenter } from "./segmenter.js";

type Answering = Pick<Segmenter, "segmentImage" | "segmentVolume" | "close">;

/** What both engines are told. */
interface Question {
  readonly model: ExportedModel;
  readonly dataset: Dataset;
  /** Whether probabilities are wanted. */
  readonly wanted: boolean;
  /** For others, between slices and windows. */
  readonly turn: Turn;
}

/** What a model of pictures works at; to one of patches it is nothing. */
function frameOfModel({ description: { sides, dataset } }: ExportedModel): Frame {
  const [height, width] = sides;
  return { height, width, mode: dataset.size.mode };
}

function inLibtorch({ model, dataset, wanted, turn }: Question, testTimeFlips: boolean): Answering {
  useEngine({ device: "cpu" });
  const network = loadExportedNetwork(model);
  const { sides } = model.description;
  const size = frameOfModel(model);
  const normalisation = normalisationOf(dataset);
  const options = {
    size,
    device: "cpu",
    precision: "fp32",
    normalisation,
    testTimeFlips,
    probabilities: wanted,
  } as const;
  return {
    segmentImage: (image, path) => predictImage(network, image, path, dataset, options),
    segmentVolume: (volume, path, set) =>
      predictVolume(network, volume, path, set, { ...options, patch: sides, turn }, turn),
    close: async () => network.dispose(),
  };
}

async function inOnnxRuntime({ model, dataset, wanted, turn }: Question, threads?: number): Promise<Answering> {
  const session = await openSession(model, threads);
  const { sides } = model.description;
  const segmenter = plainSegmenter({
    ...{ dataset, sides, size: frameOfModel(model), wanted, turn },
    ask: async (piece) => (await session.ask(piece, dataset.channels, sides)).probabilities,
  });
  return { ...segmenter, close: () => session.close() };
}

/** @throws UsageError for options that belong to runs */
function refuseRunOptions({ run, with: others = [], checkpoint, network }: AskedNetwork, own: string): void {
  const refuse = (option: string) => {
    throw new UsageError(`${run}: is an exported model, of one network and checkpoint; leave out ${option}`);
  };
  if (others.length > 0) refuse("further runs (--with)");
  if (checkpoint !== "last") refuse("--checkpoint");
  if (network !== "student" && network !== own) refuse("--network");
}

function engineOf({ run, engine }: AskedNetwork): EngineName {
  return engine ?? (run.toLowerCase().endsWith(".onnx") ? "onnx" : "libtorch");
}

/**
 * Opens an exported model.
 * @param turn for others, between slices and windows
 * @throws UsageError for options that belong to runs; CheckpointError when it is damaged; ResourceError when the engine is
 *   not there
 */
export async function openExportedSegmenter(asked: AskedNetwork, turn: Turn): Promise<Segmenter> {
  const model = openExported(asked.run);
  const { source, testTimeFlips } = model.description;
  refuseRunOptions(asked, source.network);
  const engine = engineOf(asked);
  if (engine === "onnx" && asked.tta && !testTimeFlips)
    throw new UsageError(
      `${asked.run}: its graph does not average over mirror images; export the run with --tta, or leave it out`,
    );
  const dataset = forNewImages(model.description.dataset, asked);
  const question = { model, dataset, wanted: asked.probabilities, turn };
  const answering =
    engine === "onnx" ? await inOnnxRuntime(question, asked.threads) : inLibtorch(question, testTimeFlips || asked.tta);
  // The weights beside a graph of fewer digits have all of them.
  const { precision } = model.description;
  const whole = precision === "fp32" ? "" : `, in fp32 (the graph of ${precision} is asked with --engine onnx)`;
  const where = engine === "onnx" ? "ONNX Runtime" : `libtorch${whole}`;
  return {
    dataset,
    answeredBy: `${source.network} of ${source.run}, ${source.checkpoint}, exported; in ${where}`,
    rules: checkedRules(dataset, asked.rules),
    cases: [],
    openQuality() {
      throw new UsageError(
        `${asked.run}: is an exported model, and --quality learns from a run's labelled images; give the run`,
      );
    },
    ...answering,
  };
}
