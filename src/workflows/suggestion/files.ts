/** A suggestion as CSV and JSON. */
import { formatCsv } from "../../core/formats/csv.js";
import { maskFilesOf } from "../../data/case-files.js";
import type { Chosen } from "./ask.js";
import { reasonOf } from "./reason.js";

/** One suggested image, as files and tables have it. */
export interface SuggestedImage {
  readonly rank: number;
  readonly domain: string;
  readonly id: string;
  readonly subject: string;
  readonly image: string;
  /** Where it has a mask that the run does not learn from; else empty. */
  readonly mask: string;
  readonly reason: string;
  /** Of strategy `combined`: the part whose turn it was, its estimated Dice where there is one, and the factors of its score. */
  readonly part?: string;
  readonly dice?: number | null;
  readonly doubt?: number;
  readonly domainDoubt?: number;
  readonly domainLabels?: number;
  readonly distance?: number | null;
  /** Of strategy `entropy`: bits a pixel. */
  readonly entropy?: number;
}

/** JSON has neither NaN nor infinity. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** What is said of a chosen case. @param rank from 1 */
export function suggestedImage(chosen: Chosen, rank: number): SuggestedImage {
  const { case: one, combined, entropy } = chosen;
  const { domain, id, subject, imagePath } = one;
  const about = { rank, domain, id, subject, image: imagePath, mask: maskFilesOf(one)[0]?.path ?? "" };
  const whole = { ...about, reason: reasonOf(chosen) };
  if (entropy !== undefined) return { ...whole, entropy };
  if (!combined) return whole;
  const { pick, estimate } = combined;
  return {
    ...whole,
    ...{ part: estimate.part, dice: finite(estimate.dice), doubt: pick.doubt },
    ...{ domainDoubt: pick.domainDoubt, domainLabels: pick.domainLabels, distance: finite(pick.distance) },
  };
}

/** A header line and one line an image, in their order. */
export function suggestionCsv(images: readonly SuggestedImage[]): string {
  const columns = Object.keys(images[0] ?? { rank: 0 }) as (keyof SuggestedImage)[];
  return formatCsv([columns, ...images.map((one) => columns.map((column) => one[column] ?? ""))]);
}
