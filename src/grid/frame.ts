/**
 * How pictures of any shape come into the frame that a network of pictures works at, and where its answers lie in them.
 * Rows and columns are the last two axes, so that a stack of slices is framed as each of them is.
 */
import { boxGrid, cutBox } from "./box.js";
import { type Grid, resampledGrid } from "./grid.js";
import { resizeNearest } from "./resize.js";
import type { Samples } from "./stored-image.js";

/** Height and width in pixels. */
export interface FrameSize {
  readonly height: number;
  readonly width: number;
}

/**
 * `stretch` gives rows and columns each the frame's number, whatever becomes of shapes; `pad` keeps shapes and everything,
 * with nothing beside the picture; `crop` keeps shapes and the middle, as much as fills the frame.
 */
export const frameModes = ["stretch", "pad", "crop"] as const;
/** One of {@link frameModes}. */
export type FrameMode = (typeof frameModes)[number];

/** What networks of pictures work at. */
export interface Frame extends FrameSize {
  readonly mode: FrameMode;
}

/** Rows and columns of something larger, in its pixels. */
export interface Area extends FrameSize {
  readonly top: number;
  readonly left: number;
}

/** Which part of a picture is seen, in its pixels, and which part of the frame that fills. */
export interface FramePlacement {
  readonly seen: Area;
  readonly filled: Area;
}

/** As many pixels in the middle of so many; where they cannot lie evenly, one more after than before. */
function centred(from: FrameSize, { height, width }: FrameSize): Area {
  return { top: Math.floor((from.height - height) / 2), left: Math.floor((from.width - width) / 2), height, width };
}

/** A length in whole pixels, at least one and at most so many. */
function pixels(length: number, most: number): number {
  return Math.min(Math.max(Math.round(length), 1), most);
}

/**
 * Where a picture lies in a frame. Its shape is that of its pixels, which are oblong where its spacing says so.
 * @param picture its grid, or that of a stack of slices
 */
export function placeInFrame({ shape, spacing }: Pick<Grid, "shape" | "spacing">, frame: Frame): FramePlacement {
  const [height, width] = shape.slice(-2);
  const whole = { top: 0, left: 0 };
  const [picture, all] = [
    { ...whole, height, width },
    { ...whole, height: frame.height, width: frame.width },
  ];
  if (frame.mode === "stretch") return { seen: picture, filled: all };
  const pixel = spacing?.slice(-2) ?? [1, 1];
  // How tall a pixel of the picture is beside its width.
  const tallness = pixel[0] / pixel[1];
  // Pixels of the frame for a row and for a column of the picture.
  const scales = [frame.height / (height * tallness), frame.width / width];
  if (frame.mode === "pad") {
    const scale = Math.min(...scales);
    const size = {
      height: pixels(height * tallness * scale, frame.height),
      width: pixels(width * scale, frame.width),
    };
    return { seen: picture, filled: centred(frame, size) };
  }
  const scale = Math.max(...scales);
  const size = {
    height: pixels(frame.height / (tallness * scale), height),
    width: pixels(frame.width / scale, width),
  };
  return { seen: centred(picture, size), filled: all };
}

/** Whether an area is all of what it lies in. */
export function isWhole({ height, width }: Area, all: FrameSize): boolean {
  return height === all.height && width === all.width;
}

/** The grid of a picture, or of each slice of a stack, in a frame. */
export function framedGrid(grid: Grid, frame: Frame): Grid {
  const { seen, filled } = placeInFrame(grid, frame);
  const before = grid.shape.slice(0, -2);
  const start = ({ top, left }: Area, sign: 1 | -1) => [...before.map(() => 0), sign * top, sign * left];
  const sides = ({ height, width }: FrameSize) => [...before, height, width];
  const [rows, columns] = grid.shape.slice(-2);
  const cut = isWhole(seen, { height: rows, width: columns }) ? grid : boxGrid(grid, start(seen, 1), sides(seen));
  const resized = resampledGrid(cut, sides(filled));
  return isWhole(filled, frame) ? resized : boxGrid(resized, start(filled, -1), sides(frame));
}

