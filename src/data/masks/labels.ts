/**
 * From a decoded mask to class numbers, after the `labels` rule of a data set. The intermediate form is one code a
 * pixel: with softmax the class number, with sigmoid a bit set of the classes that hold there, with both
 * {@link ignoredCode} where the rule ignores what stands in the mask.
 */
import { DataError } from "../../core/errors.js";
import { ignoredLabel } from "../../core/target-kind.js";
import { voxelCount } from "../../grid/grid.js";
import { plane, type StoredImage, sampleWords } from "../../grid/stored-image.js";
import type { Dataset, DatasetClass } from "../dataset.js";
import type { PaletteReading } from "../formats/format.js";
import { isGrey, toChannels, toGrey } from "../images/colour.js";
import type { LabelRule } from "../schema.js";

/** Decodes masks of one data set. */
export interface LabelDecoder {
  /** How palette files have to be read for this rule. */
  readonly palette: PaletteReading;
  /**
   * Codes `[H, W]`: class numbers or bit sets, and {@link ignoredCode}.
   * @throws DataError for a value or colour that the rule does not know, with its place
   */
  decode(mask: StoredImage, file: string): Int32Array;
}

type LabelSource = Pick<Dataset, "target" | "classes" | "labels">;
type RuleOf<Kind extends LabelRule["kind"]> = Extract<LabelRule, { kind: Kind }>;

/** Code of a pixel that nobody labelled, whatever the target. */
export const ignoredCode = -1;

const unknown = -2;

/** Whether masks of some domain of a data set may hold pixels that nobody labelled. */
export function ignoresPixels({ labels, domainLabels = {} }: Pick<Dataset, "labels" | "domainLabels">): boolean {
  return [labels, ...Object.values(domainLabels)].some((rule) => "ignore" in rule && rule.ignore !== undefined);
}

/** The code of a list of class names; nested classes bring the classes that hold them. */
function codeOf(names: string | readonly string[], { target, classes }: LabelSource): number {
  const list = typeof names === "string" ? [names] : names;
  const byName = new Map(classes.map((one) => [one.name, one]));
  if (target === "softmax") return byName.get(list[0])?.index ?? 0;
  let code = 0;
  for (const name of list)
    for (let one: DatasetClass | undefined = byName.get(name); one; one = byName.get(one.inside ?? ""))
      code |= 1 << one.index;
  return code;
}

/** Joins the code of a further class: with softmax the later class wins, with sigmoid both hold. */
function join(code: number, added: number, target: Dataset["target"]): number {
  return target === "softmax" ? added : code | added;
}

/** Looks every pixel up; `describe` names an unknown one for the message. */
function lookUp(
  mask: StoredImage,
  file: string,
  codeAt: (pixel: number) => number,
  describe: (pixel: number) => string,
): Int32Array {
  const codes = new Int32Array(voxelCount(mask.grid));
  const [, width] = mask.grid.shape;
  for (let i = 0; i < codes.length; i++) {
    const code = codeAt(i);
    if (code === unknown)
      throw new DataError(
        `${file}: unknown label ${describe(i)} at row ${Math.floor(i / width)}, column ${i % width}; ` +
          `add it to labels in dataset.yaml or mend the mask`,
      );
    codes[i] = code;
  }
  return codes;
}

function valuesDecoder({ map, ignore = [] }: RuleOf<"values">, source: LabelSource): LabelDecoder {
  const table = new Int32Array(65536).fill(unknown);
  for (const [value, names] of Object.entries(map)) table[Number(value)] = codeOf(names, source);
  for (const value of [ignore].flat()) table[value] = ignoredCode;
  const known = [...Object.keys(map), ...[ignore].flat()].join(", ");
  return {
    palette: "indices",
    decode(mask, file) {
      if (!isGrey(mask))
        throw new DataError(`${file}: is a colour image, but labels.kind is values; use kind: colours in dataset.yaml`);
      const { samples } = mask;
      return lookUp(
        mask,
        file,
        (i) => table[samples[i]] ?? unknown,
        (i) => `value ${samples[i]} (known: ${known})`,
      );
    },
  };
}

type Range = RuleOf<"thresholds">["classes"][string];

function isWithin(
  { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }: Range,
  value: number,
): boolean {
  return value >= atLeast && value <= atMost;
}

function thresholdsDecoder({ classes, ignore = [] }: RuleOf<"thresholds">, source: LabelSource): LabelDecoder {
  const rules = source.classes.flatMap(({ name }) =>
    Object.hasOwn(classes, name) ? [{ range: classes[name], code: codeOf(name, source) }] : [],
  );
  const ignored = [ignore].flat();
  const codeAt = (value: number) =>
    ignored.some((range) => isWithin(range, value))
      ? ignoredCode
      : rules.reduce(
          (code, { range, code: added }) => (isWithin(range, value) ? join(code, added, source.target) : code),
          0,
        );
  // Most masks hold bytes; what else there is can be negative or between two whole numbers.
  const table = Int32Array.from({ length: 256 }, (_, value) => codeAt(value));
  return {
    palette: "colours",
    decode(mask) {
      const { samples } = toGrey(mask);
      const ofSample = samples instanceof Uint8Array ? (value: number) => table[value] : codeAt;
      const codes = new Int32Array(samples.length);
      for (let i = 0; i < codes.length; i++) codes[i] = ofSample(samples[i]);
      return codes;
    },
  };
}

