/**
 * What a `dataset.yaml` may say: the keys, their types and the rules between them. The JSON schema that editors
 * use is made from this file (scripts/write-schemas.mjs); keep every rule that a key alone can break in here and
 * every rule that needs the file system in case-files.ts.
 */
import { z } from "zod";
import { resizeFilters } from "../grid/filter-taps.js";
import { frameModes } from "../grid/frame.js";
import { slicePlanes } from "../grid/slices.js";
import { subjectPatternFault } from "./subject-pattern.js";
import { type CtWindow, ctWindows, type IntensityRule, type WindowRule, zScoreChoices } from "./volumes/windows.js";

const name = z
  .string()
  .regex(/^\p{L}[\p{L}\p{N} ._+/-]*$/u, "must begin with a letter and hold only letters, digits, spaces and . _ + / -")
  .max(80);

const domainName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._+/-]*$/u, "must hold only letters, digits, spaces and . _ + / -")
  .max(80);

const colour = z.string().regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour such as "#ff0000"');

/** One class name, or several where classes overlap; `background` stands for no class. */
const classNames = z.union([name, z.array(name)]);

const level = z.int().min(0).max(65535);

/** One of them, or several. */
const oneOrMore = <T extends z.ZodType>(one: T) => z.union([one, z.array(one).min(1)]);

/** Grey values from one to another, both among them. */
const range = z
  .strictObject({ atLeast: level.optional(), atMost: level.optional() })
  .refine(({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined, "needs atLeast, atMost or both")
  .refine(({ atLeast = 0, atMost = 65535 }) => atLeast <= atMost, "has atLeast above atMost");

const ignoreText = "pixels that nobody labelled: left out of every loss and metric";

const pattern = z
  .string()
  .regex(
    /^(?:[^{}\\\0]|\{id\}|\{modality\})*$/,
    "may hold no braces but {id}, or {modality} beside a question, and / between folders",
  )
  .regex(/\{id\}/, "must hold {id}, as in images/{id}.png")
  .refine(
    (text) => text.split("/").every((part) => part.split("{id}").length <= 2),
    "must not hold {id} twice between two slashes",
  );

const path = z.string().min(1).max(4096);

const classSchema = z.strictObject({
  index: z.int().min(0).max(254).describe("softmax: class number, 0 is the background; sigmoid: output channel"),
  name,
  colour: colour.optional().describe("colour of overlays"),
  inside: name.optional().describe("sigmoid only: the class that contains this one, as disc contains cup"),
});

const labelsSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("values").describe("each grey value (or palette index) stands for a class; others are errors"),
    map: z.record(z.string().regex(/^\d{1,5}$/, "must be a grey value 0 to 65535"), classNames),
    ignore: oneOrMore(level).optional().describe(`grey values of ${ignoreText}`),
  }),
  z.strictObject({
    kind: z.literal("thresholds").describe("a class is where the grey value lies in a range"),
    classes: z.record(name, range),
    ignore: z
      .union([range, z.array(range).min(1)], "must be a range such as {atLeast: 100, atMost: 150}, or a list of ranges")
      .optional()
      .describe(`ranges of grey values of ${ignoreText}`),
  }),
  z.strictObject({
    kind: z.literal("colours").describe("each RGB colour stands for a class; others are errors"),
    map: z.record(colour, classNames),
    nearest: z
      .boolean()
      .optional()
      .describe("true: other colours count as the nearest one that is named, not as errors"),
    ignore: oneOrMore(colour).optional().describe(`colours of ${ignoreText}`),
  }),
  z.strictObject({
    kind: z.literal("channels").describe("a class is where one colour channel has the value `equals`"),
    equals: level.default(255),
    classes: z.strictObject({ red: name.optional(), green: name.optional(), blue: name.optional() }),
  }),
  z.strictObject({
    kind: z.literal("files").describe("masksByClass: a pixel is of a file's class where the file is bright enough"),
    atLeast: level.min(1).default(1).describe("the least grey value that counts, as 128 for masks saved with loss"),
  }),
]);

