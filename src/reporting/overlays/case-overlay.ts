/**
 * What a page or figure needs to show chosen cases: the picture once, as a small JPEG, and the outlines of the reference
 * and of each run as paths over it. How they are drawn is in overlay-svg.ts.
 */
import sharp from "sharp";
import type { CaseDrawing, PartOutline } from "../../analysis/errors/case-drawing.js";
import type { InspectedCase } from "../../analysis/errors/inspect.js";
import { UsageError } from "../../core/errors.js";
import { type Case, type Dataset, ofDomain } from "../../data/dataset.js";
import { decodeNative } from "../../data/decode-native.js";
import { toChannels } from "../../data/images/colour.js";
import { toBytes } from "../../data/images/prepare-image.js";
import { readImage } from "../../data/images/read-image.js";
import { shownDecoded } from "../../data/images/shown-image.js";
import type { PictureSize } from "../../drawing/outline-path.js";
import type { PictureWord } from "../../drawing/words-svg.js";
import { interleave } from "../../grid/interleave.js";
import type { Sheet } from "../../grid/sheet.js";
import { sheetPicture } from "../../inference/pictures/sheet-picture.js";
import type { PartScore } from "../../judging/evaluate-network.js";
import type { CaseEstimate } from "../../runs/estimate-cases.js";
import type { RunEstimates } from "../estimates.js";
import type { CaseRole, ChosenCase } from "./choose-cases.js";

/** A run's predictions for the test set, under the name it has in the report. */
export interface InspectedRun {
  readonly name: string;
  readonly inspected: readonly InspectedCase[];
  /** What was estimated of it; default: nothing. */
  readonly estimates?: RunEstimates | null;
}

/** A picture to embed; its size is that of the coordinates of all outlines over it. */
export interface OverlayPicture extends PictureSize {
  readonly type: "image/jpeg";
  readonly bytes: Uint8Array;
  /** Whether it shows several slices of a volume. */
  readonly isSheet: boolean;
  /** What is written over it. */
  readonly words: readonly PictureWord[];
}

/** What one run says about a case. */
export interface RunOverlay {
  readonly run: string;
  /** As the run was judged on it, on its own grid; null for a case without a mask, and where the run was not asked. */
  readonly reference: readonly PartOutline[] | null;
  /** In the data set's order of parts; null when the run was not asked about the case. */
  readonly outlines: readonly PartOutline[] | null;
  /** One row for each part; empty for a case without a mask. */
  readonly scores: readonly PartScore[];
  /** One row for each part; empty where nothing was estimated. */
  readonly estimates: readonly CaseEstimate[];
}

/** A chosen case, ready to be drawn. */
export interface CaseOverlay {
  readonly domain: string;
  readonly id: string;
  readonly role: CaseRole;
  readonly picture: OverlayPicture;
  /** On the first run's grid; null for a case without a mask. */
  readonly reference: readonly PartOutline[] | null;
  /** In the order of the runs. */
  readonly predictions: readonly RunOverlay[];
}

/** Small enough to embed. */
async function jpegOf(data: Uint8Array, channels: number, from: PictureSize, to: PictureSize): Promise<Uint8Array> {
  const raw = { width: from.width, height: from.height, channels: channels as 1 | 3 };
  return sharp(data, { raw })
    .resize(to.width, to.height, { fit: "fill" })
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .jpeg({ quality: 85, mozjpeg: true, chromaSubsampling: "4:4:4" })
    .toBuffer();
}

/** The stored image in the data set's intensities, grey or RGB. */
async function readPicture(one: Case, dataset: Dataset, size: PictureSize): Promise<OverlayPicture> {
  const channels = dataset.channelNames ? 1 : dataset.channels;
  const image = toChannels(await readImage(one.imagePath), channels);
  const bytes = toBytes(image, ofDomain(dataset, one.domain), one.imagePath);
  const [height, width] = image.grid.shape;
  const jpeg = await jpegOf(interleave(bytes, channels), channels, { height, width }, size);
  return { ...size, type: "image/jpeg", bytes: jpeg, isSheet: false, words: [] };
}

/** The stored volume, laid out. */
async function readSheet(one: Case, dataset: Dataset, sheet: Sheet): Promise<OverlayPicture> {
  const { image, channels, working } = shownDecoded(await decodeNative(dataset, one), dataset);
  const { data, channels: shown } = await sheetPicture({ grid: working, channels, samples: image }, sheet);
  const { height, width, words } = sheet;
  const bytes = await jpegOf(data, shown, sheet, sheet);
  return { height, width, type: "image/jpeg", bytes, isSheet: true, words };
}

function findCase({ domain, id }: Pick<ChosenCase, "domain" | "id">, inspected: readonly InspectedCase[]) {
  return inspected.find((one) => one.case.domain === domain && one.case.id === id);
}

/** Which of a case's drawings: its picture or three planes, or further slices. */
export type DrawingName = "drawing" | "montage";

/**
 * Gathers pictures and outlines of chosen cases.
 * @param dataset of the first run
 * @param chosen as `chooseCases` gives them, or any cases (of a list of failures, say)
 * @param runs   at least one, each inspected with `inspectPredictions`
 * @throws UsageError when the first run was not asked about a chosen case; DataError when its files cannot be read
 * @example
 * const overlays = await overlayCases(run.dataset, chooseCases(scores, cases), [{ name: "DiM", inspected }]);
 */
export async function overlayCases(
  dataset: Dataset,
  chosen: readonly Pick<ChosenCase, "domain" | "id" | "role">[],
  runs: readonly InspectedRun[],
  which: DrawingName = "drawing",
): Promise<CaseOverlay[]> {
  const overlays: CaseOverlay[] = [];
  for (const { domain, id, role } of chosen) {
    const own = findCase({ domain, id }, runs[0].inspected);
    const drawing = own?.[which];
    if (!own || !drawing) {
      throw new UsageError(
        `overlayCases: ${runs[0].name} was not asked about ${domain}/${id}; inspect that case first`,
      );
    }
    const predictions = runs.map(({ name, inspected, estimates }): RunOverlay => {
      const found = findCase({ domain, id }, inspected);
      const said: CaseDrawing | null = found?.[which] ?? null;
      const { reference = null, outlines = null } = said ?? {};
      const own = estimates?.cases.filter((one) => one.domain === domain && one.id === id) ?? [];
      return { run: name, reference, outlines, scores: found?.scores ?? [], estimates: own };
    });
    const picture = drawing.sheet
      ? await readSheet(own.case, dataset, drawing.sheet)
      : await readPicture(own.case, dataset, drawing.picture);
    overlays.push({ domain, id, role, picture, reference: drawing.reference, predictions });
  }
  return overlays;
}
