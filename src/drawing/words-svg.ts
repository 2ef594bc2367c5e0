/** Text over pictures: white with a dark rim, so that it is read on any grey. */
import { escapeXml, svgFont } from "./svg.js";

/** Text with its middle at `x` and `y`, in the picture's coordinates. */
export interface PictureWord {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

/** Words as an SVG group in the picture's coordinates; "" for none. @param size of the letters, in the same coordinates */
export function wordsSvg(words: readonly PictureWord[], size = 14): string {
  if (words.length === 0) return "";
  const style =
    `font-family="${svgFont}, sans-serif" font-size="${size}" font-weight="bold" text-anchor="middle" fill="#ffffff" ` +
    'stroke="#000000" stroke-width="2.4" stroke-linejoin="round" paint-order="stroke"';
  // Letters stand on a line; their middle is about a third of their size above it.
  const texts = words.map(({ text, x, y }) => `<text x="${x}" y="${y + 0.36 * size}">${escapeXml(text)}</text>`);
  return `<g class="words" ${style}>${texts.join("")}</g>`;
}
