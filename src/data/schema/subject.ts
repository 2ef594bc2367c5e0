/** The `subject` of a data set: which cases are of one patient. */
import { z } from "zod";
import { subjectPatternFault } from "../subject-pattern.js";
import { column, path } from "./words.js";

export const subjectSchema = z
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

export type SubjectRule = z.output<typeof subjectSchema>;
/** A rule before its default is filled in, as a writer makes it. */
export type SubjectRuleInput = z.input<typeof subjectSchema>;
