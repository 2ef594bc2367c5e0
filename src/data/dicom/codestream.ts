/** What the compressed data of a frame says of its size: asked before a decoder allocates memory for it. */
import { segments } from "../formats/jpeg.js";

/** The size of a compressed frame. */
export interface CodestreamSize {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Bits a sample. */
  readonly bits: number;
}

/** Start of frame of each kind of JPEG that dimseg reads in DICOM; T.87 calls JPEG-LS's 55. */
const framesOf = { jpeg: [0xc0, 0xc1, 0xc2], jpegLossless: [0xc3], jpegLs: [0xf7] };

/** The size of a JPEG or JPEG-LS frame; undefined when there is none of that kind. */
export function jpegSize(bytes: Uint8Array, kind: keyof typeof framesOf): CodestreamSize | undefined {
  for (const { marker, content } of segments(bytes)) {
    if (!framesOf[kind].includes(marker) || content.length < 6) continue;
    const view = new DataView(content.buffer, content.byteOffset);
    return { bits: content[0], height: view.getUint16(1), width: view.getUint16(3), components: content[5] };
  }
  return undefined;
}

/** More tiles are no frame of an image: each costs a decoder memory of its own. */
const maxTiles = 4096;

/** The size of a JPEG 2000 codestream (T.800 A.5.1), also within JP2 boxes; undefined when there is none that is read. */
export function jpeg2000Size(bytes: Uint8Array): CodestreamSize | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf("ff4fff51", "hex");
  if (start < 0 || start + 45 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start);
  const [right, bottom, left, top] = [8, 12, 16, 20].map((at) => view.getUint32(at));
  const [tileWidth, tileHeight] = [view.getUint32(24), view.getUint32(28)];
  const [width, height, components] = [right - left, bottom - top, view.getUint16(40)];
  const tiles = Math.ceil(right / tileWidth) * Math.ceil(bottom / tileHeight);
  if (width < 1 || height < 1 || !(tiles <= maxTiles) || view.byteLength < 42 + 3 * components) return undefined;
  const bits = (view.getUint8(42) & 127) + 1;
  for (let c = 0; c < components; c++) {
    const at = 42 + 3 * c;
    const whole = view.getUint8(at + 1) === 1 && view.getUint8(at + 2) === 1;
    if (!whole || (view.getUint8(at) & 127) + 1 !== bits) return undefined;
  }
  return { width, height, components, bits };
}