const classesSchema = z.array(classSchema).min(1);

/** Two ways or more to understand the masks, where they do not tell which one is right. */
const questionSchema = z
  .strictObject({
    ask: z.string().min(1).max(2000),
    choices: z
      .array(
        z.strictObject({
          means: z.string().min(1).max(2000).describe("what the masks mean if this choice is right"),
          classes: classesSchema,
          labels: labelsSchema,
          domains: z.record(domainName, labelsSchema).optional().describe("rules of domains that code otherwise"),
          modality: z
            .string()
            .regex(/^[\w-]+$/, "must hold only letters, digits, _ and -")
            .optional()
            .describe("what stands in place of {modality} in the patterns of images"),
        }),
      )
      .min(2)
      .max(12),
    answer: z.int().min(1).nullish().describe("number of the right choice, from 1; nothing is read without it"),
  })
  .describe("what data inspect could not tell, in place of classes and labels");

const id = z.string().min(1).max(255);
const joinedText = "further mask files of the same images: a pixel has the class that any of its files gives";
const byClassText = "masks where every class has a file of its own; an image with none of them is unlabelled";

const furtherText =
  "files of the second and further channels (modalities) of the same images, in their order; those of the first are the images";
/** Channels of an image, at most. */
export const mostChannels = 16;

const otherReadersText =
  "masks of further readers of the same images, one entry a reader, beside masksByClass with a file for each class; " +
  "`readers` says how they count";

/** Mask files of further readers, each one file or, as the first reader's, one for each class. */
const furtherReaders = <T extends z.ZodType>(one: T) =>
  z
    .array(z.union([one, z.record(name, one)]))
    .min(1)
    .optional()
    .describe(otherReadersText);

/** A reader's masks as a split or a case says them, of one file or of one for each class. */
interface ReadMasks {
  readonly joined?: unknown;
  readonly otherReaders?: readonly (string | Readonly<Record<string, string>>)[] | undefined;
}

/** What is wrong with masks beside the first reader's. @param key what the first reader's whole masks are called */
function furtherMaskFaults(
  { joined, otherReaders }: ReadMasks,
  key: string,
  hasMasks: boolean,
  hasClassFiles: boolean,
): string[] {
  const faults: string[] = [];
  if (joined !== undefined && !hasMasks) faults.push(`has joined, which belongs to ${key}`);
  if (otherReaders && !hasMasks && !hasClassFiles) faults.push(`has otherReaders, which belongs to ${key}`);
  if (hasMasks && otherReaders?.some((one) => typeof one !== "string"))
    faults.push(`has otherReaders with a file for each class, but ${key} is one file; give each reader's as one file`);
  if (hasClassFiles && otherReaders?.some((one) => typeof one === "string"))
    faults.push("has otherReaders of one file beside masksByClass; give each reader's as a file for each class");
  return faults;
}

const furtherChannels = <T extends z.ZodType>(one: T) =>
  z
    .array(one)
    .min(1)
    .max(mostChannels - 1)
    .optional()
    .describe(furtherText);

const explicitCase = z
  .strictObject({
    id: id.optional(),
    image: path,
    furtherChannels: furtherChannels(path),
    mask: path.optional(),
    joined: z.array(path).min(1).optional().describe(joinedText),
    masksByClass: z.record(name, path).optional().describe(byClassText),
    otherReaders: furtherReaders(path),
  })
  .superRefine((one, context) => {
    for (const fault of furtherMaskFaults(one, "mask", one.mask !== undefined, one.masksByClass !== undefined))
      context.addIssue(fault);
    if (one.mask && one.masksByClass) context.addIssue("has both mask and masksByClass; keep one");
  });

/** Keys that describe cases by patterns. */
const splitKeys = [
  "furtherChannels",
  "masks",
  "joined",
  "masksByClass",
  "otherReaders",
  "except",
  "ids",
  "list",
] as const;

