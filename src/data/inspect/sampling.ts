/** A look into some of the files: sizes, channels, grey levels, and the values that masks hold. */
import { DataError } from "../../core/errors.js";
import { shapeText } from "../../grid/grid.js";
import { plane, type StoredImage } from "../../grid/stored-image.js";
import type { Case } from "../case-files.js";
import { isGrey, toChannels } from "../colour.js";
import type { PaletteReading } from "../formats/format.js";
import { greyLevels } from "../grey-levels.js";
import { mapLimited } from "../limited.js";
import { decodeImage, readBytes, readHeader } from "../read-image.js";
import { countValues } from "../value-counts.js";

/** Files whose headers are read, and files that are decoded, of each split. */
const headersRead = 64;
const filesDecoded = 8;

export interface ImageSample {
  /** Stored sizes `width x height` with the number of files. */
  readonly sizes: ReadonlyMap<string, number>;
  /** 3 where a decoded image has colours. */
  readonly channels: 1 | 3;
  /** Whether there are images of 8 bits. */
  readonly narrow: boolean;
  /** The 0.5 and 99.5 percentiles of the grey levels of images of more than 8 bits; undefined where there are none. */
  readonly wideLevels: readonly [number, number] | undefined;
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

/** What the headers of images say. */
interface HeaderSample extends Pick<ImageSample, "sizes" | "narrow"> {
  /** The cases whose image has more than 8 bits. */
  readonly wide: readonly Case[];
}

/**
 * Reads the headers of some images of each split.
 * @param guesses receives a sentence for every file that cannot be read
 */
export async function sampleHeaders(splits: readonly (readonly Case[])[], guesses: string[]): Promise<HeaderSample> {
  const sizes = new Map<string, number>();
  const wide: Case[] = [];
  let narrow = false;
  for (const cases of splits) {
    const facts = await mapLimited(spread(cases, headersRead), 4, (one) =>
      readable(guesses, async () => ({ one, ...(await readHeader(await readBytes(one.imagePath), one.imagePath)) })),
    );
    for (const { one, grid, sampleType } of facts.flat()) {
      const size = shapeText(grid);
      sizes.set(size, (sizes.get(size) ?? 0) + 1);
      if (sampleType === "uint8") narrow = true;
      else wide.push(one);
    }
  }
  return { sizes, narrow, wide };
}

/** Decodes some of the images; what cannot be read was told of with the headers. */
async function readImages(cases: readonly Case[]): Promise<StoredImage[]> {
  const decoded = await mapLimited(spread(cases, 2 * filesDecoded), 2, (one) =>
    readable([], async () => decodeImage(await readBytes(one.imagePath), one.imagePath)),
  );
  return decoded.flat();
}

/**
 * Looks at the images of some splits.
 * @param guesses receives a sentence for every file that cannot be read
 */
export async function sampleImages(splits: readonly (readonly Case[])[], guesses: string[]): Promise<ImageSample> {
  const { sizes, narrow, wide } = await sampleHeaders(splits, guesses);
  const rasters = await readImages(splits.flatMap((cases) => spread(cases, filesDecoded)));
  const wideLevels = greyLevels((await readImages(wide)).map(({ samples }) => samples));
  return { sizes, channels: rasters.every(isGrey) ? 1 : 3, narrow, wideLevels };
}

/** Grey values, or colours as 0xRRGGBB, of all pixels. */
function pixelValues(image: StoredImage): ArrayLike<number> {
  if (image.channels === 1) return image.samples;
  const [red, green, blue] = [0, 1, 2].map((channel) => plane(image, channel));
  return Int32Array.from(red, (_, i) => (red[i] << 16) | (green[i] << 8) | blue[i]);
}

/** The values on the four edges of `[height, width]`. */
function edgeValues(values: ArrayLike<number>, { grid }: StoredImage): number[] {
  const [height, width] = grid.shape;
  const columns = Array.from({ length: width }, (_, x) => [values[x], values[(height - 1) * width + x]]);
  const rows = Array.from({ length: height }, (_, y) => [values[y * width], values[(y + 1) * width - 1]]);
  return [...columns, ...rows].flat();
}

interface FoundMask {
  readonly file: string;
  readonly mask: StoredImage;
}

async function readMasks(cases: readonly Case[], palette: PaletteReading, guesses: string[]): Promise<FoundMask[]> {
  const read = async (file: string) => ({ file, mask: await decodeImage(await readBytes(file), file, palette) });
  const found = await mapLimited(cases, 2, ({ maskPath }) => readable(guesses, () => read(maskPath as string)));
  return found.flat();
}

/** Masks of a single value, as of cases without any class, are grey also where the others are coloured. */
function isPlain({ samples }: StoredImage): boolean {
  return samples.every((sample) => sample === samples[0]);
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
  const found = await readMasks(chosen, "indices", guesses);
  if (found.length === 0) return undefined;
  const inColour = found.filter(({ mask }) => !isGrey(mask));
  const grey = found.filter(({ mask }) => isGrey(mask));
  const coloured = inColour.length > 0 && inColour.length >= grey.filter(({ mask }) => !isPlain(mask)).length;
  if (!coloured && inColour.length > 0)
    guesses.push(
      `${inColour.map(({ file }) => file).join(", ")}: in colour, while the other masks are grey; replace ` +
        `${inColour.length === 1 ? "it" : "them"} by the mask of the image`,
    );
  const used = coloured ? await readMasks(chosen, "colours", []) : grey;
  const masks = used.map(({ mask }) => toChannels(mask, coloured ? 3 : 1));
  const values = new Map<number, number>();
  const edges = new Map<number, number>();
  for (const mask of masks) {
    const pixels = pixelValues(mask);
    countValues(pixels, values);
    countValues(edgeValues(pixels, mask), edges);
  }
  const [edge] = [...edges].reduce((best, one) => (one[1] > best[1] ? one : best));
  return { masks: masks.length, values, coloured, edge };
}
