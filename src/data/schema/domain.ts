/** The `domains` of a data set. */
import { z } from "zod";
import { labelsSchema } from "./labels.js";
import { type SplitSource, splitSchema } from "./splits.js";
import { subjectSchema } from "./subject.js";
import { intensitiesSchema, intensitySchema } from "./values.js";
import { domainName } from "./words.js";

export const domainSchema = z
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

/** How several readers' masks become one: what more than half of them marked, or STAPLE (statistics/readers.ts). */
export type ReaderRule = "majority" | "staple";
