/** Segments images beside the page, as `dimseg predict` does it: prepared, asked and read by the same code. */
import { DimsegError, NumericError } from "../../../core/errors.js";
import { prepareImage } from "../../../data/images/prepare-image.js";
import { indexMap } from "../../../inference/label-map.js";
import { plainAnswerOfPicture } from "../../../inference/plain/answer-in-size.js";
import type { ShownModel } from "../../../workflows/studio/shown/exports.js";
import { getBytes } from "../parts/server.js";
import { decodeImage } from "./decode-image.js";
import type { Answer, Question, Segmented } from "./messages.js";
import { type AskGraph, openGraph } from "./runtime.js";

interface OpenedModel {
  readonly model: ShownModel;
  readonly ask: AskGraph;
}

let opening: Promise<OpenedModel> | undefined;
/** One image at a time: each takes memory, and the engine does one thing at a time anyway. */
let last: Promise<void> = Promise.resolve();

async function open(model: ShownModel, address: string): Promise<OpenedModel> {
  const { bytes } = await getBytes(address);
  return { model, ask: await openGraph(new Uint8Array(bytes), model) };
}

async function segment(file: File): Promise<Segmented> {
  if (!opening) throw new Error("internal: segment: no model was opened");
  const { stored, pixels } = await decodeImage(file);
  const { model, ask } = await opening;
  const prepared = prepareImage(stored, model.rule, model.frame, file.name);
  const { probabilities, engine, isCardBroken } = await ask(prepared.image);
  if (!probabilities.every(Number.isFinite))
    throw new NumericError(`${file.name}: the model's output holds NaN; export an earlier checkpoint`);
  const { labels } = plainAnswerOfPicture(probabilities, prepared, model.target, false);
  const [height, width] = stored.grid.shape;
  const mask = indexMap(labels, model) as Uint8Array<ArrayBuffer>;
  return { height, width, pixels, mask, engine, isCardBroken };
}

async function answer(id: number, file: File): Promise<void> {
  try {
    const segmented = await segment(file);
    const { pixels, mask } = segmented;
    postMessage({ id, segmented } satisfies Answer, { transfer: [pixels.buffer, mask.buffer] });
  } catch (error) {
    const { message } = error as Error;
    const refused = error instanceof DimsegError ? message : `${file.name}: could not be segmented here: ${message}`;
    postMessage({ id, refused } satisfies Answer);
  }
}

addEventListener("message", ({ data }: MessageEvent<Question>) => {
  if (data.kind === "open") {
    opening = open(data.model, data.graph);
    // Whoever segments hears of it.
    opening.catch(() => {});
    return;
  }
  last = last.then(() => answer(data.id, data.file));
});
