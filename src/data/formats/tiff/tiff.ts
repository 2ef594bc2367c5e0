/** TIFF: decoded by sharp, after a look at the directory for what libvips does not tell or takes for something else. */
import { DataError } from "../../../core/errors.js";
import { checkPixels, checkScans, type Format, type PaletteReading, startsWith } from "../format.js";
import { decodeFailure, decodeRaster, imageHeader, pixelBytes, type RasterHeader } from "../raster.js";
import { unstretched } from "../stretched.js";
import { TiffDirectory } from "./directory.js";

const tags = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  samples: 277,
  stripRows: 278,
  colourMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  extraSamples: 338,
  sampleFormat: 339,
} as const;

/** Values of PhotometricInterpretation. */
const photometrics = { whiteIsZero: 0, blackIsZero: 1, rgb: 2, palette: 3, cmyk: 5, yCbCr: 6, lab: 8 } as const;

/** Values of ExtraSamples that mean alpha, multiplied into the colours or not; 0 is a channel of no known meaning. */
const associatedAlpha = 1;
const plainAlpha = 2;

/** Compression by JPEG, one picture of its own in each strip or tile. */
const jpegCompression = 7;
const startOfScan = Buffer.from([0xff, 0xda]);

/** Values of SampleFormat in words, unsigned integers first. */
const sampleFormats = ["", "uint", "int", "float", "undefined", "complex int", "complex float"];

function openDirectory(bytes: Uint8Array, file: string): TiffDirectory {
  const directory = TiffDirectory.read(bytes);
  if (!directory) throw decodeFailure({ file, format: "TIFF" });
  if (directory.count === 1) return directory;
  throw new DataError(`${file}: holds ${directory.count} pages; dimseg reads single 2-D images, so split it`);
}

/** Channels of a colour space. @throws DataError for one that is not read */
function channelsOf(photometric: number, file: string): 1 | 3 {
  const { whiteIsZero, blackIsZero, palette, rgb, yCbCr } = photometrics;
  if (photometric === whiteIsZero || photometric === blackIsZero || photometric === palette) return 1;
  if (photometric === rgb || photometric === yCbCr) return 3;
  const name = Object.entries(photometrics).find(([, value]) => value === photometric)?.[0];
  throw new DataError(`${file}: has the colour space ${name ?? `number ${photometric}`}; save it as grey or RGB`);
}

/** Bits of a sample. @throws DataError when samples are no unsigned integers of a depth that is read */
function bitsOf(directory: TiffDirectory, samples: number, file: string): number {
  const bits = directory.values(tags.bits) ?? [1];
  const format = directory.value(tags.sampleFormat) ?? 1;
  if (format !== 1 || bits[0] > 16)
    throw new DataError(
      `${file}: has samples of type ${sampleFormats[format] ?? "unknown"}${bits[0]}; save it with 8 or 16 bits a sample`,
    );
  const isRead = [8, 16].includes(bits[0]) || (samples === 1 && [1, 2, 4].includes(bits[0]));
  if (isRead && bits.every((other) => other === bits[0])) return bits[0];
  throw new DataError(`${file}: has ${bits.join(", ")} bits a sample; save it with 8 or 16 bits a sample`);
}

/** Whether there is alpha. @throws DataError when there are channels beside the colours that are not alpha */
function hasAlpha(directory: TiffDirectory, samples: number, colours: number, file: string): boolean {
  if (samples === colours) return false;
  const meaning = directory.value(tags.extraSamples);
  if (samples === colours + 1 && (meaning === associatedAlpha || meaning === plainAlpha)) return true;
  throw new DataError(
    samples === 2
      ? `${file}: holds 2 channels, neither is alpha; save the one you mean`
      : `${file}: holds ${samples} channels, more than colours and alpha; save those you mean as grey or RGB`,
  );
}

/** What is read of the file, and how. */
interface TiffHeader extends RasterHeader {
  readonly bits: number;
  /** Whether samples are places in a table of colours. */
  readonly isPalette: boolean;
}

