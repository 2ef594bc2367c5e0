/**
 * What a page or figure needs to show chosen cases: the picture once, as a small JPEG, and the outlines of the reference
 * and of each run as paths over it. How they are drawn is in overlay-svg.ts.
 */
import sharp from "sharp";
import { type InspectedCase, type PartOutline, partOutlines, pictureSize } from "../../analysis/errors/inspect.js";
import { UsageError } from "../../core/errors.js";
import type { DecodedCache } from "../../data/cache.js";
import { toChannels } from "../../data/colour.js";
import type { Case, Dataset } from "../../data/dataset.js";
import type { DecodedCase } from "../../data/decode.js";
import { toBytes } from "../../data/prepare-image.js";
import { readImage, readVolume } from "../../data/read-image.js";
import { sliceCount, tellingSlice } from "../../data/volumes/case-slices.js";
import { cutVolume, hasSlices, windowedSlice, windowsOf } from "../../data/volumes/decode-volume.js";
import type { PictureSize } from "../../drawing/outline-path.js";
import { interleave } from "../../grid/interleave.js";
import type { StoredImage } from "../../grid/stored-image.js";
import type { PartScore } from "../../judging/evaluate-network.js";
import type { CaseRole, ChosenCase } from "./choose-cases.js";

/** A run's predictions for the test set, under the name it has in the report. */
export interface InspectedRun {
  readonly name: string;
  readonly inspected: readonly InspectedCase[];
}

/** A picture to embed; its size is that of the coordinates of all outlines over it. */
export interface OverlayPicture extends PictureSize {
  readonly type: "image/jpeg";
  readonly bytes: Uint8Array;
}

/** What one run says about a case. */
export interface RunOverlay {
  readonly run: string;
  /** In the data set's order of parts; null when the run was not asked about the case. */
  readonly outlines: readonly PartOutline[] | null;
  /** One row for each part; empty for a case without a mask. */
  readonly scores: readonly PartScore[];
}

/** A chosen case, ready to be drawn. */
export interface CaseOverlay {
  readonly domain: string;
  readonly id: string;
  readonly role: CaseRole;
  readonly picture: OverlayPicture;
  /** Null for a case without a mask. */
  readonly reference: readonly PartOutline[] | null;
  /** In the order of the runs. */
  readonly predictions: readonly RunOverlay[];
}

/** The stored image in the data set's intensities and channels; of a volume the slice that stands for it. */
async function readStored(one: Case, dataset: Dataset, decoded: DecodedCase): Promise<StoredImage> {
  if (!hasSlices(dataset)) {
    const image = toChannels(await readImage(one.imagePath), dataset.channels);
    return { ...image, samples: toBytes(image, dataset, one.imagePath) };
  }
  const { image, stack } = cutVolume(await readVolume(one.imagePath), dataset.slices);
  // The slices of the working grid may be others than the stored ones, over the same field of view.
  const shown = (tellingSlice(decoded, dataset) + 0.5) * (stack.count / sliceCount(decoded));
  const slice = windowedSlice(stack.slice(Math.floor(shown)), windowsOf(image, dataset.slices));
  return toChannels(slice, dataset.channels);
}

/** The stored image, small enough to embed. */
async function readPicture(one: Case, dataset: Dataset, decoded: DecodedCase): Promise<OverlayPicture> {
  const { channels } = dataset;
  const size = pictureSize(decoded);
  const image = await readStored(one, dataset, decoded);
  const [height, width] = image.grid.shape;
  const jpeg = await sharp(interleave(image.samples as Uint8Array, channels), { raw: { width, height, channels } })
    .resize(size.width, size.height, { fit: "fill" })
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .jpeg({ quality: 85, mozjpeg: true, chromaSubsampling: "4:4:4" })
    .toBuffer();
  return { ...size, type: "image/jpeg", bytes: jpeg };
}

function findCase({ domain, id }: Pick<ChosenCase, "domain" | "id">, inspected: readonly InspectedCase[]) {
  return inspected.find((one) => one.case.domain === domain && one.case.id === id);
}

/**
 * Gathers pictures and outlines of chosen cases.
 * @param first  the data set and decoded cases of the first run; its reference masks are shown
 * @param chosen as `chooseCases` gives them, or any cases (of a list of failures, say)
 * @param runs   at least one, each inspected with `inspectPredictions`
 * @throws UsageError when the first run was not asked about a chosen case; DataError when its files cannot be read
 * @example
 * const overlays = await overlayCases(run, chooseCases(scores, cases), [{ name: "DiM", inspected }]);
 */
export async function overlayCases(
  first: { readonly dataset: Dataset; readonly cache: DecodedCache },
  chosen: readonly Pick<ChosenCase, "domain" | "id" | "role">[],
  runs: readonly InspectedRun[],
): Promise<CaseOverlay[]> {
  const { dataset, cache } = first;
  const overlays: CaseOverlay[] = [];
  for (const { domain, id, role } of chosen) {
    const own = findCase({ domain, id }, runs[0].inspected);
    if (!own) {
      throw new UsageError(
        `overlayCases: ${runs[0].name} was not asked about ${domain}/${id}; inspect that case first`,
      );
    }
    const decoded = await cache.get(own.case);
    const size = pictureSize(decoded);
    const predictions = runs.map(({ name, inspected }): RunOverlay => {
      const found = findCase({ domain, id }, inspected);
      return { run: name, outlines: found?.outlines ?? null, scores: found?.scores ?? [] };
    });
    const reference = decoded.label ? partOutlines(decoded.label, dataset, decoded, size) : null;
    overlays.push({ domain, id, role, picture: await readPicture(own.case, dataset, decoded), reference, predictions });
  }
  return overlays;
}
