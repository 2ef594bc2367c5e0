/**
 * What somebody has to know of an exported model beside its weights: how images become its input, what comes out, and what
 * becomes of that. Kept as `model.json`, and in the ONNX file itself, so that this file is enough.
 */
import { dirname } from "node:path";
import { z } from "zod";
import { CheckpointError } from "../core/errors.js";
import { packageVersion } from "../core/package-root.js";
import { type Dataset, ofDomain, type SliceRule } from "../data/dataset.js";
import { isZScore, type ValueKind, valueKindOf } from "../data/images/values.js";
import type { IntensityRule, WindowRule, ZScoreRule } from "../data/volumes/windows.js";
import { type FrameMode, frameRecord } from "../grid/frame.js";
import type { SlicePlane } from "../grid/slices.js";
import { windowDeviation, windowStep } from "../inference/inferers/windows.js";
import { type NetworkChoice, networkNames } from "../nn/index.js";
import { parseDatasetFacts } from "../runs/dataset-facts.js";
import { type GraphShape, type GraphSignature, signatureOf } from "./onnx/export-network.js";
import { type PrecisionLoss, type PrecisionName, precisionNames, weightNames } from "./precision-names.js";

const format = "dimseg-model";
const version = 1;

/** Where an exported network comes from. */
export interface ModelSource {
  /** Name of the run's folder. */
  readonly run: string;
  readonly network: "student" | "teacher";
  readonly step: number;
  /** How the checkpoint was chosen, for people. */
  readonly checkpoint: string;
}

/** An exported model as it describes itself. */
export interface ModelDescription {
  readonly dimseg: string;
  readonly licence: string | null;
  readonly source: ModelSource;
  /** The network and its settings, as a configuration names them. */
  readonly model: NetworkChoice;
  /** Sides of what it sees at once: of images, `[rows, columns]`, or of patches `[slices, rows, columns]`. */
  readonly sides: readonly number[];
  /** Whether the graph averages over mirror images. */
  readonly testTimeFlips: boolean;
  /** In how many digits the ONNX file keeps its numbers. */
  readonly precision: PrecisionName;
  /** What fewer digits were found to cost, in this file or in the one that they were tried for; null where none were. */
  readonly loss: PrecisionLoss | null;
  /** What it was trained on, without images. */
  readonly dataset: Dataset;
}

/** What a description is made of. */
export type DescribedModel = Omit<ModelDescription, "dimseg">;

const lossSchema = z.looseObject({
  precision: z.enum(["fp16", "int8"]),
  calibration: z.looseObject({ images: z.int(), pieces: z.int() }).nullable(),
  judgedOn: z.enum(["validation", "training"]),
  cases: z.int(),
  dice: z.looseObject({ fp32: z.number(), reduced: z.number() }).nullable(),
  bound: z.number(),
  holds: z.boolean(),
});

const schema = z.looseObject({
  format: z.literal(format),
  version: z.literal(version),
  dimseg: z.string(),
  licence: z.string().nullable(),
  source: z.looseObject({
    run: z.string(),
    network: z.enum(["student", "teacher"]),
    step: z.int(),
    checkpoint: z.string(),
  }),
  model: z.looseObject({ name: z.enum(networkNames), width: z.int() }),
  sides: z.array(z.int().min(1)).min(2).max(3),
  testTimeFlips: z.boolean(),
  precision: z.enum(precisionNames).optional(),
  /** The name of `precision` in the first exports. */
  weights: z.enum(weightNames).optional(),
  loss: lossSchema.nullable().default(null),
  dataset: z.looseObject({}),
  files: z.record(z.string(), z.string()).optional(),
});

/** What a graph of the model takes and gives. */
export function graphShape({ dataset, sides }: Pick<DescribedModel, "dataset" | "sides">): GraphShape {
  const { channels, outputs: classes, target: kind, values } = dataset;
  return { channels, classes, kind, sides, ...(values ? { values: "float32" as const } : {}) };
}

/** How values between two others, told in words, become 0 to 255. */
function windowWords(from: string, kind: ValueKind): string {
  return `${from} evenly become 0 to 255,${kind === "bytes" ? " rounded," : ""} what lies beyond is cut off`;
}

