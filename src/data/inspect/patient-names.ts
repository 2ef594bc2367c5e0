/** Which folders are called as patients are, so that each holds images of one subject and is no domain. */
import { wordsOf } from "./words.js";

/** What numbered folders of subjects are called. */
const subjectWords = new Set(
  [
    "p pt pat patient case subject subj sub id person participant volunteer donor",
    "exam study animal mouse rat specimen slide",
  ].flatMap((line) => line.split(" ")),
);
/** What numbered folders of domains are called; others, as A1 and A2, may be either. */
const domainWords = new Set(
  [
    "domain site center centre hospital clinic institution institute vendor scanner device machine camera microscope lab",
    "laboratory country city source client dataset set cohort group batch fold part class stain organ team station unit",
  ].flatMap((line) => line.split(" ")),
);
/** More numbered folders than this are no scanners or hospitals, whatever they are called. */
const mostDomains = 12;

const isNumber = (word: string) => /^\d+\p{L}?$/u.test(word);

/** @param names of all folders beside each other */
export function arePatients(names: readonly string[]): boolean {
  const words = names.map(wordsOf);
  if (names.length < 2 || !words.every((own) => own.some(isNumber))) return false;
  if (words.some((own) => own.some((word) => domainWords.has(word.replace(/s$/, ""))))) return false;
  return (
    names.length > mostDomains || words.every(([first, ...rest]) => subjectWords.has(first) && rest.some(isNumber))
  );
}
