/** How well readers agree, in words. */
import { counted } from "../../core/counted.js";
import type { ReaderAgreement } from "./agreement.js";

/** The readers of a domain in a sentence. @param parts names of the parts */
export function agreementText(
  { domain, rule, cases, readers: [fewest, most], dice, least }: ReaderAgreement,
  parts: readonly string[],
): string {
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  const number = fewest === most ? `${most}` : `${fewest} to ${most}`;
  const each = dice.flatMap((value, part) => (value === null ? [] : [`${parts[part]} ${percent(value)}`]));
  const lowest = least === null || cases === 1 ? "" : `, lowest ${percent(least.dice)} (${least.part}, ${least.case})`;
  const agreed = each.length === 0 ? "none of them marked anything" : `Dice between them: ${each.join(", ")}${lowest}`;
  return `domain ${domain}: ${number} readers marked ${counted(cases, "image")}; ${agreed}; readers: ${rule}`;
}
