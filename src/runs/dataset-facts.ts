/**
 * What a trained network must know of its data set when the images are elsewhere: classes, channels, intensities.
 * Written into the run folder, so that a run predicts as it was trained wherever its data set is by then, and is
 * neither resumed nor judged on a data set that was changed.
 */
import { existsSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { DataError } from "../core/errors.js";
import { readFailureReason } from "../core/files/read-file.js";
import { shellWord } from "../core/shell-word.js";
import type { Dataset, ImageDepths } from "../data/dataset.js";
import { zScoreChoices } from "../data/volumes/windows.js";
import { resizeFilters } from "../grid/filter-taps.js";
import { frameRecord } from "../grid/frame.js";
import { slicePlanes } from "../grid/slices.js";
import { frameSchema } from "./logs/frame-record.js";

type Facts = Omit<Dataset, "domains">;

const classFacts = z.array(
  z.looseObject({
    index: z.int().min(0),
    name: z.string(),
    colour: z.string(),
    inside: z.string().optional(),
  }),
);

const windowFacts = z.looseObject({ low: z.number(), high: z.number() });
const windowRuleFacts = z.union([windowFacts, z.looseObject({ percentiles: z.tuple([z.number(), z.number()]) })]);
const zScoreFacts = z.looseObject({
  zscore: z.union([z.enum(zScoreChoices), z.looseObject({ mean: z.number(), deviation: z.number().positive() })]),
  within: windowRuleFacts.optional(),
});
const ruleFacts = z.union([windowRuleFacts, zScoreFacts]);

/** Of the facts, what is used where the data set's own file is not read; further ones are kept as they are. */
const factsSchema = z
  .looseObject({
    path: z.string(),
    root: z.string(),
    name: z.string(),
    target: z.enum(["softmax", "sigmoid"]),
    channels: z.int().min(1),
    channelNames: z.array(z.string()).optional(),
    size: frameSchema,
    filter: z.enum(resizeFilters),
    intensity: z.union([windowFacts, zScoreFacts]).optional(),
    values: z.literal("float").optional(),
    slices: z
      .looseObject({
        plane: z.enum(slicePlanes),
        intensity: ruleFacts,
        intensities: z.array(ruleFacts).optional(),
        emptySlices: z.enum(["keep", "drop"]),
        resample: z.tuple([z.number(), z.number(), z.number()]).optional(),
      })
      .optional(),
    domainIntensities: z
      .record(z.string(), z.looseObject({ intensity: ruleFacts, intensities: z.array(ruleFacts).optional() }))
      .optional(),
    usualDomains: z.array(z.string()).optional(),
    depths: z.enum(["narrow", "wide", "mixed"]).optional(),
    spacing: z.tuple([z.number().positive(), z.number().positive()]).optional(),
    classes: classFacts,
    outputs: z.int().min(1),
    parts: classFacts,
    labels: z.looseObject({ kind: z.string() }),
  })
  .refine(({ classes, outputs }) => classes.length === outputs);

/** The facts as JSON, for the run folder. @param depths of the images that the run learns from */
export function formatDatasetFacts({ domains: _, ...dataset }: Dataset, depths: ImageDepths): string {
  const facts: Facts = { ...dataset, depths };
  return `${JSON.stringify({ ...facts, size: frameRecord(facts.size) }, null, 2)}\n`;
}

/**
 * Says early that a run's data set is not where it was.
 * @param path its dataset.yaml, as far as is known
 * @throws DataError with the command that names its present place
 */
export function requireDataset(run: { readonly path: string }, path: string): void {
  if (existsSync(path)) return;
  throw new DataError(
    `${run.path}: its data set ${path} is not there; if it was moved, say where its dataset.yaml lies now with ` +
      `\`dimseg train --resume ${shellWord(run.path)} --data FILE\``,
  );
}

/** The data set without its images. @throws DataError when the file is missing, no JSON, or lacks what it must say */
export function readDatasetFacts(path: string): Dataset {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new DataError(`cannot read ${path}: ${readFailureReason(cause)}; the run folder is incomplete`, { cause });
  }
  return parseDatasetFacts(content, path, "restore the file from a copy of the run");
}

/**
 * A data set without its images, from what was kept of it.
 * @param path   the file that it was kept in
 * @param remedy what to do about a file that is damaged
 * @throws DataError when it lacks what it must say
 */
export function parseDatasetFacts(content: unknown, path: string, remedy: string): Dataset {
  const { success, data, error } = factsSchema.safeParse(content);
  if (success) return { ...(data as unknown as Facts), domains: [] };
  const key = error.issues[0].path.join(".");
  throw new DataError(`${path} was changed or damaged${key === "" ? "" : ` at ${key}`}; ${remedy}`, { cause: error });
}

/** What of a data set decides what a network sees and learns. */
const learnt = [
  "target",
  "channels",
  "channelNames",
  "size",
  "filter",
  "intensity",
  "intensities",
  "values",
  "domainIntensities",
  "slices",
  "emptySlices",
  "resample",
  "labels",
  "domainLabels",
  "domainReaders",
] as const;

type Seen = Partial<Record<(typeof learnt)[number], unknown>>;

/** What networks of pictures, or of volumes, see of a data set, by the keys of its file. */
function seen(dataset: Dataset, ofVolumes: boolean): Seen {
  const { slices, ...rest } = dataset;
  if (!slices) return rest;
  const { plane, intensity, intensities, resample, emptySlices } = slices;
  const all = { ...rest, slices: plane, intensity, intensities };
  return ofVolumes ? { ...all, size: undefined, resample } : { ...all, emptySlices };
}

/**
 * What of two data sets a network sees or learns differently: the names of the keys; none where they are alike.
 * @param ofVolumes whether it is a network of volumes, to which squares are nothing, as spacings are to those of pictures
 */
export function datasetDifferences(one: Dataset, other: Dataset, ofVolumes: boolean): string[] {
  const names = ({ classes }: Dataset) => classes.map(({ name, inside }) => ({ name, inside }));
  const [own, theirs] = [seen(one, ofVolumes), seen(other, ofVolumes)];
  const changed: string[] = learnt.filter((key) => !isDeepStrictEqual(own[key], theirs[key]));
  return isDeepStrictEqual(names(one), names(other)) ? changed : [...changed, "classes"];
}

/**
 * Makes sure that a run is resumed and judged with the classes, labels and intensities it began with.
 * @param path the run's dataset.json; a run without it is let through
 * @param ofVolumes as of {@link datasetDifferences}
 * @throws DataError naming the keys that are others now
 */
export function checkDatasetFacts(path: string, dataset: Dataset, ofVolumes: boolean): void {
  if (!existsSync(path)) return;
  const changed = datasetDifferences(readDatasetFacts(path), dataset, ofVolumes);
  if (changed.length === 0) return;
  throw new DataError(
    `${dataset.path}: ${changed.join(", ")} differ from what the run began with; make the data set as it was ` +
      `(${path} says how), or begin a new run`,
  );
}