const splitSchema = z
  .strictObject({
    images: pattern.optional().describe("file name pattern with {id}; {id}.* takes any image extension"),
    furtherChannels: furtherChannels(pattern),
    masks: pattern
      .optional()
      .describe("pattern of the masks; leave out where there are none; files that differ at a * are joined"),
    joined: z.array(pattern).min(1).optional().describe(joinedText),
    masksByClass: z.record(name, pattern).optional().describe(byClassText),
    otherReaders: furtherReaders(pattern),
    except: z.array(id).min(1).optional().describe("ids, and patterns of images, that are no cases"),
    ids: z.array(id).min(1).optional().describe("the cases, in this order"),
    list: path.optional().describe("text file with one id a line, in this order"),
    cases: z.array(explicitCase).min(1).optional().describe("the files one by one, instead of patterns"),
  })
  .superRefine((split, context) => {
    if ((split.images === undefined) === (split.cases === undefined))
      context.addIssue("needs either images (a pattern) or cases (a list of files)");
    const idle = splitKeys.filter((key) => split.cases && split[key] !== undefined);
    if (idle.length > 0) context.addIssue(`has cases, so ${idle.join(" and ")} has no place here`);
    if (split.masks && split.masksByClass) context.addIssue("has both masks and masksByClass; keep one");
    for (const fault of furtherMaskFaults(split, "masks", split.masks !== undefined, split.masksByClass !== undefined))
      context.addIssue(fault);
    if (split.ids && split.list) context.addIssue("has both ids and list; keep one");
  });

const column = z.string().min(1).max(255);

const subjectSchema = z
  .strictObject({
    before: z.string().min(1).max(80).optional().describe('the id up to this text, as "_" for patient01_slice3'),
    pattern: z.string().max(200).optional().describe("regular expression; its first group is the subject: ^(P\\d+)"),
    csv: path.optional().describe("table with a header line that says which case is of which subject"),
    case: column.optional().describe("csv: name of the column with the ids of the cases"),
    subject: column.optional().describe("csv: name of the column with the subjects"),
    within: z
      .enum(["split", "domain", "dataset"])
      .default("domain")
      .describe("where equal names stand for the same subject; dataset: also in different domains"),
  })
  .superRefine((rule, context) => {
    const given = [rule.before, rule.pattern, rule.csv].filter((one) => one !== undefined);
    if (given.length !== 1) context.addIssue("needs exactly one of before, pattern and csv");
    const columns = [rule.case, rule.subject].filter((one) => one !== undefined);
    if (columns.length !== (rule.csv === undefined ? 0 : 2))
      context.addIssue(
        rule.csv === undefined ? "has case or subject, which belong to csv" : "needs case and subject, columns of csv",
      );
    const fault = rule.pattern === undefined ? undefined : subjectPatternFault(rule.pattern);
    if (fault !== undefined)
      context.addIssue({ code: "custom", path: ["pattern"], message: `${rule.pattern} ${fault}` });
  })
  .describe("which cases are of one patient; without it every case is a subject of its own");

const share = z.number().min(0).max(100);