/** How a picture or slice comes to the sides `[rows, columns]` that the network sees. */
function resizing(dataset: Dataset, [rows, columns]: readonly number[]): string {
  const { filter, size } = dataset;
  const arithmetic =
    valueKindOf(dataset) === "bytes"
      ? "integer arithmetic, rows first, each pass rounded to 8 bits"
      : "in real numbers, rows first, what lies beyond the least and greatest value cut off";
  const resize =
    filter === "bspline"
      ? `resized by the cubic B-spline through the values, mirrored at the borders (in real numbers, rows first, what lies beyond the least and greatest value cut off${valueKindOf(dataset) === "bytes" ? ", rounded to 8 bits" : ""})`
      : `resized by Pillow's ${filter} Image.resize (${arithmetic})`;
  const frame = `${columns} x ${rows} pixels`;
  const ways: Record<FrameMode, string> = {
    stretch: `${resize} to ${frame}`,
    pad: `${resize} until it fits into ${frame} with its shape kept, in the middle, 0 beside it`,
    crop: `cut to the part in its middle that has the shape of ${frame}, and ${resize} to them`,
  };
  return ways[size.mode];
}

function colourText(channels: number, kind: ValueKind): string {
  return channels === 1
    ? `RGB becomes grey as Pillow's convert('L') does it${kind === "bytes" ? "" : ", in real numbers"}; alpha is not used`
    : "grey is repeated as three equal channels; alpha is not used";
}

const percentileText =
  "percentile p of n finite values is, in their order as float32, number floor(p / 100 * n) counted from 0, at most the last";

/** Where the values of a window rule end, in words. */
function endsText(rule: WindowRule, of: string): string {
  if (!("percentiles" in rule)) return `${rule.low} to ${rule.high}`;
  const [low, high] = rule.percentiles;
  return `percentile ${low} to ${high} of ${of}`;
}

function zScoreText({ zscore, within }: ZScoreRule): string {
  const over = zscore === "nonzero" ? " other than 0" : "";
  const ends = within && endsText(within, `its values${over}`);
  const cut = ends ? `are cut off beyond ${ends} and then ` : "";
  const moments =
    typeof zscore === "object"
      ? `(value - ${zscore.mean}) / ${zscore.deviation}, before it is resized`
      : `(value - mean) / standard deviation, of all its values${over} before it is resized`;
  return `of each image and channel the values ${cut}become ${moments}${over ? "; 0 stays 0" : ""}; float32`;
}

function ruleText(rule: IntensityRule, kind: ValueKind): string {
  if (isZScore(rule)) return zScoreText(rule);
  if (!("percentiles" in rule)) return windowWords(`values from ${rule.low} to ${rule.high}`, kind);
  const [low, high] = rule.percentiles;
  return windowWords(`of each volume and channel the values from its percentile ${low} to ${high}`, kind);
}

/** What becomes of the values of all channels, or of each. */
function valuesText({ intensity, intensities }: SliceRule, kind: ValueKind): string {
  const each = intensities?.map((rule, i) => `channel ${i + 1}: ${ruleText(rule, kind)}`);
  return each?.join("; ") ?? ruleText(intensity, kind);
}

/** What becomes of the values of pictures. */
function pictureValuesText(intensity: Dataset["intensity"], kind: ValueKind): string {
  if (isZScore(intensity)) return zScoreText(intensity);
  return intensity
    ? `of images of more than 8 bits ${ruleText(intensity, kind)}`
    : "images have 8 bits a sample; others are refused";
}

/** What becomes of the values: by the rule for all, and by those of domains that have their own. */
function everyValuesText(dataset: Dataset, kind: ValueKind): string[] {
  const ofSet = (set: Dataset) => (set.slices ? valuesText(set.slices, kind) : pictureValuesText(set.intensity, kind));
  const own = Object.keys(dataset.domainIntensities ?? {});
  const texts = [
    ofSet(dataset),
    ...own.map((name) => `of images as those of ${name}: ${ofSet(ofDomain(dataset, name))}`),
  ];
  // The word is explained where it was said.
  return texts.some((text) => text.includes("percentile")) ? [...texts, percentileText] : texts;
}

/** How a volume becomes slices. */
const cutTexts: Readonly<Record<SlicePlane, string>> = {
  ...{
    axial: inPatient("axial", "superior", "posterior", "the patient's left"),
    coronal: inPatient("coronal", "posterior", "inferior", "the patient's left"),
    sagittal: inPatient("sagittal", "the patient's left", "inferior", "posterior"),
  },
  stored: "as it is stored, the slowest axis through the slices",
};

function inPatient(plane: string, slices: string, rows: string, columns: string): string {
  return (
    `into ${plane} slices along its nearest axes: they follow each other towards ${slices}, their rows towards ${rows}, ` +
    `and columns towards ${columns}; as it is stored where its file does not say how it lies`
  );
}

