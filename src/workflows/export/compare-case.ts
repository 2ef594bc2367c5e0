/** One case in an exported graph and in libtorch, with the same weights. */
import type { DecodedCase } from "../../data/decode.js";
import type { Values } from "../../data/images/values.js";
import { planesOf, stackSlices } from "../../data/volumes/stacked-planes.js";
import type { ModelDescription } from "../../export/description.js";
import type { ModelAnswer, ModelSession } from "../../export/onnx/runtime.js";
import { plainSlidingWindow } from "../../inference/plain/sliding-window.js";
import { VolumeAnswer } from "../../inference/plain/volume-answer.js";
import { labelMaps, predict } from "../../inference/predict.js";
import type { SegmentationNetwork } from "../../nn/index.js";
import { normalisationOf } from "../../runs/normalisation-of.js";
import { type Device, fromTypedArray, scope } from "../../torch/index.js";

/** Both engines with the same weights. */
export interface Engines {
  readonly model: Pick<ModelDescription, "dataset" | "sides" | "testTimeFlips">;
  readonly network: SegmentationNetwork;
  /** Where the network lies. */
  readonly device: Device;
  readonly session: ModelSession;
}

/** What both say of the same piece of an image. */
export interface BothAnswers {
  readonly own: ModelAnswer;
  readonly exported: ModelAnswer;
}

/** What libtorch says about a piece `[C, ...sides]`, in fp32. */
function askLibtorch({ model, network, device }: Engines, piece: Values): ModelAnswer {
  const { dataset, sides, testTimeFlips } = model;
  const kind = dataset.target;
  return scope(() => {
    const raw = fromTypedArray(piece, [1, dataset.channels, ...sides]);
    const asked = {
      kind,
      device,
      precision: "fp32",
      normalisation: normalisationOf(dataset),
      testTimeFlips,
    } as const;
    const { probabilities } = predict(network, raw, asked);
    return { probabilities: probabilities.toTypedArray() as Float32Array, labels: labelMaps(probabilities, kind)[0] };
  });
}

async function askBoth(engines: Engines, piece: Values): Promise<BothAnswers> {
  const { dataset, sides } = engines.model;
  return {
    own: askLibtorch(engines, piece),
    exported: await engines.session.ask(piece, dataset.channels, sides),
  };
}

/** The label maps of a whole case on the working grid. */
export interface BothLabels {
  readonly own: Uint8Array;
  readonly exported: Uint8Array;
}

/** What both say of windows of a volume is averaged by one walk over them, as classes side by side. */
async function ofWindows(
  engines: Engines,
  { image, working }: DecodedCase,
  see: (answers: BothAnswers) => void,
): Promise<BothLabels> {
  const { dataset, sides } = engines.model;
  const asked = { kind: dataset.target, wanted: false };
  const [own, exported] = [new VolumeAnswer(working.shape, asked), new VolumeAnswer(working.shape, asked)];
  const ask = async (window: Values, isNew: boolean) => {
    const answers = await askBoth(engines, window);
    if (isNew) see(answers);
    return joined(answers);
  };
  await plainSlidingWindow(image, working.shape, { patch: sides }, ask, (plane, z, { y, x }) => {
    const place = { extent: [y.to - y.from, x.to - x.from], from: [z, y.from, x.from] } as const;
    own.put({ values: plane.subarray(0, plane.length / 2), ...place });
    exported.put({ values: plane.subarray(plane.length / 2), ...place });
  });
  return { own: own.answer().labels, exported: exported.answer().labels };
}

function joined({ own, exported }: BothAnswers): Float32Array {
  const both = new Float32Array(2 * own.probabilities.length);
  both.set(own.probabilities);
  both.set(exported.probabilities, own.probabilities.length);
  return both;
}

/**
 * Asks both engines about a case.
 * @param see is told what they say of each piece: the picture, each slice of a volume, or each window of it
 */
export async function compareCase(
  engines: Engines,
  decoded: DecodedCase,
  see: (answers: BothAnswers) => void,
): Promise<BothLabels> {
  const { dataset, sides } = engines.model;
  if (sides.length === 3) return ofWindows(engines, decoded, see);
  const { image, channels, working } = decoded;
  const slices = working.shape.length === 3 ? working.shape[0] : 1;
  const [own, exported]: [Uint8Array[], Uint8Array[]] = [[], []];
  for (let slice = 0; slice < slices; slice++) {
    const answers = await askBoth(engines, planesOf(image, channels, slices, slice));
    see(answers);
    own.push(answers.own.labels);
    exported.push(answers.exported.labels);
  }
  const planes = dataset.target === "sigmoid" ? dataset.outputs : 1;
  return { own: stackSlices(own, planes), exported: stackSlices(exported, planes) };
}
