/** What becomes of the values of images: `intensity`, `intensities` and `values`. */
import { z } from "zod";
import { type CtWindow, ctWindows, type IntensityRule, type WindowRule, zScoreChoices } from "../volumes/windows.js";
import { mostChannels } from "./channels.js";
import type { Issue } from "./words.js";

const share = z.number().min(0).max(100);

export const intensitySchema = z
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
export const intensitiesSchema = z
  .array(intensitySchema)
  .min(1)
  .max(mostChannels)
  .optional()
  .describe("with slices: one rule for each channel, in place of intensity for all");

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
export function checkSlices(
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
export function checkValues(file: RuledValues, issue: Issue): void {
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
