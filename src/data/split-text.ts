/** A split of the training cases in words. */
import { counted } from "../core/counted.js";
import type { Case } from "./case-files.js";
import type { ProtocolSplit } from "./protocol.js";
import { subjectCount } from "./subjects.js";

/** ` of 3 subjects` where subjects have several of the cases, else nothing. */
function ofSubjects(cases: readonly Case[]): string {
  const subjects = subjectCount(cases);
  return subjects === cases.length ? "" : ` of ${counted(subjects, "subject")}`;
}

/** A split in numbers, for people: what was taken, and what became of the other cases of the same subjects. */
export function splitText({ labelled, unlabelled, validation, unused }: ProtocolSplit): string {
  const learnt = new Set(labelled.map((one) => one.subject));
  const further = unlabelled.filter((one) => learnt.has(one.subject)).length;
  return (
    `${counted(labelled.length, "labelled case")} of ${labelled[0].domain}${ofSubjects(labelled)}, ` +
    `${unlabelled.length} unlabelled${further > 0 ? ` (${further} of them of the labelled subjects)` : ""}, ` +
    `${validation.length} for validation${ofSubjects(validation)}` +
    `${unused.length > 0 ? ` (${counted(unused.length, "further case")} of these subjects left out)` : ""}`
  );
}
