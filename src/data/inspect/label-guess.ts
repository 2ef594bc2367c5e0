/** From the values that masks hold to classes and a label rule. */
import { luma } from "../colour.js";
import type { DatasetFileInput } from "../schema.js";
import type { MaskSample } from "./sampling.js";

export interface LabelGuess extends Pick<DatasetFileInput, "classes" | "labels"> {
  /** What was guessed, in a sentence. */
  readonly guess: string;
}

/** Masks with more different values than this are pictures or were saved with loss. */
const mostClasses = 32;

function classList(names: readonly string[]): DatasetFileInput["classes"] {
  return names.map((name, index) => ({ index, name }));
}

/** Names for `count` classes: those of a manifest where they fit, else numbered ones. */
function classNames(count: number, known: readonly string[]): string[] {
  if (known.length === count) return ["background", ...known.slice(1)];
  if (count === 2) return ["background", "foreground"];
  return Array.from({ length: count }, (_, i) => (i === 0 ? "background" : `class ${i}`));
}

function fromValues(values: readonly number[], background: number, known: readonly string[]): LabelGuess {
  const plain = values.every((value) => value < mostClasses && value < Math.max(known.length, 2 * values.length));
  // Class numbers as stored: a value that the sample happens to miss is still a class.
  const ordered = plain
    ? Array.from({ length: Math.max(known.length, 2, values[values.length - 1] + 1) }, (_, i) => i)
    : [background, ...values.filter((value) => value !== background)];
  const names = classNames(ordered.length, known);
  const map = Object.fromEntries(ordered.map((value, i) => [String(value), names[i]]));
  const meaning = ordered.map((value, i) => `${value} is ${names[i]}`).join(", ");
  return {
    classes: classList(names),
    labels: { kind: "values", map },
    guess: `masks hold ${values.length === 1 ? "the value" : "the values"} ${values.join(", ")}: ${meaning}`,
  };
}

function fromColours(colours: readonly number[], background: number, known: readonly string[]): LabelGuess {
  const ordered = [background, ...colours.filter((colour) => colour !== background)];
  const hex = ordered.map((colour) => `#${colour.toString(16).padStart(6, "0")}`);
  const names = classNames(Math.max(2, ordered.length), known);
  return {
    classes: names.map((name, index) => ({ index, name, ...(hex[index] && index > 0 ? { colour: hex[index] } : {}) })),
    labels: { kind: "colours", map: Object.fromEntries(hex.map((colour, i) => [colour, names[i]])) },
    guess: `masks hold the colours ${hex.map((colour, i) => `${colour} (${names[i]})`).join(", ")}`,
  };
}

/** The grey level of a colour 0xRRGGBB, as the `thresholds` rule sees it. */
function greyOf(colour: number): number {
  return luma(colour >> 16, (colour >> 8) & 0xff, colour & 0xff);
}

/**
 * Guesses classes and label rule.
 * @param sample what the masks hold; nothing where there are no masks
 * @param known  class names of a manifest, background first; empty where there is none
 */
export function guessLabels(sample: MaskSample | undefined, known: readonly string[]): LabelGuess {
  if (!sample) {
    const names = classNames(2, known);
    return {
      classes: classList(names),
      labels: { kind: "values", map: { 0: "background", 1: names[1] } },
      guess: "there are no masks, so the classes are placeholders",
    };
  }
  const values = [...sample.values.keys()].sort((a, b) => a - b);
  const seen = `seen in ${sample.masks} masks`;
  if (values.length <= mostClasses) {
    const found = (sample.coloured ? fromColours : fromValues)(values, sample.edge, known);
    return { ...found, guess: `${found.guess} (${seen})` };
  }
  const names = classNames(2, known);
  const dark = (sample.coloured ? greyOf(sample.edge) : sample.edge) < 128;
  const range = dark ? { atLeast: 128 } : { atMost: 127 };
  const side = dark ? "from 128 up" : "up to 127";
  return {
    classes: classList(names),
    labels: { kind: "thresholds", classes: { [names[1]]: range } },
    guess: `masks hold ${values.length} different values, as soft or lossy masks do: ${names[1]} is ${side} (${seen})`,
  };
}
