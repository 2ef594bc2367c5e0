/** How well several readers of the same images agree, which bounds how well a network can be judged by them. */
import { groupBy } from "../../core/group-by.js";
import { type Case, caseName, type Dataset } from "../dataset.js";
import { ignoredCode } from "../masks/labels.js";

/** What the readers of one image have in common. */
export interface CaseAgreement {
  readonly readers: number;
  /** Dice of each part between two readers, 0 … 1, the mean over all pairs of which one marked it; NaN where none did. */
  readonly dice: readonly number[];
}

/** The readers of a domain's images together. */
export interface ReaderAgreement {
  readonly domain: string;
  /** How their masks become one. */
  readonly rule: "first" | "majority" | "staple";
  /** Images that several readers marked. */
  readonly cases: number;
  /** Least and greatest number of readers of these. */
  readonly readers: readonly [number, number];
  /** Mean of {@link CaseAgreement.dice} over the images; null where nobody marked the part. */
  readonly dice: readonly (number | null)[];
  /** The image whose readers agree least on any part; null where nobody marked anything. */
  readonly least: { readonly case: string; readonly part: string; readonly dice: number } | null;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Dice of a part between two readers over the pixels that both labelled; NaN where neither marked it. */
function diceBetween(a: Int32Array, b: Int32Array, holds: (code: number) => boolean): number {
  let [both, either] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    if (a[i] === ignoredCode || b[i] === ignoredCode) continue;
    const [inA, inB] = [holds(a[i]), holds(b[i])];
    if (inA && inB) both++;
    if (inA) either++;
    if (inB) either++;
  }
  return (2 * both) / either;
}

/** How the readers of an image agree. @param readers codes `[S]` of each (labels.ts) */
export function agreementOf(readers: readonly Int32Array[], { target, parts }: Dataset): CaseAgreement {
  const dice = parts.map(({ index }) => {
    const holds = (code: number) => (target === "softmax" ? code === index : ((code >> index) & 1) === 1);
    const pairs = readers.flatMap((a, i) => readers.slice(i + 1).map((b) => diceBetween(a, b, holds)));
    return mean(pairs.filter((one) => !Number.isNaN(one)));
  });
  return { readers: readers.length, dice };
}

/** The agreement in each domain where several readers marked images. */
export function agreementByDomain(
  facts: readonly { readonly case: Case; readonly agreement?: CaseAgreement }[],
  { parts, domainReaders = {} }: Dataset,
): ReaderAgreement[] {
  const found = facts.flatMap(({ case: one, agreement }) => (agreement ? [{ one, ...agreement }] : []));
  return [...groupBy(found, ({ one }) => one.domain)].map(([domain, cases]) => {
    const counts = cases.map(({ readers }) => readers);
    const marked = cases.flatMap(({ one, dice }) =>
      dice.flatMap((value, part) => (Number.isNaN(value) ? [] : [{ one, part, value }])),
    );
    const least = marked.length === 0 ? null : marked.reduce((a, b) => (b.value < a.value ? b : a));
    return {
      domain,
      rule: Object.hasOwn(domainReaders, domain) ? domainReaders[domain] : "first",
      cases: cases.length,
      readers: [Math.min(...counts), Math.max(...counts)],
      dice: parts.map((_, part) => {
        const values = marked.filter((one) => one.part === part).map(({ value }) => value);
        return values.length === 0 ? null : mean(values);
      }),
      least: least && { case: caseName(least.one), part: parts[least.part].name, dice: least.value },
    };
  });
}
