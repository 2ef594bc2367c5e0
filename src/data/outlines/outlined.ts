/** What people drew around in images with annotation tools, whatever the file format. */
import { type Polygon, togglePolygon } from "../../grid/polygon.js";

/** A mask `[rows, columns]` of 0 and 1 that objects are drawn into. */
export interface Canvas {
  readonly mask: Uint8Array;
  readonly rows: number;
  readonly columns: number;
}

/** An object of one class. */
export interface OutlinedObject {
  readonly className: string;
  /** Sets its pixels: those whose centres it encloses. @throws DataError when it is of an image of another size */
  draw(canvas: Canvas): void;
}

/** An image as a file of outlines names it. */
export interface OutlinedImage {
  /** A path or a name. */
  readonly name: string;
  /** In pixels, where the file says it. */
  readonly size: readonly [width: number, height: number] | null;
  readonly objects: readonly OutlinedObject[];
  /** Annotations that enclose nothing: boxes, points, lines. */
  readonly others: number;
}

/** A format of annotation tools. */
export interface OutlineFormat {
  readonly title: string;
  /** Whether a file's content is of this format. */
  matches(content: object): boolean;
  /** @throws DataError naming what is not as the format has it */
  read(content: object, file: string): OutlinedImage[];
}

/** From which pixel to before which one corners reach along x (0) or y (1); outlines may have more corners than calls arguments. */
function extent(polygon: Polygon, axis: 0 | 1, pixels: number): readonly [number, number] {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const corner of polygon) [lowest, highest] = [Math.min(lowest, corner[axis]), Math.max(highest, corner[axis])];
  const within = (value: number) => Math.min(pixels, Math.max(0, value));
  return [within(Math.floor(lowest)), within(Math.ceil(highest) + 1)];
}

/**
 * Sets the pixels whose centres lie in a polygon.
 * @param corners in pixels, where the corner of the first pixel is (0, 0), as annotation tools count
 */
export function fillPolygon({ mask, rows, columns }: Canvas, corners: Polygon): void {
  const polygon: Polygon = corners.map(([x, y]) => [x - 0.5, y - 0.5]);
  const [left, right] = extent(polygon, 0, columns);
  const [top, bottom] = extent(polygon, 1, rows);
  const width = right - left;
  if (width <= 0 || bottom <= top) return;
  const inside = new Uint8Array(width * (bottom - top));
  togglePolygon(inside, width, polygon, { x: left, y: top });
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) if (inside[(y - top) * width + x - left]) mask[y * columns + x] = 1;
}