const intensitySchema = z
  .strictObject({
    low: z.number().optional().describe("the value that becomes 0; beside zscore the least one that is kept"),
    high: z.number().optional().describe("the value that becomes 255; beside zscore the greatest one that is kept"),
    window: z
      .enum(Object.keys(ctWindows) as CtWindow[])
      .optional()
      .describe("with slices: a window of CT by its name"),
    percentiles: z
      .tuple([share, share])
      .optional()
      .describe("with slices or zscore: percentiles of each image's own values that become 0 and 255"),
    zscore: z
      .union(
        [z.enum(zScoreChoices), z.strictObject({ mean: z.number(), deviation: z.number().positive() })],
        "must be all, nonzero, or {mean, deviation}, the deviation above 0",
      )
      .optional()
      .describe(
        "values less their mean, in units of their standard deviation, of each channel of each image: over all values, or " +
          "over those other than 0 (nonzero), where 0 stays 0; or mean and deviation for all images. Beside low and high, " +
          "window or percentiles, values beyond these are cut off before",
      ),
  })
  .superRefine(({ low, high, window, percentiles, zscore }, context) => {
    const fixed = low !== undefined || high !== undefined;
    const windows = [fixed, window, percentiles].filter((one) => one).length;
    if (windows > 1 || (windows === 0 && zscore === undefined))
      context.addIssue(
        "needs low and high, or with slices window or percentiles in their place; or zscore, alone or beside one of these",
      );
    else if (fixed && (low === undefined || high === undefined)) context.addIssue("needs both low and high");
    else if (low !== undefined && high !== undefined && high <= low) context.addIssue("needs high above low");
    if (percentiles && percentiles[1] <= percentiles[0])
      context.addIssue({ code: "custom", path: ["percentiles"], message: "needs the lower one first" });
  });

/** A rule for each channel. */
const intensitiesSchema = z
  .array(intensitySchema)
  .min(1)
  .max(mostChannels)
  .optional()
  .describe("with slices: one rule for each channel, in place of intensity for all");

const domainSchema = z
  .strictObject({
    name: domainName,
    labels: labelsSchema.optional().describe("rule of this domain in place of the one for all"),
    subject: subjectSchema.optional(),
    intensity: intensitySchema
      .optional()
      .describe("what becomes of this domain's values, in place of the rule for all"),
    intensities: intensitiesSchema,
    readers: z
      .enum(["first", "majority", "staple"])
      .optional()
      .describe(
        "where several readers marked the images (masks and otherReaders): first takes masks alone; majority what more " +
          "than half of them marked; staple weighs them by how reliable they seem in that image",
      ),
    train: splitSchema.optional(),
    test: splitSchema.optional(),
  })
  .refine((domain) => domain.train ?? domain.test, "needs train or test")
  .refine(({ readers = "first", train, test }) => readers === "first" || [train, test].some(hasReaders), {
    path: ["readers"],
    message: "needs masks of several readers: name those of the others in otherReaders",
  });

function hasReaders(split: SplitSource | undefined): boolean {
  return split !== undefined && [split, ...(split.cases ?? [])].some((one) => one.otherReaders !== undefined);
}

/** Of what networks of pictures work at, in pixels. */
const side = z.int().min(8).max(4096);

