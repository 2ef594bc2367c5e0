/** Which colour every byte of a mask is filled with, and which one the edge between two bytes has. */
import { ignoredLabel, type TargetKind } from "../../../../core/target-kind.js";
import { type Part, withOuterParts } from "../model/parts.js";

/** Colours as canvases keep them in 32-bit words: alpha, blue, green and red from the highest byte on. */
export interface OverlayColours {
  /** Of each byte; 0 where nothing is filled. */
  readonly fill: Uint32Array;
  /** Of pixels with byte a beside pixels with byte b, at `256 a + b`; 0 where there is no edge. */
  readonly edge: Uint32Array;
}

/** What is shown of the parts. */
export interface OverlayLook {
  readonly parts: readonly Part[];
  readonly target: TargetKind;
  /** Values of parts that are not shown. */
  readonly hidden: ReadonlySet<number>;
}

function wordOf(colours: readonly string[], alpha: number): number {
  const mean = (from: number) =>
    Math.round(colours.reduce((sum, one) => sum + Number.parseInt(one.slice(from, from + 2), 16), 0) / colours.length);
  return ((Math.round(alpha * 255) << 24) | (mean(5) << 16) | (mean(3) << 8) | mean(1)) >>> 0;
}

/** The parts that a byte shows, by a function of the byte. */
function partsShown({ parts, target, hidden }: OverlayLook): (code: number) => readonly Part[] {
  // The background is what is under the parts, and no part.
  const shown = parts.filter(({ value }) => !hidden.has(value) && (target === "sigmoid" || value !== 0));
  return (code) =>
    target === "softmax" || code === ignoredLabel
      ? shown.filter(({ value }) => value === code)
      : shown.filter(({ value }) => value !== ignoredLabel && (code >> value) & 1);
}

/** Those that no other one lies in: of a cup and its disc the cup. */
function innermost(some: readonly Part[], parts: readonly Part[]): readonly Part[] {
  const around = new Set(some.flatMap((one) => withOuterParts(one, parts).slice(1)));
  return some.filter((one) => !around.has(one));
}

/** The colour of the innermost of some parts, where there are several the mean of theirs; 0 of none. */
function colourOf(some: readonly Part[], parts: readonly Part[], alpha: number): number {
  const top = innermost(some, parts).map(({ colour }) => colour);
  return top.length === 0 ? 0 : wordOf(top, alpha);
}

/** What each byte is filled with, so many parts in one opaque. */
export function fillColours(look: OverlayLook, opacity: number): Uint32Array {
  const shown = partsShown(look);
  return Uint32Array.from({ length: 256 }, (_, code) => colourOf(shown(code), look.parts, opacity));
}

/** The edges between all bytes; made anew when the look changes, not for every stroke. */
export function edgeColours(look: OverlayLook): Uint32Array {
  const of = partsShown(look);
  const shown = Array.from({ length: 256 }, (_, code) => of(code));
  const edge = new Uint32Array(65536);
  shown.forEach((here, a) => {
    if (here.length === 0) return;
    shown.forEach((there, b) => {
      const left = here.filter((part) => !there.includes(part));
      edge[256 * a + b] = colourOf(left, look.parts, 1);
    });
  });
  return edge;
}
