/**
 * A worker of `dimseg serve`: a process of its own, so that native code that crashes, hangs or takes all memory ends a
 * worker and no server, and the server's event loop stays free. It opens the model, then segments one upload after the other.
 */
import { DimsegError } from "../../core/errors.js";
import { plainTurn } from "../../core/turns.js";
import { maskFormatNames } from "../../data/formats/mask-format-names.js";
import { hasSlices } from "../../data/volumes/decode-volume.js";
import { indexValue } from "../../inference/label-map.js";
import { rulesText } from "../../judging/rules-text.js";
import type { Observer } from "../observer.js";
import { openSegmenter } from "../prediction/open-segmenter.js";
import type { AskedNetwork, Segmenter } from "../prediction/segmenter.js";
import type { Failure, FromWorker, ModelFacts, ToWorker } from "./messages.js";
import { type ServedModel, segmentUpload } from "./segment-upload.js";

function tell(message: FromWorker): void {
  process.send?.(message);
}

const observer: Observer = { warn: (warning) => tell({ warning }), progress: () => {} };

function factsOf({ dataset, answeredBy, rules }: Segmenter, quality: boolean): ModelFacts {
  const { target, classes, parts } = dataset;
  const isOfVolumes = hasSlices(dataset);
  const colours = new Map(parts.map(({ name, colour }) => [name, colour]));
  const named = classes.map((one) => ({
    ...{ name: one.name, value: indexValue(one, target), colour: colours.get(one.name) ?? null },
  }));
  return {
    ...{ answeredBy, kind: isOfVolumes ? "volumes" : "pictures", quality },
    classes: target === "softmax" ? named : [{ name: "none", value: 0, colour: null }, ...named],
    overlapping: target === "sigmoid" ? classes.map(({ name }) => name) : [],
    channels: dataset.channelNames ?? null,
    formats: isOfVolumes ? maskFormatNames : ["png"],
    rules: rules ? rulesText(rules, isOfVolumes ? "mm3" : "pixels") : null,
  };
}

async function open(asked: AskedNetwork): Promise<ServedModel> {
  const segmenter = await openSegmenter(asked, plainTurn, observer);
  return { segmenter, quality: asked.quality ? await segmenter.openQuality() : null };
}

function failureOf(error: unknown): Failure {
  if (error instanceof DimsegError) return { message: error.message.split("\n")[0], exitCode: error.exitCode };
  return { message: String(error instanceof Error ? error.stack : error), exitCode: null };
}

/** A message without the folders of its upload. */
function withoutFolder({ message, exitCode }: Failure, folder: string): Failure {
  return { message: message.replaceAll(`${folder}/files/`, "").replaceAll(`${folder}/`, ""), exitCode };
}

let model: ServedModel | undefined;

async function answer(message: ToWorker): Promise<FromWorker> {
  if ("open" in message) {
    model = await open(message.open);
    return { opened: factsOf(model.segmenter, model.quality !== null) };
  }
  if (!model) throw new Error("internal: a worker is asked before it has opened its model");
  return { segmented: await segmentUpload(model, message.segment, observer) };
}

process.on("message", (message: ToWorker) => {
  answer(message).then(tell, (error) => {
    const failed = failureOf(error);
    tell({ failed: "segment" in message ? withoutFolder(failed, message.segment.folder) : failed });
  });
});

// Signals of a terminal or a service manager reach all processes; the server ends its workers when their work is done.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
process.on("disconnect", () => process.exit());
