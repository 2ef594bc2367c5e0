/** An exported model as `dimseg predict` asks it, with libtorch, or with ONNX Runtime and no libtorch at all. */
import { NumericError, UsageError } from "../../core/errors.js";
import type { Turn } from "../../core/turns.js";
import type { Dataset } from "../../data/dataset.js";
import type { Values } from "../../data/images/values.js";
import type { CutVolume } from "../../data/volumes/decode-volume.js";
import { type ExportedModel, loadExportedNetwork, openExported, openSession } from "../../export/exported-model.js";
import type { ModelSession } from "../../export/onnx/runtime.js";
import type { Frame } from "../../grid/frame.js";
import type { StoredImage } from "../../grid/stored-image.js";
import { plainAnswerOfPicture } from "../../inference/plain/answer-in-size.js";
import { plainVolumeAnswer } from "../../inference/plain/volume-answer.js";
import { type ImagePrediction, predictImage, preparedFor } from "../../inference/predict-image.js";
import { answersOfSlices, answersOfWhole, predictVolume, segmentVolume } from "../../inference/predict-volume.js";
import { normalisationOf } from "../../runs/normalisation-of.js";
import { useEngine } from "../../torch/index.js";
import { checkedRules } from "../mask-rules.js";
import type { EngineName } from "./engine-names.js";
import { forNewImages } from "./new-images.js";
import type { AskedNetwork, Segmenter } from "./segmenter.js";

/** Asks about a piece, and refuses an answer that would become a meaningless mask. */
async function probabilitiesOf(
  session: ModelSession,
  piece: Values,
  { channels }: Dataset,
  sides: readonly number[],
  path: string,
): Promise<Float32Array> {
  const { probabilities } = await session.ask(piece, channels, sides);
  if (probabilities.every(Number.isFinite)) return probabilities;
  throw new NumericError(`${path}: the model's output holds NaN; export an earlier checkpoint`);
}

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
  const kind = dataset.target;
  const ask = (piece: Values, path: string) => probabilitiesOf(session, piece, dataset, sides, path);
  const segmentImage = async (image: StoredImage, path: string): Promise<ImagePrediction> => {
    const [height, width] = image.grid.shape;
    const prepared = preparedFor(image, path, dataset, frameOfModel(model));
    const said = await ask(prepared.image, path);
    return { height, width, ...plainAnswerOfPicture(said, prepared, kind, wanted) };
  };
  return {
    segmentImage,
    segmentVolume(volume, path, set) {
      const ofSlices = (cut: CutVolume) => answersOfSlices(cut, set, (slice) => segmentImage(slice, path));
      const ofWhole = (cut: CutVolume) =>
        answersOfWhole(cut, set, path, ({ image, working }, shape) =>
          plainVolumeAnswer(image, working.shape, shape, { kind, wanted, patch: sides }, async (window) => {
            await turn();
            return ask(window, path);
          }),
        );
      return segmentVolume(volume, path, set, wanted, sides.length === 3 ? ofWhole : ofSlices, turn);
    },
    close: () => session.close(),
  };
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
