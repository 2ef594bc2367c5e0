/** Reading some of a domain's masks, one at a time, and counting what they show. */
import { plane, type StoredImage } from "../../../grid/stored-image.js";
import type { Case, Split } from "../../case-files.js";
import { type PaletteReading, startsWith } from "../../formats/format.js";
import { isGrey, toChannels } from "../../images/colour.js";
import { decodeImage, readBytes } from "../../images/read-image.js";
import { mapLimited } from "../../limited.js";
import { maskImage } from "../../masks/mask-image.js";
import { readable, spread } from "../files/sampling.js";
import { addTallies, type MaskTally, tallyMask } from "./tally.js";

/** Masks that are looked into, of each split. */
const masksRead = 16;
/** Where these all hold one value, as of images without findings, so many more are tried for one that holds several. */
const moreRead = 240;

/** Channels of a grey pixel that was saved with loss differ by no more than this. */
const nearGrey = 16;

/** The masks of a domain that were looked into. */
export interface DomainMasks {
  readonly tally: MaskTally;
  /** The same with palettes as colours, as rules other than `values` see them; missing where no file can have one. */
  readonly asColours?: () => Promise<MaskTally>;
  /** Values, ascending, of each split. */
  readonly values: ReadonlyMap<Split, readonly number[]>;
}

interface FoundMask {
  readonly file: string;
  readonly split: Split;
  readonly grey: boolean;
  /** Whether it is drawn in the alpha channel over one colour. */
  readonly inAlpha: boolean;
  readonly mayHavePalette: boolean;
  readonly tally: MaskTally;
}

/** Whether a file keeps pictures with loss, so that a JPEG is never a label map. */
function isLossy(bytes: Uint8Array): boolean {
  if (startsWith(bytes, "\xff\xd8\xff")) return true;
  if (!startsWith(bytes, "RIFF") || !startsWith(bytes, "WEBP", 8)) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 12; at + 8 <= bytes.length; at += 8 + view.getUint32(at + 4, true) + (view.getUint32(at + 4, true) % 2))
    if (startsWith(bytes, "VP8 ", at)) return true;
  return false;
}

/** Whether a file may hold the numbers of a palette. */
function mayHavePalette(bytes: Uint8Array): boolean {
  return startsWith(bytes, "\x89PNG") ? bytes[25] === 3 : ["BM", "II", "MM"].some((magic) => startsWith(bytes, magic));
}

/** Whether colours are only what loss makes of grey. */
function isNearlyGrey(image: StoredImage): boolean {
  const [red, green, blue] = [0, 1, 2].map((channel) => plane(image, channel));
  return red.every((level, i) => Math.max(level, green[i], blue[i]) - Math.min(level, green[i], blue[i]) <= nearGrey);
}

/** Grey values, or colours as 0xRRGGBB, of all pixels. */
function pixelValues(image: StoredImage): ArrayLike<number> {
  if (image.channels === 1) return image.samples;
  const [red, green, blue] = [0, 1, 2].map((channel) => plane(image, channel));
  return Int32Array.from(red, (_, i) => (red[i] << 16) | (green[i] << 8) | blue[i]);
}

async function readMask(one: Case, palette: PaletteReading, channels?: 3): Promise<FoundMask> {
  const file = one.maskPath as string;
  const bytes = await readBytes(file);
  const decoded = await decodeImage(bytes, file, palette);
  const image = maskImage(decoded);
  const lossy = isLossy(bytes);
  const grey = isGrey(image) || (lossy && isNearlyGrey(image));
  const coloured = channels === 3 || !grey;
  const [height, width] = image.grid.shape;
  const pixels = pixelValues(toChannels(image, coloured ? 3 : 1));
  const tally = tallyMask({ pixels, height, width, coloured, lossy });
  const inAlpha = image !== decoded;
  return { file, split: one.split, grey, inAlpha, mayHavePalette: mayHavePalette(bytes), tally };
}

async function readSome(cases: readonly Case[], guesses: string[], ...how: [PaletteReading, 3?]): Promise<FoundMask[]> {
  const found = await mapLimited(cases, 2, (one) => readable(guesses, () => readMask(one, ...how)));
  return found.flat();
}

/** Masks of a single value, as of cases without any class, are grey also where the others are coloured. */
function isPlain({ tally }: FoundMask): boolean {
  return tally.values.size === 1;
}

/** Masks of a split until some hold more than one value. */
async function readSplit(cases: readonly Case[], guesses: string[]): Promise<{ read: Case[]; found: FoundMask[] }> {
  const read = spread(cases, masksRead);
  const found = await readSome(read, guesses, "indices");
  const seen = new Set(read);
  const rest = spread(cases, moreRead).filter((one) => !seen.has(one));
  while (rest.length > 0 && found.every(isPlain)) {
    const next = rest.splice(0, masksRead);
    read.push(...next);
    found.push(...(await readSome(next, guesses, "indices")));
  }
  return { read, found };
}

function namePictures(inColour: readonly FoundMask[], guesses: string[]): void {
  guesses.push(
    `${inColour.map(({ file }) => file).join(", ")}: in colour, while the other masks are grey; replace ` +
      `${inColour.length === 1 ? "it" : "them"} by the mask of the image`,
  );
}

function nameAlpha(inAlpha: readonly FoundMask[], guesses: string[]): void {
  if (inAlpha.length === 0) return;
  const masks = inAlpha.length === 1 ? "the mask" : `${inAlpha.length} masks, the first`;
  const drawn = inAlpha.length === 1 ? "is drawn" : "are drawn";
  guesses.push(
    `${masks} ${inAlpha[0].file}, ${drawn} in the alpha channel over a single colour: alpha is read as the mask`,
  );
}

function valuesBySplit(masks: readonly FoundMask[]): Map<Split, number[]> {
  const bySplit = new Map<Split, number[]>();
  for (const { split, tally } of masks)
    bySplit.set(
      split,
      [...new Set([...(bySplit.get(split) ?? []), ...tally.values.keys()])].sort((a, b) => a - b),
    );
  return bySplit;
}

function tallyOf(masks: readonly FoundMask[]): MaskTally {
  return addTallies(masks.map(({ tally }) => tally));
}

/**
 * Looks into the masks of a domain; nothing where there is none that can be read.
 * @param splits  the cases of each split
 * @param guesses receives a sentence for every file that cannot be read or is no mask
 */
export async function readDomainMasks(
  splits: readonly (readonly Case[])[],
  guesses: string[],
): Promise<DomainMasks | undefined> {
  const read: Case[] = [];
  const found: FoundMask[] = [];
  for (const cases of splits) {
    const masked = cases.filter((one) => one.maskPath !== undefined);
    const some = await readSplit(masked, guesses);
    read.push(...some.read);
    found.push(...some.found);
  }
  if (found.length === 0) return undefined;
  nameAlpha(
    found.filter(({ inAlpha }) => inAlpha),
    guesses,
  );
  const inColour = found.filter(({ grey }) => !grey);
  const grey = found.filter((one) => one.grey);
  const coloured = inColour.length > 0 && inColour.length >= grey.filter((one) => !isPlain(one)).length;
  if (!coloured && inColour.length > 0) namePictures(inColour, guesses);
  const inColours = () => readSome(read, [], "colours", 3);
  const asColours = async () => {
    const again = await readSome(read, [], "colours");
    return tallyOf(again.every((one) => one.grey) ? again : await inColours());
  };
  const used = coloured ? await inColours() : grey;
  const paletted = !coloured && used.some((one) => one.mayHavePalette);
  return { tally: tallyOf(used), values: valuesBySplit(used), ...(paletted ? { asColours } : {}) };
}
