/**
 * What every SVG picture needs: text that is safe in XML, and PNG made with the fonts of this package alone, so that a
 * picture has the same bytes on every machine. Loaded where a picture is drawn, never at start-up.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Resvg } from "@resvg/resvg-js";

/** The family that pictures name in `font-family`; PNGs are always drawn with it. */
export const svgFont = "DejaVu Sans";

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Control characters, lone surrogates and what else XML 1.0 has no place for. */
const notXml = /[\p{Cc}\p{Cs}\ufffe\uffff]/gu;

/** Text that shows as itself in SVG, also inside attributes; control characters, line breaks too, become U+FFFD. */
export function escapeXml(text: string): string {
  return text.replace(notXml, "\ufffd").replace(/[&<>"']/g, (character) => entities[character]);
}

/** Text of at most this many characters, the rest replaced by an ellipsis. */
export function shorten(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}

function fontFiles(): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json"));
  return ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((name) => join(folder, "ttf", name));
}

/**
 * Draws an SVG.
 * @param width of the PNG in pixels; default the SVG's own
 * @returns the bytes of a PNG, the same on every machine
 */
export function svgToPng(svg: string, width?: number): Uint8Array {
  const picture = new Resvg(svg, {
    font: {
      loadSystemFonts: false,
      fontFiles: fontFiles(),
      defaultFontFamily: svgFont,
      sansSerifFamily: svgFont,
    },
    ...(width === undefined ? {} : { fitTo: { mode: "width", value: width } }),
  });
  return picture.render().asPng();
}