/** The content of a `dataset.yaml`. */
export const datasetSchema = z
  .strictObject({
    name,
    root: path.optional().describe("folder that the patterns are relative to; the folder of this file if left out"),
    target: z.enum(["softmax", "sigmoid"]).describe("softmax: exclusive classes; sigmoid: classes may overlap"),
    channels: z.int().min(1).max(mostChannels).describe("1: grey, 3: RGB; of several modalities their number"),
    channelNames: z
      .array(name)
      .min(1)
      .max(mostChannels)
      .optional()
      .describe("what the channels are, as [T2, ADC], in their order; 3 channels with names are modalities, not RGB"),
    resize: z.strictObject({
      size: z
        .union([side, z.tuple([side, side])], "must be a whole number of 8 to 4096, or two of them: [rows, columns]")
        .describe("what images and masks are resized to, in pixels: the side of a square, or [rows, columns]"),
      mode: z
        .enum(frameModes)
        .default("stretch")
        .describe(
          "images of another shape: stretch changes theirs, pad keeps it with black beside it, crop keeps it and the middle",
        ),
      filter: z
        .enum(resizeFilters)
        .default("bilinear")
        .describe(
          "of images: bilinear and lanczos average where they become smaller, bspline interpolates by cubic B-splines; masks are always nearest",
        ),
    }),
    slices: z
      .enum(slicePlanes)
      .optional()
      .describe("the images are volumes, of which a 2-D network sees these slices; stored: as the file has them"),
    emptySlices: z
      .enum(["keep", "drop"])
      .optional()
      .describe("with slices: whether slices of labelled volumes in which no class is labelled are trained on (keep)"),
    intensity: intensitySchema
      .optional()
      .describe("values that become 0 and 255; of pictures those of 16 bits, while 8-bit ones stay as they are"),
    values: z
      .enum(["bytes", "float"])
      .optional()
      .describe(
        "what networks are given: bytes, 256 levels of intensity (the default), or float, without rounding, as zscore always is",
      ),
    intensities: intensitiesSchema,
    resample: z
      .tuple([z.number().positive(), z.number().positive(), z.number().positive()])
      .optional()
      .describe(
        "with slices: millimetres between slices, rows and columns at which networks of volumes work (as stored)",
      ),
    spacing: z
      .tuple([z.number().positive(), z.number().positive()])
      .optional()
      .describe("millimetres per pixel of the stored images, [row, column]"),
    classes: classesSchema.optional(),
    labels: labelsSchema.optional(),
    question: questionSchema.optional(),
    subject: subjectSchema.optional(),
    addedMasks: path
      .optional()
      .describe("list of masks that `dimseg data add-masks` added; they stand before any other mask of their images"),
    domains: z.array(domainSchema).min(1),
  })
  .superRefine((file, context) => {
    const issue = (keys: PropertyKey[], message: string) => context.addIssue({ code: "custom", path: keys, message });
    if (file.question) checkAnswer(file.question, file, issue);
    else for (const key of ["classes", "labels"] as const) if (!file[key]) issue([key], "is missing");
    checkSlices(file, issue);
    checkValues(file, issue);
    checkChannels(file, issue);
  })
  .transform(answered)
  .superRefine((file, context) => {
    const issue = (keys: PropertyKey[], message: string) => context.addIssue({ code: "custom", path: keys, message });
    checkClasses(file.target, file.classes, issue);
    checkLabelNames(file.target, file.classes, file.labels, issue);
    const seen = new Set<string>();
    file.domains.forEach((domain, i) => {
      if (seen.has(domain.name)) issue(["domains", i, "name"], `"${domain.name}" is used twice`);
      seen.add(domain.name);
      const ofDomain: Issue = (keys, message) => issue(["domains", i, ...keys], message);
      if (domain.labels) checkLabelNames(file.target, file.classes, domain.labels, ofDomain);
      checkFileClasses(domain, domain.labels ?? file.labels, file.classes, ofDomain);
      checkFilled(domain, ofDomain);
    });
  });

export type DatasetFile = z.output<typeof datasetSchema>;
/** A dataset file before defaults are filled in, as a writer makes it. */
export type DatasetFileInput = z.input<typeof datasetSchema>;
export type LabelRule = z.output<typeof labelsSchema>;
/** A rule, and a list of classes, as a writer makes them. */
export type LabelRuleInput = z.input<typeof labelsSchema>;
export type ClassesInput = z.input<typeof classesSchema>;
export type QuestionInput = z.input<typeof questionSchema>;
/** How several readers' masks become one: what more than half of them marked, or STAPLE (statistics/readers.ts). */
export type ReaderRule = "majority" | "staple";
export type SplitSource = z.output<typeof splitSchema>;
export type SubjectRule = z.output<typeof subjectSchema>;
/** A rule before its default is filled in, as a writer makes it. */
export type SubjectRuleInput = z.input<typeof subjectSchema>;

/** Whether names can stand as `channelNames`. */
export function areChannelNames(names: readonly string[]): boolean {
  return names.every((one) => name.safeParse(one).success) && new Set(names).size === names.length;
}

type Issue = (path: PropertyKey[], message: string) => void;

