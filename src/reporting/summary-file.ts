/** Reading `summary.json` back: what `dimseg evaluate` found, with undefined values as NaN again. */
import { z } from "zod";
import { rulesSchema } from "../config/config.js";
import { DataError } from "../core/errors.js";
import { distanceUnits } from "../judging/evaluate-network.js";
import type { EvaluationSummary } from "../judging/summarise.js";
import { judgedCase } from "../runs/evaluation-files.js";
import { frameRecordSchema } from "../runs/logs/frame-record.js";

/** JSON has neither NaN (null) nor infinity (text). */
const number = z
  .union([z.number(), z.null(), z.literal("Infinity"), z.literal("-Infinity")])
  .transform((value) => (value === null ? Number.NaN : Number(value)));

const estimate = z.object({
  mean: number,
  interval: z.tuple([z.number(), z.number()]).nullable(),
  values: z.int(),
  undefinedValues: z.int(),
  subjects: z.int().optional(),
});
const metrics = z.object({
  ...{ dice: estimate, jaccard: estimate, hd95: estimate, asd: estimate },
  ...{ nsd: estimate.optional(), volumeError: estimate.optional(), lesionF1: estimate.optional() },
});
const parts = { parts: z.record(z.string(), metrics), average: metrics };
/** Before there were subjects, every case was taken as one of its own. */
const counts = { cases: z.int(), subjects: z.int().optional() };
/** Missing where every reference holds every part, and in an evaluation of the time before. */
const emptiness = {
  absentParts: z.array(z.string()).optional(),
  emptyInBoth: z.record(z.string(), z.int()).optional(),
  missed: z.record(z.string(), z.int()).optional(),
};
const withSubjects = <T extends { cases: number; subjects?: number | undefined }>(counted: T) => ({
  ...counted,
  subjects: counted.subjects ?? counted.cases,
});
const gap = z.object({ labelled: number, others: number, difference: estimate });

const head = {
  checkpoint: z.object({ name: z.string(), step: z.int(), rule: z.string() }),
  network: z.string(),
  dataset: z.object({ name: z.string() }),
  size: frameRecordSchema,
  slices: z.string().optional(),
  patch: z.array(z.int()).optional(),
  resample: z.array(z.number()).optional(),
  at: z.literal("native").optional(),
  units: z.enum(distanceUnits).optional(),
  nsdTolerance: z.number().optional(),
  testTimeFlips: z.boolean(),
  rules: rulesSchema.optional(),
  convention: z.object({ name: z.string(), description: z.string() }),
  judged: z.array(judgedCase).optional(),
  unjudged: z.array(z.object({ domain: z.string(), images: z.int(), masksElsewhere: z.boolean() })).optional(),
};

const schema = z.object({
  ...head,
  ...counts,
  domains: z
    .array(
      z.object({ name: z.string(), labelled: z.boolean(), ...counts, ...emptiness, ...parts }).transform(withSubjects),
    )
    .min(1),
  ...parts,
  gap: z.object({ dice: gap, jaccard: gap, hd95: gap, asd: gap }).nullable(),
});

const headSchema = z.object(head);

/** What an evaluation was of, as far as a report tells. */
export type SummaryHead = z.output<typeof headSchema>;

/**
 * Reads the text of a `summary.json`.
 * @param path for messages
 * @throws DataError when it is not as `dimseg evaluate` writes it
 */
export function parseSummary(text: string, path: string): { about: SummaryHead; summary: EvaluationSummary } {
  try {
    const { cases, subjects, domains, parts, average, gap, ...about } = withSubjects(schema.parse(JSON.parse(text)));
    return { about, summary: { cases, subjects, domains, parts, average, gap } };
  } catch (cause) {
    throw new DataError(`${path} is damaged; run \`dimseg evaluate\` again`, { cause });
  }
}
