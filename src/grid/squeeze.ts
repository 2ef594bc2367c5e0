/** How much the shape of what a picture shows is changed by a frame that stretches it. */
import type { Frame } from "./frame.js";
import type { Grid } from "./grid.js";

type Shaped = Pick<Grid, "shape" | "spacing">;

/** Up to so many times as oblong, or less so, a picture counts as kept in shape. */
export const keptShape = 1.1;

/** Height of a picture, or of the slices of a stack, beside its width, in millimetres where they are known. */
export function heightToWidth({ shape, spacing }: Shaped): number {
  const [height, width] = shape.slice(-2).map((side, axis) => side * (spacing?.slice(-2)[axis] ?? 1));
  return height / width;
}

/** How many times as oblong, or less so, a picture becomes, at least 1; 1 where the frame keeps shapes. */
export function squeeze(picture: Shaped, { height, width, mode }: Frame): number {
  if (mode !== "stretch") return 1;
  const change = heightToWidth(picture) / (height / width);
  return Math.max(change, 1 / change);
}
