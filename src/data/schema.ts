/**
 * What a `dataset.yaml` may say: the keys, their types and the rules between them, section by section in schema/. The
 * JSON schema that editors use is made from this file (scripts/write-schemas.mjs); keep every rule that a key alone can
 * break in here and every rule that needs the file system in case-files.ts.
 */
import { z } from "zod";
import { resizeFilters } from "../grid/filter-taps.js";
import { frameModes } from "../grid/frame.js";
import { slicePlanes } from "../grid/slices.js";
import { checkChannels, mostChannels } from "./schema/channels.js";
import { checkClasses, classesSchema } from "./schema/classes.js";
import { domainSchema } from "./schema/domain.js";
import { checkLabelNames, labelsSchema } from "./schema/labels.js";
import { answered, checkAnswer, checkFilled, questionSchema } from "./schema/question.js";
import { checkFileClasses } from "./schema/splits.js";
import { subjectSchema } from "./schema/subject.js";
import { checkSlices, checkValues, intensitiesSchema, intensitySchema } from "./schema/values.js";
import { type Issue, name, path } from "./schema/words.js";

export { areChannelNames, mostChannels } from "./schema/channels.js";
export type { ClassesInput } from "./schema/classes.js";
export type { ReaderRule } from "./schema/domain.js";
export type { LabelRule, LabelRuleInput } from "./schema/labels.js";
export type { QuestionInput } from "./schema/question.js";
export type { SplitSource } from "./schema/splits.js";
export type { SubjectRule, SubjectRuleInput } from "./schema/subject.js";
export { intensityRule } from "./schema/values.js";

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
