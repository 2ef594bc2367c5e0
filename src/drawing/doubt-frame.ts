/** The frame round a picture whose outlines are in doubt: hatched in orange and black, so that no image hides it. */

const colours = [
  [230, 159, 0],
  [0, 0, 0],
] as const;

/** A stroke and the sides of a hatch by the picture's longer side. */
const widthShare = 1 / 60;

function frameWidth(height: number, width: number): number {
  return Math.max(2, Math.round(Math.max(height, width) * widthShare));
}

/** Paints the frame into a picture. @param picture RGB `[H, W, 3]`, changed in place */
export function paintDoubtFrame(
  picture: Uint8Array,
  { height, width }: { readonly height: number; readonly width: number },
): void {
  const stroke = frameWidth(height, width);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (Math.min(x, y, width - 1 - x, height - 1 - y) >= stroke) continue;
      picture.set(colours[Math.floor((x + y) / (2 * stroke)) % 2], 3 * (y * width + x));
    }
}

/** The same as SVG elements over a picture of this size. */
export function doubtFrameSvg({ height, width }: { readonly height: number; readonly width: number }): string {
  const stroke = frameWidth(height, width);
  const [bright, dark] = colours.map((colour) => `rgb(${colour.join(",")})`);
  const place = `x="${stroke / 2}" y="${stroke / 2}" width="${width - stroke}" height="${height - stroke}"`;
  const rect = (colour: string, dash: string) =>
    `<rect ${place} fill="none" stroke="${colour}" stroke-width="${stroke}"${dash}/>`;
  return rect(dark, "") + rect(bright, ` stroke-dasharray="${2 * stroke}"`);
}
