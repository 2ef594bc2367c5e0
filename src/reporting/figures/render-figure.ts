/** From specification to SVG and PNG, without a browser. Nothing is fetched: data are inside the specifications. */
import { loader, parse, resetSVGDefIds, View, Error as vegaError } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { svgToPng } from "../../drawing/svg.js";
import { measureTextByWidths } from "../../drawing/text-width.js";
import { dataColours } from "./theme.js";

/** Ink and paper of pictures that stand alone. */
const ink = "#1d2127";
const paper = "#ffffff";

/** Pixels of a PNG for each CSS pixel. */
const pngScale = 2;

/** A loader that refuses: a specification that names a file or an address is a defect. */
function sealedLoader() {
  const sealed = loader();
  sealed.load = async (uri) => {
    throw new Error(`internal: a figure wanted to load ${uri}`);
  };
  return sealed;
}

/** The figure as an SVG document whose ink is `currentColor`, dark unless the surroundings say otherwise. */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  measureTextByWidths();
  // Clip paths are numbered through all pictures of a process; the same figure shall be the same bytes.
  resetSVGDefIds();
  const view = new View(parse(compile(spec).spec), {
    renderer: "none",
    loader: sealedLoader(),
    logLevel: vegaError,
  });
  try {
    const svg = await view.toSVG();
    return svg.replace("<svg ", `<svg color="${ink}" `);
  } finally {
    view.finalize();
  }
}

/** A figure's SVG as PNG on white, in a font that comes with dimseg. */
export function renderPng(svg: string): Uint8Array {
  const width = Number(/ width="([\d.]+)"/.exec(svg)?.[1]);
  const onPaper = svg.replace(/<svg [^>]*>/, (root) => `${root}<rect width="100%" height="100%" fill="${paper}"/>`);
  return svgToPng(onPaper, pngScale * width);
}

/**
 * The SVG for a page that holds several: ids that are its own, colours that the page may change by scheme, and no roles
 * of its parts, since the page describes the whole.
 */
export function inlineSvg(svg: string, id: string): string {
  return svg
    .replace(/<\?xml[^>]*>|<!DOCTYPE[^>]*>/g, "")
    .replace(/ color="[^"]*"/, "")
    .replaceAll(/<[^>]*>/g, (tag) => tag.replaceAll(/ (?:role|aria-[a-z]+)="[^"]*"/g, ""))
    .replaceAll(/\bid="((?:clip|gradient)[^"]*)"/g, `id="${id}-$1"`)
    .replaceAll(/url\(#((?:clip|gradient)[^)]*)\)/g, `url(#${id}-$1)`)
    .replaceAll(new RegExp(`"(${dataColours.join("|")})"`, "gi"), (_, colour: string) => {
      const index = (dataColours as readonly string[]).indexOf(colour.toLowerCase());
      return `"var(--data-${index + 1})"`;
    });
}
