/**
 * What can be told of a network without a reference: how sure it is, whether its teacher agrees, how large the parts are.
 * None of it says that a mask is right. It is measured on domains with masks as well, whose Dice shows what the numbers
 * are worth for this network.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { groupBy } from "../core/group-by.js";
import { type Case, caseName } from "../data/dataset.js";
import { confusionCounts, dice } from "../evaluation/overlap.js";
import { voxelCount } from "../grid/grid.js";
import { classMask } from "../inference/label-map.js";
import { requireFinite } from "../inference/predict.js";
import { predictCase } from "../inference/predict-case.js";
import type { SegmentationNetwork } from "../nn/index.js";
import type { LoadedRun } from "../runs/load-run.js";
import { definedValues, mean } from "../statistics/mean.js";

/** One part of one case. */
export interface CaseProxy {
  readonly case: Pick<Case, "domain" | "id">;
  readonly part: string;
  /** Share of the image that is predicted to be the part, in [0, 1]. */
  readonly share: number;
  /** Mean probability of the part over the pixels where it is predicted, in [0, 1]; NaN where it is nowhere. */
  readonly confidence: number;
  /** Dice between both networks' masks, 1 where both are empty; null where there is one network. */
  readonly agreement: number | null;
}

/** The means of a domain's cases for one part. */
export interface DomainProxy {
  readonly domain: string;
  readonly part: string;
  readonly images: number;
  /** NaN where no image has the part. */
  readonly confidence: number;
  /** Null where there is one network. */
  readonly agreement: number | null;
  readonly share: number;
  /** Share of the images in which the part is nowhere, in [0, 1]. */
  readonly empty: number;
}

export interface ProxyOptions {
  readonly network: SegmentationNetwork;
  /** The student of a teacher, or the other way round; null where there is none. */
  readonly other: SegmentationNetwork | null;
  readonly testTimeFlips?: boolean;
  /** Called with the number of cases done after each. */
  readonly onProgress?: (done: number) => void;
}

/** Mean probability over a mask; NaN where that is empty. */
function meanOver(mask: Uint8Array, probabilities: Float32Array): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    sum += probabilities[i];
    count++;
  }
  return sum / count;
}

/**
 * Asks one or both networks of a run about images, whether or not they have masks.
 * @returns a row for each case and part, in order
 * @throws DataError naming an image that cannot be decoded; NumericError naming one whose output holds NaN
 */
export async function caseProxies(
  { dataset, cache, device, precision, normalisation }: LoadedRun,
  cases: readonly Case[],
  { network, other, testTimeFlips, onProgress }: ProxyOptions,
): Promise<CaseProxy[]> {
  const asked = { device, precision, normalisation, testTimeFlips };
  const proxies: CaseProxy[] = [];
  for (const [i, one] of cases.entries()) {
    const decoded = await cache.get(one);
    const pixels = voxelCount(decoded.working);
    const ask = (of: SegmentationNetwork) =>
      predictCase(of, decoded, dataset, asked, ({ probabilities, labels }) => {
        requireFinite(probabilities, caseName(one));
        return { labels, probabilities: probabilities.toTypedArray() as Float32Array };
      });
    const own = ask(network);
    const second = other && ask(other);
    for (const { index, name } of dataset.parts) {
      const mask = classMask(own.labels, index, dataset.target, pixels);
      const theirs = second && classMask(second.labels, index, dataset.target, pixels);
      const overlap = theirs && dice(confusionCounts(mask, theirs));
      proxies.push({
        case: { domain: one.domain, id: one.id },
        part: name,
        share: mask.reduce((sum, value) => sum + value, 0) / pixels,
        confidence: meanOver(mask, own.probabilities.subarray(index * pixels, (index + 1) * pixels)),
        agreement: overlap !== null && Number.isNaN(overlap) ? 1 : overlap,
      });
    }
    onProgress?.(i + 1);
    await nextTurn();
  }
  return proxies;
}

/** Means over the images of each domain and part, in order of appearance. */
export function domainProxies(proxies: readonly CaseProxy[]): DomainProxy[] {
  const groups = groupBy(proxies, (one) => JSON.stringify([one.case.domain, one.part]));
  return [...groups.values()].map((rows) => {
    const agreements = rows.flatMap(({ agreement }) => agreement ?? []);
    return {
      domain: rows[0].case.domain,
      part: rows[0].part,
      images: rows.length,
      confidence: mean(definedValues(rows.map(({ confidence }) => confidence))),
      agreement: agreements.length === rows.length ? mean(agreements) : null,
      share: mean(rows.map(({ share }) => share)),
      empty: rows.filter(({ share }) => share === 0).length / rows.length,
    };
  });
}
