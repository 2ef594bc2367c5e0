/** A look into some of the files: sizes, channels, grey levels, and the values that masks hold. */
import { DataError } from "../../core/errors.js";
import type { Case } from "../case-files.js";
import { mapLimited } from "../limited.js";
import { isGrey, type Raster } from "../readers/raster.js";
import { decodeImage, imageFacts, readBytes } from "../readers/read-image.js";
import { countValues } from "../value-counts.js";

/** Files whose headers are read, and files that are decoded, of each split. */
const headersRead = 64;
const filesDecoded = 8;

export interface ImageSample {
  /** Stored sizes `width x height` with the number of files. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly bits: 8 | 16;
  /** 3 where a decoded image has colours. */
  readonly channels: 1 | 3;
  /** The 0.5 and 99.5 percentiles of the decoded images' grey levels. */
  readonly levels: readonly [number, number];
}

export interface MaskSample {
  /** Number of masks looked into. */
  readonly masks: number;
  /** Grey values, palette numbers, or colours as 0xRRGGBB, with their pixel counts. */
  readonly values: ReadonlyMap<number, number>;
  readonly coloured: boolean;
  /** The value that most pixels of the masks' edges have: the background. */
  readonly edge: number;
}

/** Up to `count` items, evenly spread, the first and last among them. */
function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]);
}

/** Unreadable files are the business of `dimseg data check`; here they are told and passed over. */
async function readable<T>(guesses: string[], task: () => Promise<T>): Promise<T[]> {
  try {
    return [await task()];
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    guesses.push(cause.message);
    return [];
  }
}

/** The levels below which 0.5 % and 99.5 % of the samples lie. */
function percentiles(rasters: readonly Raster[]): [number, number] {
  const histogram = new Float64Array(65536);
  let total = 0;
  for (const { samples } of rasters) {
    for (const sample of samples) histogram[sample]++;
    total += samples.length;
  }
  const below = (share: number) => {
    let sum = 0;
    return histogram.findIndex((pixels) => {
      sum += pixels;
      return sum > share * total;
    });
  };
  return total === 0 ? [0, 255] : [below(0.005), below(0.995)];
}

/**
 * Looks at the images of some splits.
 * @param guesses receives a sentence for every file that cannot be read
 */
export async function sampleImages(splits: readonly (readonly Case[])[], guesses: string[]): Promise<ImageSample> {
  const sizes = new Map<string, number>();
  let bits: 8 | 16 = 8;
  const decodable: Case[] = [];
  for (const cases of splits) {
    const facts = await mapLimited(spread(cases, headersRead), 4, (one) =>
      readable(guesses, async () => imageFacts(await readBytes(one.imagePath), one.imagePath)),
    );
    for (const { width, height, bits: found } of facts.flat()) {
      const size = `${width} x ${height}`;
      sizes.set(size, (sizes.get(size) ?? 0) + 1);
      if (found === 16) bits = 16;
    }
    decodable.push(...spread(cases, filesDecoded));
  }
  const decoded = await mapLimited(spread(decodable, 2 * filesDecoded), 2, (one) =>
    readable([], async () => decodeImage(await readBytes(one.imagePath), one.imagePath)),
  );
  const rasters = decoded.flat();
  return { sizes, bits, channels: rasters.every(isGrey) ? 1 : 3, levels: percentiles(rasters) };
}

/** Grey values, or colours as 0xRRGGBB, of all pixels. */
function pixelValues({ samples, channels }: Raster, coloured: boolean): ArrayLike<number> {
  if (channels === 1) return samples;
  const first = (i: number) => samples[3 * i];
  const packed = (i: number) => (samples[3 * i] << 16) | (samples[3 * i + 1] << 8) | samples[3 * i + 2];
  const values = new Int32Array(samples.length / 3);
  return values.map((_, i) => (coloured ? packed(i) : first(i)));
}

/** The values on the four edges of `[height, width]`. */
function edgeValues(values: ArrayLike<number>, { height, width }: Raster): number[] {
  const columns = Array.from({ length: width }, (_, x) => [values[x], values[(height - 1) * width + x]]);
  const rows = Array.from({ length: height }, (_, y) => [values[y * width], values[(y + 1) * width - 1]]);
  return [...columns, ...rows].flat();
}

/** Looks into the masks of some splits; nothing where there is no mask. */
export async function sampleMasks(
  splits: readonly (readonly Case[])[],
  guesses: string[],
): Promise<MaskSample | undefined> {
  const chosen = splits.flatMap((cases) =>
    spread(
      cases.filter((one) => one.maskPath !== undefined),
      filesDecoded,
    ),
  );
  const decoded = await mapLimited(chosen, 2, (one) =>
    readable(guesses, async () =>
      decodeImage(await readBytes(one.maskPath as string), one.maskPath as string, "indices"),
    ),
  );
  const masks = decoded.flat();
  if (masks.length === 0) return undefined;
  const coloured = masks.some((mask) => mask.channels === 3 && !isGrey(mask));
  const values = new Map<number, number>();
  const edges = new Map<number, number>();
  for (const mask of masks.filter((one) => !coloured || one.channels === 3)) {
    const found = pixelValues(mask, coloured);
    countValues(found, values);
    countValues(edgeValues(found, mask), edges);
  }
  const [edge] = [...edges].reduce((best, one) => (one[1] > best[1] ? one : best));
  return { masks: masks.length, values, coloured, edge };
}
