/** Segments images beside the page, as `dimseg predict` does it: prepared, asked and read by the same code. */
import { DimsegError } from "../../../core/errors.js";
import { shownScale } from "../../../data/volumes/prepare-volume.js";
import { sampleType } from "../../../grid/stored-image.js";
import { indexMap } from "../../../inference/label-map.js";
import { plainSegmenter } from "../../../inference/plain/plain-segmenter.js";
import { plainWork } from "../../../inference/plain/volume-work.js";
import type { ShownModel } from "../../../workflows/studio/shown/exports.js";
import { getBytes } from "../parts/server.js";
import { maskFacts } from "./mask-facts.js";
import type { Answer, Progress, Question, Segmented, SegmentImage } from "./messages.js";
import { readImage, shownPixels } from "./read-image.js";
import { type AskGraph, openGraph, type Said } from "./runtime.js";

interface OpenedModel {
  readonly model: ShownModel;
  readonly address: string;
  readonly ask: Promise<AskGraph>;
}

/** Sums over windows, beside the volume and its labels. */
const sumBytes = 2 ** 28;

let opened: OpenedModel | undefined;
/** One image at a time: each takes memory, and the engine does one thing at a time anyway. */
let last: Promise<void> = Promise.resolve();
/** Images that are waited for. */
const waiting = new Map<number, AbortController>();

async function open(model: ShownModel, address: string): Promise<AskGraph> {
  const { bytes } = await getBytes(`${address}/graph`);
  return openGraph(new Uint8Array(bytes), model);
}

/** A turn for messages, among which may be one that nobody waits any more. */
async function turn(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  signal.throwIfAborted();
}

async function segment(
  { set, ...image }: SegmentImage,
  signal: AbortSignal,
  tell: (progress: Progress) => void,
): Promise<Segmented> {
  if (!opened) throw new Error("internal: segment: no model was opened");
  const { model, address } = opened;
  const { sides, frame } = model;
  const { name } = image;
  tell({ step: "reading", done: 0, of: 1 });
  const { stored, pixels, start } = await readImage(image, set, address, signal);
  const { pieces } = plainWork({ ...stored, sampleType: sampleType(stored.samples) }, set, sides, name);
  const ask = await opened.ask;
  let done = 0;
  let said: Said | undefined;
  const network = plainSegmenter({
    ...{ dataset: set, sides, size: frame, wanted: false, bytes: sumBytes },
    async ask(piece) {
      // Windows may be asked about again.
      tell({ step: "segmenting", done: Math.min(done++, pieces), of: pieces });
      said = await ask(piece);
      return said.probabilities;
    },
    turn: () => turn(signal),
  });
  const { labels } = set.slices
    ? await network.segmentVolume(stored, name, { ...set, slices: set.slices })
    : await network.segmentImage(stored, name);
  if (!said) throw new Error("internal: segment: the network was not asked");
  const mask = indexMap(labels, model) as Uint8Array<ArrayBuffer>;
  const { engine, isCardBroken } = said;
  const both = { mask, facts: maskFacts(mask, stored.grid.shape), engine, isCardBroken };
  if (set.slices) {
    const scale = shownScale(stored, { slices: set.slices });
    return { kind: "volume", ...both, stored, scale, start };
  }
  const [height, width] = stored.grid.shape;
  return { kind: "picture", ...both, height, width, pixels: pixels ?? shownPixels(stored, set, name) };
}

async function answer(image: SegmentImage): Promise<void> {
  const { id, name } = image;
  const signal = waiting.get(id)?.signal;
  if (!signal) return;
  try {
    signal.throwIfAborted();
    const segmented = await segment(image, signal, (progress) => postMessage({ id, progress } satisfies Answer));
    const seen = segmented.kind === "picture" ? segmented.pixels : segmented.stored.samples;
    postMessage({ id, segmented } satisfies Answer, { transfer: [seen.buffer, segmented.mask.buffer] });
  } catch (error) {
    if (signal.aborted) return;
    const { message } = error as Error;
    const isSentence = error instanceof DimsegError || message.startsWith(`${name}:`);
    const refused = isSentence ? message : `${name}: could not be segmented here: ${message}`;
    postMessage({ id, refused } satisfies Answer);
  } finally {
    waiting.delete(id);
  }
}

addEventListener("message", ({ data }: MessageEvent<Question>) => {
  if (data.kind === "open") {
    const { model, address } = data;
    opened = { model, address, ask: open(model, address) };
    // Whoever segments hears of it.
    opened.ask.catch(() => {});
  } else if (data.kind === "cancel") {
    waiting.get(data.id)?.abort();
  } else {
    waiting.set(data.id, new AbortController());
    last = last.then(() => answer(data));
  }
});
