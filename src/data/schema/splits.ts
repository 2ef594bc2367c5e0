/** The `train` and `test` of a domain: which files are its images and masks. */
import { z } from "zod";
import { furtherChannels } from "./channels.js";
import { unknownClass } from "./classes.js";
import type { LabelRule } from "./labels.js";
import { type Issue, id, name, path, pattern } from "./words.js";

const joinedText = "further mask files of the same images: a pixel has the class that any of its files gives";
const byClassText = "masks where every class has a file of its own; an image with none of them is unlabelled";

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

export const splitSchema = z
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

export type SplitSource = z.output<typeof splitSchema>;

/** Files of single classes name known ones, and stand together with the rule that reads them. */
export function checkFileClasses(
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