/** A question waits for its answer, and leaves no room for another rule beside it. */
function checkAnswer(
  { ask, choices, answer }: z.output<typeof questionSchema>,
  file: { readonly [key in "classes" | "labels"]?: unknown },
  issue: Issue,
): void {
  const listed = choices.map(({ means }, i) => `${i + 1} if ${means}`).join(", ");
  const at = ["question", "answer"];
  for (const key of ["classes", "labels"] as const)
    if (file[key]) issue([key], "stands beside a question that settles it; keep one of them");
  if (answer === undefined || answer === null) issue(at, `is to be filled in: ${ask} Write ${listed}`);
  else if (answer > choices.length) issue(at, `is ${answer}; write ${listed}`);
}

/** What says what becomes of values, of all images or of a domain's. */
interface ValueRules {
  readonly intensity?: z.output<typeof intensitySchema> | undefined;
  readonly intensities?: z.output<typeof intensitySchema>[] | undefined;
}

interface RuledValues extends ValueRules {
  readonly values?: "bytes" | "float" | undefined;
  readonly slices?: unknown;
  readonly channels: number;
  readonly domains: readonly ValueRules[];
}

/** The rules for all, and those of domains that have their own, with where they stand. */
function valueRules({ intensity, intensities, domains }: RuledValues): (ValueRules & { at: PropertyKey[] })[] {
  return [
    { at: [], intensity, intensities },
    ...domains.map((one, i) => ({ ...one, at: ["domains", i] })).filter((one) => one.intensity ?? one.intensities),
  ];
}

/** Keys that only make sense for slices of volumes, or for pictures alone. */
function checkSlices(
  file: RuledValues & { readonly emptySlices?: unknown; readonly resample?: unknown; readonly spacing?: unknown },
  issue: Issue,
): void {
  if (file.slices !== undefined) {
    if (file.spacing !== undefined) issue(["spacing"], "is for pictures; volumes say their own, so leave it out");
    return;
  }
  for (const key of ["emptySlices", "resample"] as const)
    if (file[key] !== undefined) issue([key], "belongs to slices; add slices: axial, or leave it out");
  for (const { at, intensity, intensities } of valueRules(file)) {
    if (intensity?.window !== undefined) issue([...at, "intensity", "window"], "belongs to slices; give low and high");
    if (intensity?.percentiles !== undefined && intensity.zscore === undefined)
      issue([...at, "intensity", "percentiles"], "belong to slices or zscore; give low and high");
    if (intensities) issue([...at, "intensities"], "belong to slices; give intensity: {low, high}");
  }
}

/** All of a data set's values are of one kind: z-scores, or windows, of 256 levels or without rounding. */
function checkValues(file: RuledValues, issue: Issue): void {
  const isZScore = (rule: ValueRules["intensity"]) => rule?.zscore !== undefined;
  const rules = valueRules(file);
  const usual = isZScore(file.intensities?.[0] ?? file.intensity);
  for (const { at, intensity, intensities } of rules) {
    if (intensities && intensity) issue([...at, "intensities"], "stand beside intensity; keep one of them");
    if (intensities && intensities.length !== file.channels)
      issue(
        [...at, "intensities"],
        `are ${intensities.length}, but channels is ${file.channels}; give a rule for each`,
      );
    if ((intensities ?? [intensity]).some((one) => isZScore(one) !== usual))
      issue(
        [...at, intensities ? "intensities" : "intensity"],
        `${intensities ? "have" : "has"} zscore beside windows, whose values are of another scale; give all channels and ` +
          "domains the one or the other",
      );
  }
  if (usual && file.values === "bytes") issue(["values"], "is bytes, but z-scores are not 256 levels; leave it out");
}

