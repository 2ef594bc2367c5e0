/**
 * Where the image lies on the stage: its scale and the place of its first corner, in CSS pixels. Places on the
 * image are in its pixels, with (0, 0) at the corner of the first one.
 */
import type { Size } from "../model/box.js";
import type { Point } from "../model/brush.js";

/** How an image is seen, and where its first corner lies on the stage. */
export interface View {
  /** CSS pixels that an image pixel is wide. */
  readonly scale: number;
  /** How many times as tall as wide image pixels are: slices of volumes may be further apart than their pixels. */
  readonly tall: number;
  readonly x: number;
  readonly y: number;
}

/** CSS pixels kept free around an image that is fitted. */
const margin = 16;

/** CSS pixels per image pixel at most. */
const largestScale = 64;

/** CSS pixels of the image that stay in sight, so that nobody loses it. */
const keptInSight = 48;

/** The whole image in the middle of the stage. */
export function fitView(image: Size, stage: Size, tall = 1): View {
  const [width, height] = [Math.max(stage.width - 2 * margin, 1), Math.max(stage.height - 2 * margin, 1)];
  const scale = Math.min(width / image.width, height / (tall * image.height), largestScale);
  const [x, y] = [(stage.width - scale * image.width) / 2, (stage.height - scale * tall * image.height) / 2];
  return { scale, tall, x, y };
}

/** The place on the image under one of the stage. */
export function toImage({ scale, tall, x, y }: View, at: Point): Point {
  return { x: (at.x - x) / scale, y: (at.y - y) / (scale * tall) };
}

/** The place on the stage over one of the image. */
export function toStage({ scale, tall, x, y }: View, at: Point): Point {
  return { x: x + scale * at.x, y: y + scale * tall * at.y };
}

/** A view from which some of the image is in sight and that is no larger or smaller than makes sense. */
function held(view: View, image: Size, stage: Size): View {
  const [width, height] = [view.scale * image.width, view.scale * view.tall * image.height];
  const hold = (at: number, length: number, room: number) =>
    Math.min(Math.max(at, Math.min(keptInSight, length) - length), room - Math.min(keptInSight, length));
  return { ...view, x: hold(view.x, width, stage.width), y: hold(view.y, height, stage.height) };
}

/** Moves the image by CSS pixels. */
export function panView(view: View, by: Point, image: Size, stage: Size): View {
  return held({ ...view, x: view.x + by.x, y: view.y + by.y }, image, stage);
}

/** Enlarges so many times; the place of the image under `at` stays where it is. */
export function zoomView(view: View, factor: number, at: Point, image: Size, stage: Size): View {
  const smallest = Math.min(fitView(image, stage, view.tall).scale / 2, 1);
  const scale = Math.min(Math.max(view.scale * factor, smallest), largestScale);
  const under = toImage(view, at);
  const { tall } = view;
  return held({ scale, tall, x: at.x - scale * under.x, y: at.y - scale * tall * under.y }, image, stage);
}

/** Two fingers that moved: what lay between them still does, as much larger as they are further apart. */
export function pinchView(
  view: View,
  from: readonly [Point, Point],
  to: readonly [Point, Point],
  image: Size,
  stage: Size,
): View {
  const middle = ([a, b]: readonly [Point, Point]) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const apart = ([a, b]: readonly [Point, Point]) => Math.max(Math.hypot(a.x - b.x, a.y - b.y), 1);
  const [before, after] = [middle(from), middle(to)];
  const moved = { ...view, x: view.x + after.x - before.x, y: view.y + after.y - before.y };
  return zoomView(moved, apart(to) / apart(from), after, image, stage);
}

/** Moves the image just as far as it takes to see a place of it. */
export function showPlace(view: View, at: Point, image: Size, stage: Size): View {
  const { x, y } = toStage(view, at);
  const into = (value: number, room: number) =>
    Math.min(Math.max(value, Math.min(keptInSight, room / 2)), room - Math.min(keptInSight, room / 2)) - value;
  return panView(view, { x: into(x, stage.width), y: into(y, stage.height) }, image, stage);
}
