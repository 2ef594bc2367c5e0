/**
 * Slices of decoded volumes: what a 2-D network is trained on and asked about. A case stays a whole volume wherever cases
 * are counted, divided and judged.
 */
import { voxelCount } from "../../grid/grid.js";
import { sliceGrid } from "../../grid/slices.js";
import type { Case, Dataset } from "../dataset.js";
import type { CaseSource, DecodedCase } from "../decoded-case.js";
import { planesOf } from "./stacked-planes.js";

/** Number of slices of a decoded volume. */
export function sliceCount({ working }: Pick<DecodedCase, "working">): number {
  return working.shape[0];
}

/** One slice of a decoded volume as a decoded picture; its arrays may be views of the volume's. */
export function sliceOf(volume: DecodedCase, slice: number): DecodedCase {
  const { image, label, channels, working, stored, wide, mode } = volume;
  const count = sliceCount(volume);
  const planes = label && label.length / voxelCount(working);
  return {
    ...{ image: planesOf(image, channels, count, slice), channels, wide },
    ...(label && planes ? { label: planesOf(label, planes, count, slice) } : {}),
    ...{ stored: sliceGrid(stored, slice), working: sliceGrid(working, slice), ...(mode ? { mode } : {}) },
  };
}

/** The pictures that a network of a data set is asked about one after the other: of a volume its slices. */
export function picturesOf(decoded: DecodedCase, { slices }: Pick<Dataset, "slices">): DecodedCase[] {
  if (!slices) return [decoded];
  return Array.from({ length: sliceCount(decoded) }, (_, slice) => sliceOf(decoded, slice));
}

/** Which values of a label map are of a part; what nobody labelled is of none. */
export function partValues({ target, parts }: Pick<Dataset, "target" | "parts">): Uint8Array {
  const isPart = new Uint8Array(256);
  for (const { index } of parts) isPart[target === "softmax" ? index : 1] = 1;
  return isPart;
}

/** How many values of a slice's label map are of a part; what nobody labelled is of none. */
function labelledArea({ label }: DecodedCase, dataset: Pick<Dataset, "target" | "parts">): number {
  if (!label) return 0;
  const isPart = partValues(dataset);
  return label.reduce((sum, value) => sum + isPart[value], 0);
}

/**
 * The slice that stands for a volume where there is room for one picture: the first of those in which most is labelled,
 * the one in the middle where nothing is. A prediction has no say in it, so that several networks are seen on the same.
 */
export function tellingSlice(volume: DecodedCase, dataset: Pick<Dataset, "target" | "parts">): number {
  let best = { slice: Math.floor(sliceCount(volume) / 2), area: 0 };
  for (let slice = 0; slice < sliceCount(volume); slice++) {
    const area = labelledArea(sliceOf(volume, slice), dataset);
    if (area > best.area) best = { slice, area };
  }
  return best.slice;
}

/** A decoded case as the one picture that stands for it: itself, or a volume's {@link tellingSlice}. */
export function pictureOf(decoded: DecodedCase, dataset: Pick<Dataset, "target" | "parts" | "slices">): DecodedCase {
  return dataset.slices ? sliceOf(decoded, tellingSlice(decoded, dataset)) : decoded;
}

/** What a batch draws: a picture, or one slice of a volume. */
export interface Drawable {
  readonly case: Case;
  /** Missing for a picture. */
  readonly slice?: number;
}

/** The drawable as the network sees it. */
export async function decodedDrawable({ case: one, slice }: Drawable, source: CaseSource): Promise<DecodedCase> {
  const decoded = await source.get(one);
  return slice === undefined ? decoded : sliceOf(decoded, slice);
}

/**
 * Everything that batches can draw from cases, in their order: each picture, or each slice of each volume. Slices of
 * labelled volumes that show no part are left out where the data set says so (`emptySlices: drop`).
 * @param labelled whether the cases are trained on with their masks
 * @throws DataError as decoding a case does
 */
export async function drawables(
  cases: readonly Case[],
  labelled: boolean,
  dataset: Pick<Dataset, "target" | "parts" | "slices">,
  source: CaseSource & { sliceCount(one: Case): Promise<number> },
): Promise<Drawable[]> {
  const { slices } = dataset;
  if (!slices) return cases.map((one) => ({ case: one }));
  const all: Drawable[] = [];
  for (const one of cases) {
    const count = await source.sliceCount(one);
    const decoded = labelled && slices.emptySlices === "drop" ? await source.get(one) : undefined;
    for (let slice = 0; slice < count; slice++)
      if (!decoded || labelledArea(sliceOf(decoded, slice), dataset) > 0) all.push({ case: one, slice });
  }
  return all;
}
