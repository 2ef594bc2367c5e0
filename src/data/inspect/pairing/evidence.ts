/** What the pixels of a few files tell about a folder whose name does not: masks, fields of view, copies. */
import { DataError } from "../../../core/errors.js";
import { plane, type StoredImage } from "../../../grid/stored-image.js";
import { isVolumeName } from "../../file-patterns.js";
import { toGrey } from "../../images/colour.js";
import { readImage } from "../../images/read-image.js";
import { countValues } from "../../value-counts.js";

/** Files looked at of each folder. */
const looked = 6;
/** Two fields of view of one camera agree in this share of their common area; labels of two images do not. */
const sameView = 0.95;
/** Side of the little pictures that copies are told by, and how much their grey levels may differ. */
const tiny = 8;
const sameGrey = 12;

function some(paths: readonly string[]): string[] {
  const step = Math.max(1, Math.floor(paths.length / looked));
  return paths.filter((_, i) => i % step === 0).slice(0, looked);
}

/** Volumes are told by their names and headers; their values would take too long, and are no pictures. */
async function read(path: string): Promise<StoredImage[]> {
  if (isVolumeName(path)) return [];
  try {
    return [await readImage(path, "indices")];
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    return [];
  }
}

async function readSome(paths: readonly string[]): Promise<StoredImage[]> {
  const images: StoredImage[] = [];
  for (const path of some(paths)) images.push(...(await read(path)));
  return images;
}

/** The mean grey levels of `tiny` times `tiny` blocks. */
function blocks(image: StoredImage): number[] {
  const grey = toGrey(image);
  const [height, width] = grey.grid.shape;
  const sums = new Float64Array(tiny * tiny);
  const counts = new Float64Array(tiny * tiny);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const block = Math.floor((y * tiny) / height) * tiny + Math.floor((x * tiny) / width);
      sums[block] += grey.samples[y * width + x];
      counts[block]++;
    }
  return [...sums].map((sum, i) => sum / Math.max(1, counts[i]));
}

/** Whether all files that were looked at hold two values at most, as masks do and photographs do not. */
export async function areTwoValued(paths: readonly string[]): Promise<boolean> {
  const images = await readSome(paths);
  const counts = images.map((image) => countValues(image.samples).size);
  return counts.length > 0 && counts.every((count) => count <= 2) && counts.some((count) => count === 2);
}

/**
 * Whether masks are the field of view of a camera rather than labels: the same large area in the middle of every image.
 * @returns the area's share of the image; undefined where they are something else
 */
export async function fieldOfView(paths: readonly string[]): Promise<number | undefined> {
  const masks = await readSome(paths);
  if (masks.length < 3) return undefined;
  const inside = masks.map((mask) => Array.from(plane(mask, 0), (sample) => sample > 0));
  const [first] = inside;
  const share = first.filter(Boolean).length / first.length;
  const [height, width] = masks[0].grid.shape;
  const corners = [0, width - 1, (height - 1) * width, height * width - 1];
  const isView =
    share > 0.4 &&
    share < 0.97 &&
    corners.every((at) => !first[at]) &&
    first[Math.floor(height / 2) * width + Math.floor(width / 2)];
  if (!isView) return undefined;
  const alike = inside.every((other) => {
    if (other.length !== first.length) return false;
    let [both, any] = [0, 0];
    for (let i = 0; i < first.length; i++) {
      if (first[i] && other[i]) both++;
      if (first[i] || other[i]) any++;
    }
    return both / any >= sameView;
  });
  return alike ? share : undefined;
}

/**
 * Whether pictures are smaller copies of others.
 * @param pairs a picture and the one that it may be a copy of
 */
export async function areSmallCopies(pairs: readonly (readonly [string, string])[]): Promise<boolean> {
  const step = Math.max(1, Math.floor(pairs.length / looked));
  const chosen = pairs.filter((_, i) => i % step === 0).slice(0, looked);
  let seen = 0;
  for (const [small, large] of chosen) {
    const [[a], [b]] = [await read(small), await read(large)];
    if (!a || !b) continue;
    if (a.samples.length / a.channels >= b.samples.length / b.channels) return false;
    const [x, y] = [blocks(a), blocks(b)];
    const apart = x.reduce((sum, value, i) => sum + Math.abs(value - y[i]), 0) / x.length;
    if (apart > sameGrey) return false;
    seen++;
  }
  return seen > 0;
}
