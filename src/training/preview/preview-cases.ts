/**
 * Which cases the preview shows and whose reference it may show. Cases are chosen by their place in the list alone, never
 * by a score. Test labels are looked at during training only when the configuration says so
 * (`evaluation.monitorTest`), in the picture as in the curves; without it only validation cases show their reference.
 */
import type { Case, Dataset } from "../../data/dataset.js";
import type { ProtocolSplit } from "../../data/protocol.js";
import type { PictureSize } from "../../drawing/outline-path.js";

/** A row of the preview. */
export interface PreviewCase {
  readonly case: Case;
  readonly showsReference: boolean;
}

export interface PreviewChoice {
  readonly dataset: Pick<Dataset, "domains">;
  readonly split: ProtocolSplit;
  readonly labelledDomain: string;
  readonly monitorTest: boolean;
}

/** Longer side of one picture of the preview, in pixels. */
export const tileSide = 128;

/** A picture's size in the preview. @param shape of what the network sees, rows and columns */
export function tileSize([rows, columns]: readonly number[]): PictureSize {
  const scale = tileSide / Math.max(rows, columns);
  const [height, width] = [rows, columns].map((side) => Math.max(1, Math.round(side * scale)));
  return { height, width };
}

const mostRows = 6;

/** `count` of the values, first, last or middle of equal stretches, so that neighbouring slices do not fill the picture. */
function spread<T>(values: readonly T[], count: number): T[] {
  const wanted = Math.min(count, values.length);
  return Array.from({ length: wanted }, (_, i) => values[Math.floor(((i + 0.5) * values.length) / wanted)]);
}

/**
 * Up to six cases, two of each domain if there are at most three: of the labelled domain validation cases, of the others
 * test cases; training cases that are used without their label where a domain has none of these.
 */
export function previewCases({ dataset, split, labelledDomain, monitorTest }: PreviewChoice): PreviewCase[] {
  const perDomain = Math.max(1, Math.min(2, Math.floor(mostRows / dataset.domains.length)));
  const rows = dataset.domains.flatMap((domain) => {
    const validation = domain.name === labelledDomain ? split.validation : [];
    const unlabelled = split.unlabelled.filter((one) => one.domain === domain.name);
    const own = [validation, domain.cases("test"), unlabelled].find((cases) => cases.length > 0) ?? [];
    const mayShow = own === validation || (monitorTest && own !== unlabelled);
    return spread(own, perDomain).map((one) => ({
      case: one,
      showsReference: mayShow && one.maskPath !== undefined,
    }));
  });
  return rows.slice(0, mostRows);
}

/** Of more than `most` values the first, the last and evenly spaced ones between, in order. @param most at least 2 */
export function thinned<T>(values: readonly T[], most: number): T[] {
  if (values.length <= most) return [...values];
  return Array.from({ length: most }, (_, i) => values[Math.round((i * (values.length - 1)) / (most - 1))]);
}