/** What is done to an image before it goes into the graph, step by step. */
function preparation({ dataset, sides }: DescribedModel): string[] {
  const { channels, channelNames, slices } = dataset;
  const kind = valueKindOf(dataset);
  const order = channelNames
    ? [`the channels are ${channelNames.join(", ")}, in this order, all on the grid of the first`]
    : [];
  const resize = resizing(dataset, sides);
  const values = everyValuesText(dataset, kind);
  if (!slices) {
    return [...(channelNames ? order : [colourText(channels, kind)]), ...values, resize];
  }
  const cut = `the volume is cut ${cutTexts[slices.plane]}`;
  if (sides.length === 2) return [...order, cut, ...values, `each slice is ${resize}`];
  const spacing = slices.resample
    ? [
        `resampled to ${slices.resample.join(" x ")} mm between slices, rows and columns, each side rounded, a half up, and at least 1: ${dataset.filter} as Pillow's, along rows first, then columns, then slices${kind === "bytes" ? ", each rounded to 8 bits" : ""}`,
      ]
    : [];
  return [
    ...order,
    cut,
    ...values,
    ...spacing,
    `asked in windows of ${sides.join(" x ")} [slices, rows, columns], along each axis the fewest that lie windows.step of their length apart at most, evenly spread from the first place to the last and rounded, a half up; a smaller volume is padded with 0 on both sides, where that is uneven with one more after it`,
  ];
}

/** What becomes of the graph's answers. */
function afterwards({ dataset, sides }: DescribedModel): string[] {
  const { target, slices } = dataset;
  const labels =
    target === "sigmoid"
      ? "a class is where its probability is at least 0.5; in index masks the value is the class's index + 1, of several classes at a pixel the one inside of the others"
      : "the class of a pixel is the one of the largest probability, the first among equals";
  const windows =
    sides.length === 3
      ? [
          "windows are averaged, each weighted by a Gaussian along each axis, over position floor(length / 2) with a standard deviation of windows.deviation of the length",
        ]
      : [];
  const size = !slices ? "the image's own" : sides.length === 2 ? "the slice's own" : "the cut volume's own";
  const framed: Record<FrameMode, string[]> = {
    stretch: [],
    pad: ["what was said beside the image is cut off"],
    crop: ["what was cut off the image is background"],
  };
  return [
    ...windows,
    ...(sides.length === 2 ? framed[dataset.size.mode] : []),
    `probabilities are resized linearly to ${size} size, outer edges kept (align_corners=False), before they become labels`,
    labels,
    ...(slices ? ["slices are put back where the volume's voxels are stored"] : []),
  ];
}

/** The description as JSON values, as it is kept in files. @param files SHA-256 of the files beside it, by name */
export function descriptionJson(model: DescribedModel, files?: Readonly<Record<string, string>>): object {
  const { dataset, ...rest } = model;
  // Where the data set lay on the machine that trained is nobody's business.
  const { path: _path, root: _root, domains: _domains, ...facts } = dataset;
  const signature: GraphSignature = signatureOf(graphShape(model));
  return {
    format,
    version,
    dimseg: packageVersion(),
    ...rest,
    before: preparation(model),
    ...signature,
    ...(model.sides.length === 3 ? { windows: { step: windowStep, deviation: windowDeviation } } : {}),
    after: afterwards(model),
    dataset: { ...facts, size: frameRecord(facts.size) },
    ...(files ? { files } : {}),
  };
}

/** A description that was read, and the SHA-256 of the files beside it, by name. */
export interface ReadDescription {
  readonly model: ModelDescription;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Reads what {@link descriptionJson} makes.
 * @param source the file, for messages
 * @throws CheckpointError for anything else; DataError where the data set is not told
 */
export function readDescription(text: string, source: string): ReadDescription {
  const remedy = "export the run again";
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(`${source}: is no JSON; ${remedy}`, { cause });
  }
  const { success, data, error } = schema.safeParse(content);
  if (!success) {
    const key = error.issues[0].path.join(".");
    throw new CheckpointError(
      `${source}: does not describe a model that this dimseg knows${key === "" ? "" : ` (at ${key})`}; ${remedy}`,
      { cause: error },
    );
  }
  const { dimseg, licence, source: origin, model, sides, testTimeFlips, loss, files = {} } = data;
  const precision = data.precision ?? data.weights ?? "fp32";
  const facts = { ...data.dataset, path: source, root: dirname(source) };
  const dataset = parseDatasetFacts(facts, source, remedy);
  const choice = model as NetworkChoice;
  const kept = { dimseg, licence, source: origin, sides, testTimeFlips, precision, loss };
  return { model: { ...kept, model: choice, dataset }, files };
}
