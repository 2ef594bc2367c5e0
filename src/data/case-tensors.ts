/**
 * The only place where decoded cases become tensors. Shape suffixes: B cases, C channels, K classes, S the spatial axes
 * of the working grid, slowest first.
 */
import { ignoredLabel } from "../core/target-kind.js";
import type { Grid } from "../grid/grid.js";
import { samplesLike } from "../grid/stored-image.js";
import { type Device, type Pack, type Sent, sendTogether, type Tensor } from "../torch/index.js";
import type { Dataset } from "./dataset.js";
import type { DecodedCase } from "./decode.js";
import type { PreparedImage } from "./images/prepare-image.js";
import type { Values } from "./images/values.js";
import { ignoresPixels } from "./masks/labels.js";

type Classes = Pick<Dataset, "target" | "outputs">;

/** One case on a device; the tensors belong to the caller's scope. */
export interface CaseTensors {
  /** Raw values, uint8 0 … 255 or float32; what becomes network input is a `Normalisation`'s business. */
  readonly imageCS: Tensor;
  /** uint8: 0/1 [K, S] with sigmoid, class numbers [S] with softmax, `ignoredLabel`; null for an unlabelled case. */
  readonly labelKS: Tensor | null;
  /** Of the image as its file holds it. */
  readonly stored: Grid;
  /** Of the tensors. */
  readonly working: Grid;
}

/** The arrays one after the other. */
function joined<T extends Values>(parts: readonly T[]): T {
  if (parts.length === 1) return parts[0];
  const all = samplesLike(
    parts[0],
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Some cases of one working grid as a batch, on its way to the device. */
export interface PackedBatch {
  /** Of the tensor, [B, ...]. */
  readonly shape: readonly number[];
  readonly sent: Sent;
}

/** Raw images as a batch [B, C, S], uint8 or float32. @param cases at least one */
export function packImages(pack: Pack, cases: readonly PreparedImage[]): PackedBatch {
  const { channels, working } = cases[0];
  const shape = [cases.length, channels, ...working.shape];
  return { shape, sent: pack.add(joined(cases.map(({ image }) => image)), shape) };
}

/** Label maps as a batch, uint8: 0/1 [B, K, S] with sigmoid, class numbers [B, S] with softmax, `ignoredLabel`. */
export function packLabels(pack: Pack, cases: readonly DecodedCase[], { target, outputs }: Classes): Sent {
  const { shape } = cases[0].working;
  const all = joined(cases.map(({ label }) => label as Uint8Array));
  return pack.add(all, [cases.length, ...(target === "softmax" ? [] : [outputs]), ...shape]);
}

/** {@link packImages} in an upload of its own. */
export function imagesBCS(cases: readonly PreparedImage[], device: Device): Tensor {
  return sendTogether(device, (pack) => packImages(pack, cases)).sent();
}

/** {@link packLabels} in an upload of its own. */
export function labelsBKS(cases: readonly DecodedCase[], classes: Classes, device: Device): Tensor {
  return sendTogether(device, (pack) => packLabels(pack, cases, classes))();
}

/**
 * The tensors of one case.
 * @example const { imageCS } = caseTensors(await source.get(one), dataset, "cpu");
 */
export function caseTensors(one: DecodedCase, classes: Classes, device: Device): CaseTensors {
  return {
    imageCS: imagesBCS([one], device).squeeze(0),
    labelKS: one.label ? labelsBKS([one], classes, device).squeeze(0) : null,
    stored: one.stored,
    working: one.working,
  };
}

/** Labels as losses take them. */
export interface LossLabels {
  /** float32 0/1 [B, K, S] with sigmoid, int64 class numbers [B, S] with softmax; 0 where nobody labelled. */
  readonly labels: Tensor;
  /** float32 [B, 1, S], 1 where a pixel has a label, else 0; null where the data set ignores no pixels. */
  readonly annotated: Tensor | null;
}

/** What losses take of a batch of label maps, those of {@link labelsBKS} or their augmented views. */
export function lossLabels(maps: Tensor, dataset: Pick<Dataset, "target" | "labels" | "domainLabels">): LossLabels {
  const softmax = dataset.target === "softmax";
  const typed = (labels: Tensor) => labels.to({ dtype: softmax ? "int64" : "float32" });
  if (!ignoresPixels(dataset)) return { labels: typed(maps), annotated: null };
  const ignored = maps.eq(ignoredLabel);
  // It stands in all channels alike.
  const ignoredB1S = softmax ? ignored.unsqueeze(1) : ignored.narrow(1, 0, 1);
  return {
    labels: typed(maps.maskedFill(ignored, 0)),
    annotated: ignoredB1S.logicalNot().to({ dtype: "float32" }),
  };
}