/** Names and files are as many as the channels; pictures have one channel a file, or are grey or RGB throughout. */
function checkChannels({ channels, channelNames, slices, domains }: z.input<typeof datasetSchema>, issue: Issue): void {
  if (channelNames && channelNames.length !== channels)
    issue(["channelNames"], `are ${channelNames.length}, but channels is ${channels}; give a name to each`);
  if (channelNames && !areChannelNames(channelNames))
    issue(["channelNames"], "name two channels alike; give each a name of its own");
  const sources = domains.flatMap((domain, i) =>
    (["train", "test"] as const).flatMap((split) => {
      const { cases, ...source } = domain[split] ?? {};
      const listed = (cases ?? []).map((one, c) => ({
        at: ["domains", i, split, "cases", c],
        files: one.furtherChannels,
      }));
      return source.images === undefined ? listed : [{ at: ["domains", i, split], files: source.furtherChannels }];
    }),
  );
  for (const { at, files } of sources)
    if (files && files.length !== channels - 1)
      issue(
        [...at, "furtherChannels"],
        `are ${files.length} beside the first, but channels is ${channels}; give one less than channels`,
      );
  if (slices !== undefined) return;
  const several = sources.some(({ files }) => files);
  const lacking = sources.find(({ files }) => !files);
  if (several && lacking)
    issue([...lacking.at, "furtherChannels"], "is missing; other pictures have a file for each channel");
  if (!several && channels !== 1 && channels !== 3)
    issue(
      ["channels"],
      `is ${channels}, but pictures are grey (1) or RGB (3) unless furtherChannels names files of more; volumes need slices: axial`,
    );
}

function windowRule({ low, high, window, percentiles }: z.output<typeof intensitySchema>): WindowRule | undefined {
  if (window) return ctWindows[window];
  if (percentiles) return { percentiles };
  return low === undefined || high === undefined ? undefined : { low, high };
}

/** What a file's `intensity` says; undefined where it has none. */
export function intensityRule(intensity: z.output<typeof intensitySchema> | undefined): IntensityRule | undefined {
  const within = intensity && windowRule(intensity);
  if (!intensity?.zscore) return within;
  return { zscore: intensity.zscore, ...(within ? { within } : {}) };
}

/** The file with what its question's answer says. */
function answered<F extends RuledFile>({ question, classes, labels, domains, ...rest }: F) {
  const choice = question?.choices[(question.answer ?? 0) - 1];
  const rules = choice ?? { classes: classes ?? [], labels: labels as LabelRule };
  const filled = (split: SplitSource | undefined) =>
    choice?.modality === undefined || split?.images === undefined
      ? split
      : { ...split, images: split.images.replaceAll("{modality}", choice.modality) };
  const ruled = domains.map((one) => {
    const own = choice?.domains?.[one.name] ?? one.labels;
    const [train, test] = [filled(one.train), filled(one.test)];
    return { ...one, ...(train ? { train } : {}), ...(test ? { test } : {}), ...(own ? { labels: own } : {}) };
  });
  return { ...rest, classes: rules.classes, labels: rules.labels, domains: ruled };
}

/** A file whose classes and rules may wait for an answer. */
interface RuledFile {
  question?: z.output<typeof questionSchema> | undefined;
  classes?: z.output<typeof classesSchema> | undefined;
  labels?: LabelRule | undefined;
  domains: z.output<typeof domainSchema>[];
}

/** Class numbers are 0 … K−1 in order, names are unique and nesting names an existing class without a circle. */
function checkClasses(target: string, classes: z.output<typeof classSchema>[], issue: Issue): void {
  const names = classes.map((one) => one.name);
  classes.forEach((one, i) => {
    if (one.index !== i) issue(["classes", i, "index"], `must be ${i}: classes are numbered 0, 1, … in order`);
    if (names.indexOf(one.name) !== i) issue(["classes", i, "name"], `"${one.name}" is used twice`);
    if (one.inside === undefined) return;
    if (target === "softmax") issue(["classes", i, "inside"], "is for target: sigmoid, where classes may overlap");
    else if (!names.includes(one.inside)) issue(["classes", i, "inside"], unknownClass(one.inside, names));
    let outer: string | undefined = one.inside;
    for (let steps = 0; outer !== undefined && steps <= classes.length; steps++) {
      if (outer === one.name) issue(["classes", i, "inside"], `makes "${one.name}" lie inside itself`);
      outer = outer === one.name ? undefined : classes.find((other) => other.name === outer)?.inside;
    }
  });
  if (target === "softmax" && classes.length < 2) issue(["classes"], "needs a background and at least one more class");
  if (target === "sigmoid" && classes.length > 30) issue(["classes"], "holds more than 30 overlapping classes");
  if (target === "sigmoid" && names.includes("background"))
    issue(["classes"], "with target: sigmoid the background is no class; leave it out");
}

