/** Slices as the server has them, and drawing them: the image with a layer over it. */
import { colourBytes } from "../../../core/colour-bytes.js";
import type { LayerName, MaskBytes, ShownLabel } from "../../../workflows/studio/shown/cases.js";
import { getBytes } from "../parts/server.js";

/** One slice of a layer. */
export interface Slice {
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  readonly bytes: Uint8Array;
}

/** Which slice of which case. */
export interface SlicePlace {
  readonly run: string;
  readonly id: string;
  readonly plane: number;
  readonly index: number;
}

async function fetchWithHeaders({ run, id, plane, index }: SlicePlace, layer: LayerName, signal?: AbortSignal) {
  const path = `/api/runs/${run}/cases/${id}/slices/${layer}/${plane}/${index}`;
  const { bytes, headers } = await getBytes(path, signal);
  const [rows, columns, channels] = (headers.get("x-shape") ?? "").split(",").map(Number);
  return { headers, slice: { rows, columns, channels, bytes: new Uint8Array(bytes) } satisfies Slice };
}

/** Fetches one slice. */
export async function fetchSlice(...asked: Parameters<typeof fetchWithHeaders>): Promise<Slice> {
  return (await fetchWithHeaders(...asked)).slice;
}

/** A slice of a prediction. */
export interface PredictedSlice extends Slice {
  /** What predicted it. */
  readonly answeredBy: string;
}

/** Fetches one slice of the prediction. */
export async function fetchPrediction(place: SlicePlace): Promise<PredictedSlice> {
  const { slice, headers } = await fetchWithHeaders(place, "prediction");
  return { ...slice, answeredBy: decodeURIComponent(headers.get("x-answered-by") ?? "") };
}

/** The image alone, opaque. */
export function imagePixels({ rows, columns, channels, bytes }: Slice): ImageData {
  const pixels = new ImageData(columns, rows);
  const { data } = pixels;
  for (let i = 0; i < rows * columns; i++) {
    for (let c = 0; c < 3; c++) data[4 * i + c] = bytes[channels === 3 ? 3 * i + c : i];
    data[4 * i + 3] = 255;
  }
  return pixels;
}

/** How much of the image shows through inside of an outline, in 256ths. */
const inside = 64;
const rim = 235;

/** Whether each byte of a mask holds a part. */
function holds(value: number, target: MaskBytes): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => {
    if (byte === 255) return 0;
    return target === "softmax" ? Number(byte === value) : (byte >> value) & 1;
  });
}

/** Lays parts over an image, outer ones below inner ones: their insides tinted, their rims drawn. */
export function layLabels(
  pixels: ImageData,
  { rows, columns, bytes }: Slice,
  labels: readonly ShownLabel[],
  target: MaskBytes,
): void {
  const { data } = pixels;
  for (const { value, colour } of labels) {
    const own = holds(value, target);
    const ink = colourBytes(colour);
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++) {
        const i = y * columns + x;
        if (own[bytes[i]] === 0) continue;
        const isRim =
          (x > 0 && own[bytes[i - 1]] === 0) ||
          (x < columns - 1 && own[bytes[i + 1]] === 0) ||
          (y > 0 && own[bytes[i - columns]] === 0) ||
          (y < rows - 1 && own[bytes[i + columns]] === 0);
        const share = isRim ? rim : inside;
        for (let c = 0; c < 3; c++) data[4 * i + c] += ((ink[c] - data[4 * i + c]) * share) >> 8;
      }
  }
}

/** Dark blue over purple and orange to pale yellow, as inferno runs: brighter is less sure. */
const ramp = ["#000004", "#420a68", "#932667", "#dd513a", "#fca50a", "#fcffa4"].map(colourBytes);

/** Lays doubt over an image: what is sure lets it through. */
export function layDoubt(pixels: ImageData, { bytes }: Slice): void {
  const { data } = pixels;
  for (let i = 0; i < bytes.length; i++) {
    const place = (bytes[i] / 255) * (ramp.length - 1);
    const low = Math.min(ramp.length - 2, Math.floor(place));
    const share = 0.25 + 0.7 * (bytes[i] / 255);
    for (let c = 0; c < 3; c++) {
      const colour = ramp[low][c] + (ramp[low + 1][c] - ramp[low][c]) * (place - low);
      data[4 * i + c] += (colour - data[4 * i + c]) * share;
    }
  }
}
