/** The `question` of a data set whose masks can be understood in several ways, and its answer. */
import { z } from "zod";
import { classesSchema } from "./classes.js";
import type { domainSchema } from "./domain.js";
import { type LabelRule, labelsSchema } from "./labels.js";
import type { SplitSource } from "./splits.js";
import { domainName, type Issue } from "./words.js";

/** Two ways or more to understand the masks, where they do not tell which one is right. */
export const questionSchema = z
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

export type QuestionInput = z.input<typeof questionSchema>;

/** A question waits for its answer, and leaves no room for another rule beside it. */
export function checkAnswer(
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

/** The file with what its question's answer says. */
export function answered<F extends RuledFile>({ question, classes, labels, domains, ...rest }: F) {
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

/** No pattern waits for the answer of a question that is not there. */
export function checkFilled(domain: Partial<Record<"train" | "test", SplitSource | undefined>>, issue: Issue): void {
  for (const split of ["train", "test"] as const)
    if (JSON.stringify(domain[split] ?? "").includes("{modality}"))
      issue([split, "images"], "holds {modality}, which no answer of a question fills in; write its name");
}
