/** A look into some of the images: sizes, channels, grey levels. */
import { counted } from "../../../core/counted.js";
import { DataError } from "../../../core/errors.js";
import { shapeText } from "../../../grid/grid.js";
import type { Samples } from "../../../grid/stored-image.js";
import type { Case } from "../../case-files.js";
import { isGrey } from "../../images/colour.js";
import { greyLevels } from "../../images/grey-levels.js";
import { decodeImage, decodingBytes, readBytes, readHeader } from "../../images/read-image.js";
import { mapLimited } from "../../limited.js";
import { withRoom } from "../../room.js";

/** Files whose headers are read, and images that are decoded, of each split. */
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

/** Up to `count` items, evenly spread, the first and last among them. */
export function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]);
}

/** Unreadable files are the business of `dimseg data check`; here they are told and passed over. */
export async function readable<T>(guesses: string[], task: () => Promise<T>): Promise<T[]> {
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
  const turned: string[] = [];
  let narrow = false;
  for (const cases of splits) {
    const facts = await mapLimited(spread(cases, headersRead), 4, (one) =>
      readable(guesses, async () => ({ one, ...(await readHeader(one.imagePath)) })),
    );
    for (const { one, grid, sampleType, turned: isTurned } of facts.flat()) {
      if (isTurned) turned.push(one.imagePath);
      const size = shapeText(grid);
      sizes.set(size, (sizes.get(size) ?? 0) + 1);
      if (sampleType === "uint8") narrow = true;
      else wide.push(one);
    }
  }
  if (turned.length > 0)
    guesses.push(
      `${counted(turned.length, "image")} of those looked at ${turned.length === 1 ? "carries" : "carry"} an orientation, as ` +
        `${turned[0]}: they are read as they are shown, and their masks have to be drawn so`,
    );
  return { sizes, narrow, wide };
}

/** What is looked for in the pixels of an image. */
interface Look {
  readonly file: string;
  readonly grey: boolean;
  readonly transparent: boolean;
  /** Some of the samples, evenly spread. */
  readonly samples: Samples;
}

/** Samples that tell the grey levels of an image. */
const samplesKept = 2 ** 20;

function thinned(samples: Samples): Samples {
  const step = Math.ceil(samples.length / samplesKept);
  return step === 1 ? samples : samples.filter((_, i) => i % step === 0);
}

/**
 * Looks into some of the images.
 * @param guesses receives a sentence for every file that cannot be read and was not told of yet
 */
async function lookInto(cases: readonly Case[], guesses: string[]): Promise<Look[]> {
  const failures: string[] = [];
  const looks = await mapLimited(spread(cases, 2 * filesDecoded), 2, ({ imagePath: file }) =>
    readable(failures, async () => {
      const bytes = await readBytes(file);
      return withRoom(await decodingBytes(bytes, file), async () => {
        const image = await decodeImage(bytes, file);
        return { file, grey: isGrey(image), transparent: image.alpha !== undefined, samples: thinned(image.samples) };
      });
    }),
  );
  guesses.push(...failures.filter((failure) => !guesses.includes(failure)));
  return looks.flat();
}

/**
 * Looks at the images of some splits.
 * @param guesses receives a sentence for every file that cannot be read
 */
export async function sampleImages(splits: readonly (readonly Case[])[], guesses: string[]): Promise<ImageSample> {
  const { sizes, narrow, wide } = await sampleHeaders(splits, guesses);
  const looks = await lookInto(
    splits.flatMap((cases) => spread(cases, filesDecoded)),
    guesses,
  );
  const wideLevels = greyLevels((await lookInto(wide, guesses)).map(({ samples }) => samples));
  const transparent = looks.flatMap((one) => (one.transparent ? one.file : []));
  if (transparent.length > 0)
    guesses.push(
      `${transparent.length} of ${counted(looks.length, "image")} looked into have transparent parts, as ` +
        `${transparent[0]}; the alpha channel is not used, so what lies under them counts as image`,
    );
  return { sizes, channels: looks.every(({ grey }) => grey) ? 1 : 3, narrow, wideLevels };
}