/** Every class that the label rule names exists, and exclusive classes are named one at a time. */
function checkLabelNames(
  target: string,
  classes: z.output<typeof classSchema>[],
  labels: LabelRule,
  issue: Issue,
): void {
  const names = classes.map((one) => one.name);
  const known = new Set([...names, "background"]);
  const check = (path: PropertyKey[], value: string | string[]) => {
    const list = typeof value === "string" ? [value] : value;
    for (const one of list) if (!known.has(one)) issue(path, unknownClass(one, names));
    if (target === "softmax" && list.length !== 1) issue(path, "must name exactly one class with target: softmax");
  };
  if (labels.kind === "values" || labels.kind === "colours") {
    for (const [key, value] of Object.entries(labels.map)) check(["labels", "map", key], value);
    checkIgnored(labels, issue);
  } else if (labels.kind === "thresholds")
    for (const key of Object.keys(labels.classes)) check(["labels", "classes", key], key);
  else if (labels.kind === "channels")
    for (const [key, value] of Object.entries(labels.classes))
      if (value !== undefined) check(["labels", "classes", key], value);
}

/** No value or colour is both a class and ignored. */
function checkIgnored({ map, ignore = [] }: Extract<LabelRule, { kind: "values" | "colours" }>, issue: Issue): void {
  // "01" is 1, and colours are written in either case.
  const plain = (key: string | number) =>
    String(key)
      .toLowerCase()
      .replace(/^0+(?=\d)/, "");
  const mapped = new Set(Object.keys(map).map(plain));
  for (const one of [ignore].flat())
    if (mapped.has(plain(one)))
      issue(["labels", "ignore"], `names ${one}, which labels.map gives to a class; keep one of them`);
}

/** Files of single classes name known ones, and stand together with the rule that reads them. */
function checkFileClasses(
  { train, test }: { train?: SplitSource | undefined; test?: SplitSource | undefined },
  labels: LabelRule,
  classes: readonly { readonly name: string }[],
  issue: Issue,
): void {
  const names = classes.map((one) => one.name);
  for (const [split, source] of [["train", train] as const, ["test", test] as const]) {
    if (!source) continue;
    const byClass = [source, ...(source.cases ?? [])].flatMap((one) => [one.masksByClass, ...(one.otherReaders ?? [])]);
    const used = byClass.flatMap((one) => (typeof one === "object" ? Object.keys(one) : []));
    for (const name of new Set(used))
      if (!names.includes(name)) issue([split, "masksByClass", name], unknownClass(name, [...names]));
    const whole = source.masks !== undefined || (source.cases ?? []).some((one) => one.mask !== undefined);
    if (used.length > 0 && labels.kind !== "files") issue([split, "masksByClass"], "needs labels: {kind: files}");
    if (whole && labels.kind === "files") issue([split, "masks"], "with labels: {kind: files} must be masksByClass");
  }
}

/** No pattern waits for the answer of a question that is not there. */
function checkFilled(domain: Partial<Record<"train" | "test", SplitSource | undefined>>, issue: Issue): void {
  for (const split of ["train", "test"] as const)
    if (JSON.stringify(domain[split] ?? "").includes("{modality}"))
      issue([split, "images"], "holds {modality}, which no answer of a question fills in; write its name");
}

function unknownClass(name: string, names: string[]): string {
  return `"${name}" is not a class; the classes are ${names.join(", ")}`;
}