/**
 * Brings planes `[P, H, W]` of a picture into a frame, `[P, height, width]`; what the picture does not fill is 0: black in
 * images and background in label maps, as what lies outside of volumes and of turned images is.
 * @param resize from `[H, W]` to `[height, width]`
 */
export function intoFrame<T extends Samples>(
  planes: T,
  picture: Pick<Grid, "shape" | "spacing">,
  frame: Frame,
  resize: (planes: T, from: readonly number[], to: readonly number[]) => T,
): T {
  const { seen, filled } = placeInFrame(picture, frame);
  const [height, width] = picture.shape;
  const cut = isWhole(seen, { height, width })
    ? planes
    : cutBox(planes, picture.shape, [seen.top, seen.left], [seen.height, seen.width]);
  const resized = resize(cut, [seen.height, seen.width], [filled.height, filled.width]);
  if (isWhole(filled, frame)) return resized;
  return cutBox(resized, [filled.height, filled.width], [-filled.top, -filled.left], [frame.height, frame.width]);
}

/** A picture, or a stack of slices, that was brought into a frame. */
export interface Framed {
  /** As its file holds it. */
  readonly stored: Grid;
  /** Of the frame. */
  readonly working: Grid;
  /** Missing where it was stretched, or resampled whole. */
  readonly mode?: FrameMode;
}

/** How it came into the frame. */
export function modeOf({ mode = "stretch" }: Pick<Framed, "mode">): FrameMode {
  return mode;
}

/** Where it lies in the frame. */
export function placementOf(framed: Framed): FramePlacement {
  const [height, width] = framed.working.shape.slice(-2);
  return placeInFrame(framed.stored, { height, width, mode: modeOf(framed) });
}

/** Planes `[P, height, width]` on a picture's frame with 0 where the picture does not lie. */
export function withoutMargin<T extends Samples>(planes: T, framed: Framed): T {
  const { top, left, height, width } = placementOf(framed).filled;
  const [rows, columns] = framed.working.shape;
  if (isWhole({ top, left, height, width }, { height: rows, width: columns })) return planes;
  const inside = cutBox(planes, [rows, columns], [top, left], [height, width]);
  return cutBox(inside, [height, width], [-top, -left], [rows, columns]);
}

/**
 * Planes `[P, height, width]` on a picture's frame, or on that of a stack of slices one after the other, as planes of the
 * stored size, by the nearest pixels; 0 where the picture was not seen.
 */
export function outOfFrame<T extends Samples>(planes: T, framed: Framed): T {
  const { seen, filled } = placementOf(framed);
  const sides = [seen.height, seen.width];
  const inside = cutBox(
    planes,
    framed.working.shape.slice(-2),
    [filled.top, filled.left],
    [filled.height, filled.width],
  );
  const resized = resizeNearest(inside, [filled.height, filled.width], sides);
  return cutBox(resized, sides, [-seen.top, -seen.left], framed.stored.shape.slice(-2));
}

/** A frame in short, as files keep it: of a stretched square its side in pixels. */
export type FrameRecord = number | Frame;

/** A frame in short. */
export function frameRecord(frame: Frame): FrameRecord {
  const { height, width, mode } = frame;
  return mode === "stretch" && height === width ? height : { height, width, mode };
}

/** The frame that is meant. */
export function frameOf(record: FrameRecord): Frame {
  return typeof record === "number" ? { height: record, width: record, mode: "stretch" } : record;
}

const modeText: Record<FrameMode, string> = { stretch: "", pad: ", padded", crop: ", cropped" };

/** The frame as people write it, width first: `256 x 256 pixels`, or `320 x 192 pixels, padded`. */
export function frameText({ height, width, mode }: Frame): string {
  return `${width} x ${height} pixels${modeText[mode]}`;
}
