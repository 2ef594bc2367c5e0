/** A split of the training cases in words. */
import { counted } from "../core/counted.js";
import { groupBy } from "../core/group-by.js";
import type { Case } from "./case-files.js";
import type { ProtocolSplit } from "./protocol.js";
import { subjectCount } from "./subjects.js";

/** A split in numbers, for people: what was taken, and what became of the other cases of the same subjects. */
export function splitText({ labelled, unlabelled, validation, unused }: ProtocolSplit): string {
  const learnt = new Set(labelled.map((one) => one.subject));
  const further = unlabelled.filter((one) => learnt.has(one.subject)).length;
  const inBrackets = (...texts: string[]) => (texts.length === 0 ? "" : ` (${texts.join("; ")})`);
  const subjects = (cases: readonly Case[]) => {
    const count = subjectCount(cases);
    return count < cases.length ? [counted(count, "subject")] : [];
  };
  const rest = further > 0 ? [`${further} of labelled subjects`] : [];
  const leftOut =
    unused.length > 0 ? [`${counted(unused.length, "further case")} of validation subjects left out`] : [];
  const [[home, own], ...others] = groupBy(labelled, (one) => one.domain);
  const beside = others.map(([domain, cases]) => `${cases.length} of ${domain}, `).join("");
  return (
    `${counted(own.length, "labelled case")} of ${home}${inBrackets(...subjects(own))}, ${beside}` +
    `${unlabelled.length} unlabelled${inBrackets(...rest)}, ` +
    `${validation.length} for validation${inBrackets(...subjects(validation), ...leftOut)}`
  );
}