function eightBits(mask: StoredImage, file: string): StoredImage {
  if (mask.samples instanceof Uint8Array) return toChannels(mask, 3);
  throw new DataError(`${file}: has ${sampleWords(mask.samples)}, but colour labels need 8 bits; save it with 8 bits`);
}

/** Squared distance of two colours 0xRRGGBB, 0 to 3 · 255². */
function colourDistance(a: number, b: number): number {
  return [16, 8, 0].reduce((sum, shift) => sum + (((a >> shift) & 0xff) - ((b >> shift) & 0xff)) ** 2, 0);
}

/** The code of the nearest colour, of equally near ones the first; each colour is compared once. */
function nearestIn(table: ReadonlyMap<number, number>): (colour: number) => number {
  const known = new Map(table);
  return (colour) => {
    const found = known.get(colour);
    if (found !== undefined) return found;
    const distance = (one: readonly [number, number]) => colourDistance(one[0], colour);
    const [, code] = [...table].reduce((best, one) => (distance(one) < distance(best) ? one : best));
    known.set(colour, code);
    return code;
  };
}

function coloursDecoder({ map, ignore = [], nearest }: RuleOf<"colours">, source: LabelSource): LabelDecoder {
  const codes = [
    ...Object.entries(map).map(([colour, names]) => [colour, codeOf(names, source)] as const),
    ...[ignore].flat().map((colour) => [colour, ignoredCode] as const),
  ];
  const table = new Map(codes.map(([colour, code]) => [Number.parseInt(colour.slice(1), 16), code]));
  const known = codes.map(([colour]) => colour).join(", ");
  return {
    palette: "colours",
    decode(mask, file) {
      const rgb = eightBits(mask, file);
      const [red, green, blue] = [0, 1, 2].map((channel) => plane(rgb, channel));
      const colourAt = (i: number) => (red[i] << 16) | (green[i] << 8) | blue[i];
      const codeOfColour = nearest ? nearestIn(table) : (colour: number) => table.get(colour) ?? unknown;
      return lookUp(
        mask,
        file,
        (i) => codeOfColour(colourAt(i)),
        (i) => `colour #${colourAt(i).toString(16).padStart(6, "0")} (known: ${known})`,
      );
    },
  };
}

function channelsDecoder(
  classes: { red?: string | undefined; green?: string | undefined; blue?: string | undefined },
  equals: number,
  source: LabelSource,
): LabelDecoder {
  const rules = source.classes.flatMap(({ name }) =>
    [classes.red, classes.green, classes.blue].flatMap((wanted, channel) =>
      wanted === name ? [{ channel, code: codeOf(name, source) }] : [],
    ),
  );
  return {
    palette: "colours",
    decode(mask, file) {
      const rgb = eightBits(mask, file);
      const codes = new Int32Array(voxelCount(mask.grid));
      for (const { channel, code } of rules) {
        const samples = plane(rgb, channel);
        for (let i = 0; i < codes.length; i++)
          if (samples[i] === equals) codes[i] = join(codes[i], code, source.target);
      }
      return codes;
    },
  };
}

/** Code 1 where a file that shows one class is bright enough in any channel. */
function filesDecoder(atLeast: number): LabelDecoder {
  return {
    palette: "colours",
    decode({ samples, channels }) {
      const size = samples.length / channels;
      const codes = new Int32Array(size);
      for (let i = 0; i < samples.length; i++) if (samples[i] >= atLeast) codes[i % size] = 1;
      return codes;
    },
  };
}

/** The decoder of a data set's label rule. Make it once and use it for all masks. */
export function createLabelDecoder(source: LabelSource): LabelDecoder {
  const { labels } = source;
  if (labels.kind === "values") return valuesDecoder(labels, source);
  if (labels.kind === "thresholds") return thresholdsDecoder(labels, source);
  if (labels.kind === "colours") return coloursDecoder(labels, source);
  if (labels.kind === "files") return filesDecoder(labels.atLeast);
  return channelsDecoder(labels.classes, labels.equals, source);
}

/**
 * Codes `[H, W]` as a label map: with softmax class numbers `[H, W]`, with sigmoid 0/1 planes `[K, H, W]`; what is
 * ignored is `ignoredLabel`, in every plane.
 */
export function expandCodes(codes: Int32Array, source: Pick<Dataset, "target" | "outputs">): Uint8Array {
  if (source.target === "softmax")
    return Uint8Array.from(codes, (code) => (code === ignoredCode ? ignoredLabel : code));
  const planes = new Uint8Array(source.outputs * codes.length);
  for (let k = 0; k < source.outputs; k++)
    for (let i = 0; i < codes.length; i++)
      planes[k * codes.length + i] = codes[i] === ignoredCode ? ignoredLabel : (codes[i] >> k) & 1;
  return planes;
}
