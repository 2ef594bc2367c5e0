/**
 * From class codes back to what the files of a data set's masks hold, the reverse of label decoders (labels.ts). Samples of
 * a mask that is there already stay as they are where they say the same, so that a corrected file differs from the old one
 * only where its meaning does.
 */
import { colourBytes } from "../../core/colour-bytes.js";
import { DataError } from "../../core/errors.js";
import { voxelCount } from "../../grid/grid.js";
import { newSamples, plane, type Samples, type StoredImage } from "../../grid/stored-image.js";
import { type Dataset, labelsOf } from "../dataset.js";
import { toChannels } from "../images/colour.js";
import type { LabelRule } from "../schema.js";
import { createLabelDecoder, type LabelDecoder } from "./labels.js";

/** What decides how a domain's masks are written. */
type MaskSet = Pick<Dataset, "target" | "classes" | "labels" | "domainLabels">;

const greyLevels = 65536;

/** A mask of one pixel. */
function pixelOf(samples: Samples, channels: number): StoredImage {
  return { grid: { shape: [1, samples.length / channels], spacing: null, toWorld: null }, channels, samples };
}

/** The grey values a rule may hold. */
function candidates(rule: LabelRule): number[] {
  if (rule.kind !== "values") return Array.from({ length: greyLevels }, (_, value) => value);
  return [...Object.keys(rule.map).map(Number), ...[rule.ignore ?? []].flat()];
}

/** For each code the grey value that stands for it: of a range the one in its middle within eight bits, where it has some. */
function greyOf(rule: LabelRule, decoder: LabelDecoder): Map<number, number> {
  const values = candidates(rule);
  const codes = decoder.decode(pixelOf(Uint16Array.from(values), 1), "");
  const byCode = new Map<number, number[]>();
  codes.forEach((code, i) => {
    const own = byCode.get(code) ?? [];
    own.push(values[i]);
    byCode.set(code, own);
  });
  return new Map([...byCode].map(([code, own]) => [code, chosen(own, rule)]));
}

function chosen(values: number[], { kind }: LabelRule): number {
  if (kind === "values") return values[0];
  const narrow = values.filter((value) => value < 256);
  const own = narrow.length > 0 ? narrow : values;
  // Black and white where they mean it, as most masks are.
  return [0, 255].find((end) => own.includes(end)) ?? own[Math.floor(own.length / 2)];
}

/** For each code the colour that stands for it. */
function colourOf(rule: LabelRule, decoder: LabelDecoder): Map<number, readonly [number, number, number]> {
  const colours: (readonly [number, number, number])[] = [];
  if (rule.kind === "colours") {
    colours.push(...[...Object.keys(rule.map), ...[rule.ignore ?? []].flat()].map(colourBytes));
  } else if (rule.kind === "channels") {
    const levels = [rule.equals === 0 ? 255 : 0, rule.equals];
    for (const red of levels) for (const green of levels) for (const blue of levels) colours.push([red, green, blue]);
  }
  const samples = Uint8Array.from([0, 1, 2].flatMap((channel) => colours.map((colour) => colour[channel])));
  const codes = decoder.decode(pixelOf(samples, 3), "");
  const table = new Map<number, readonly [number, number, number]>();
  codes.forEach((code, i) => {
    if (!table.has(code)) table.set(code, colours[i]);
  });
  return table;
}

function cannotSay(file: string): DataError {
  return new DataError(
    `${file}: the data set's labels have no value for a combination of classes that was drawn; add one to labels in dataset.yaml`,
  );
}

function writeGrey(codes: Int32Array, before: BeforeMask, table: Map<number, number>, file: string): StoredImage {
  const wide = [...table.values()].some((value) => value > 255);
  const old = before.image?.channels === 1 ? before.image.samples : undefined;
  const samples = old?.slice() ?? newSamples(wide ? "uint16" : "uint8", codes.length);
  for (let i = 0; i < codes.length; i++) {
    if (old && before.codes?.[i] === codes[i]) continue;
    const value = table.get(codes[i]);
    if (value === undefined) throw cannotSay(file);
    samples[i] = value;
    if (samples[i] !== value) return writeGrey(codes, {}, table, file);
  }
  return { grid: before.grid as StoredImage["grid"], channels: 1, samples };
}

function writeColours(
  codes: Int32Array,
  before: BeforeMask,
  table: ReturnType<typeof colourOf>,
  file: string,
): StoredImage {
  const rgb = before.image?.samples instanceof Uint8Array ? toChannels(before.image, 3) : undefined;
  const old = rgb ? { ...rgb, samples: rgb.samples.slice() } : undefined;
  const image: StoredImage = old ?? {
    ...{ grid: before.grid as StoredImage["grid"], channels: 3 },
    samples: new Uint8Array(3 * codes.length),
  };
  const planes = [0, 1, 2].map((channel) => plane(image, channel));
  for (let i = 0; i < codes.length; i++) {
    if (old && before.codes?.[i] === codes[i]) continue;
    const colour = table.get(codes[i]);
    if (!colour) throw cannotSay(file);
    for (const channel of [0, 1, 2]) planes[channel][i] = colour[channel];
  }
  return { grid: image.grid, channels: 3, samples: image.samples };
}

/** The mask that a file holds so far, with what it means. */
export interface BeforeMask {
  readonly grid?: StoredImage["grid"];
  readonly image?: StoredImage;
  readonly codes?: Int32Array;
}

/**
 * The mask that says so of every pixel, for one file that shows all classes.
 * @param codes `grid.shape`, class numbers or bit sets, and `ignoredCode`
 * @param before what the file holds now; nothing where it is new
 * @param file the file's name, for messages
 * @throws DataError when the domain's labels have no value for a code, or lie in a file for each class
 */
export function maskSamples(
  codes: Int32Array,
  grid: StoredImage["grid"],
  set: MaskSet,
  domain: string,
  before: BeforeMask,
  file: string,
): StoredImage {
  const labels = labelsOf(set, domain);
  if (labels.kind === "files") throw new Error("internal: maskSamples: each class has a file of its own");
  const decoder = createLabelDecoder({ ...set, labels });
  if (codes.length !== voxelCount(grid)) throw new Error("internal: maskSamples: codes of another size than the grid");
  const own = { ...before, grid };
  if (labels.kind === "values" || labels.kind === "thresholds")
    return writeGrey(codes, own, greyOf(labels, decoder), file);
  return writeColours(codes, own, colourOf(labels, decoder), file);
}

/** One class's mask, for a file that shows it alone. @param bits which codes hold the class: all of them have to be set */
export function classSamples(
  codes: Int32Array,
  grid: StoredImage["grid"],
  holds: (code: number) => boolean,
): StoredImage {
  return { grid, channels: 1, samples: Uint8Array.from(codes, (code) => (holds(code) ? 255 : 0)) };
}