/** @throws DataError when the picture is of a kind or size that is not read */
function readHeader(directory: TiffDirectory, file: string, palette: PaletteReading): TiffHeader {
  const [width, height] = [directory.value(tags.width) ?? 0, directory.value(tags.height) ?? 0];
  checkPixels(width, height, file);
  const photometric = directory.value(tags.photometric);
  const samples = directory.value(tags.samples) ?? 1;
  if (photometric === undefined || samples === 0) throw decodeFailure({ file, format: "TIFF" });
  const colours = channelsOf(photometric, file);
  const alpha = hasAlpha(directory, samples, colours, file);
  const bits = bitsOf(directory, samples, file);
  const isPalette = photometric === photometrics.palette;
  const inColour = isPalette && palette === "colours";
  if (inColour && directory.values(tags.colourMap)?.length !== 3 * 2 ** bits)
    throw new DataError(`${file}: has no colour for each of its palette's numbers; save it as grey or RGB`);
  const kind = { channels: inColour ? 3 : colours, alpha, sampleType: bits > 8 ? "uint16" : "uint8" } as const;
  checkPixels(width, height, file, pixelBytes(kind));
  const tileWidth = directory.value(tags.tileWidth);
  if (tileWidth !== undefined)
    checkPixels(tileWidth, directory.value(tags.tileHeight) ?? 0, `${file}: a tile`, pixelBytes(kind));
  return { width, height, ...kind, orientation: directory.orientation, bits, isPalette };
}

/**
 * The file with nothing done to its numbers on the way: palette and inverted grey (as ImageJ saves label maps with an
 * inverting table) declared as grey, colours that alpha was multiplied into as ones that it was not. Only pictures of one
 * bit, which is black or white and no number, stay as they are shown.
 */
function withoutTables(
  bytes: Uint8Array,
  directory: TiffDirectory,
  { bits, isPalette, alpha }: TiffHeader,
): Uint8Array {
  const inverted = directory.value(tags.photometric) === photometrics.whiteIsZero && bits > 1;
  if (!isPalette && !inverted && !alpha) return bytes;
  const copy = Buffer.from(bytes);
  if (isPalette || inverted) directory.overwrite(copy, tags.photometric, photometrics.blackIsZero);
  if (alpha) directory.overwrite(copy, tags.extraSamples, plainAlpha);
  return copy;
}

/** Refuses strips and tiles that are drawn over and over. @throws DataError as checkScans does */
function checkJpegScans(
  bytes: Uint8Array,
  directory: TiffDirectory,
  { width, height, channels }: TiffHeader,
  file: string,
) {
  if (directory.value(tags.compression) !== jpegCompression) return;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let scans = 0;
  for (let at = view.indexOf(startOfScan); at >= 0; at = view.indexOf(startOfScan, at + 2)) scans++;
  const pieceWidth = directory.value(tags.tileWidth) ?? width;
  const pieceHeight = directory.value(tags.tileHeight) ?? Math.min(height, directory.value(tags.stripRows) ?? height);
  checkScans(scans, pieceWidth, pieceHeight, channels, file);
}

export const tiffFormat: Format = {
  name: "TIFF",
  summary: "grey, RGB and palette pictures of one page, 1 to 16 bits; palette masks give their numbers",
  source: "TIFF 6.0, BigTIFF; libvips, its directory by own code",
  extensions: ["tif", "tiff"],
  sniff: (head) => ["II*\0", "MM\0*", "II+\0", "MM\0+"].some((magic) => startsWith(head, magic)),
  async read(bytes, file, palette) {
    const directory = openDirectory(bytes, file);
    const header = readHeader(directory, file, palette);
    checkJpegScans(bytes, directory, header, file);
    if (palette === "colours") return decodeRaster({ bytes, file, format: "TIFF" }, header);
    const plain = withoutTables(bytes, directory, header);
    const image = await decodeRaster({ bytes: plain, file, format: "TIFF" }, header);
    return header.isPalette ? unstretched(image, header.bits) : image;
  },
  header: async (bytes, file) => imageHeader(readHeader(openDirectory(bytes, file), file, "colours"), file),
};
