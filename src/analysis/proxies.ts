/**
 * What can be told of a network without a reference: how sure it is, whether its teacher agrees, how large the parts are.
 * None of it says that a mask is right. It is measured on domains with masks as well, whose Dice shows what the numbers
 * are worth for this network.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { groupBy } from "../core/group-by.js";
import { type Case, caseName } from "../data/dataset.js";
import { picturesOf } from "../data/volumes/case-slices.js";
import { confusionCounts, dice } from "../evaluation/overlap.js";
import { voxelCount } from "../grid/grid.js";
import { inferCaseAnswer } from "../inference/infer-case.js";
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

/** What is counted of one part over the pictures of a case. */
interface PartCounts {
  pixels: number;
  /** Where the part is predicted, and the sum of its probabilities there. */
  count: number;
  sum: number;
  /** Against the other network. */
  truePositive: number;
  falsePositive: number;
  falseNegative: number;
}

const nothing: PartCounts = { pixels: 0, count: 0, sum: 0, truePositive: 0, falsePositive: 0, falseNegative: 0 };

/** Adds a picture's mask and probabilities of a part. */
function addPicture(counts: PartCounts, mask: Uint8Array, probabilities: Float32Array, theirs?: Uint8Array): void {
  counts.pixels += mask.length;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    counts.sum += probabilities[i];
    counts.count++;
  }
  if (!theirs) return;
  const { truePositive, falsePositive, falseNegative } = confusionCounts(mask, theirs);
  counts.truePositive += truePositive;
  counts.falsePositive += falsePositive;
  counts.falseNegative += falseNegative;
}

/**
 * Asks one or both networks of a run about images, whether or not they have masks.
 * @returns a row for each case and part, in order
 * @throws DataError naming an image that cannot be decoded; NumericError naming one whose output holds NaN
 */
export async function caseProxies(
  { dataset, cache, device, precision, normalisation, patch }: LoadedRun,
  cases: readonly Case[],
  { network, other, testTimeFlips, onProgress }: ProxyOptions,
): Promise<CaseProxy[]> {
  const asked = { device, precision, normalisation, testTimeFlips };
  const proxies: CaseProxy[] = [];
  for (const [i, one] of cases.entries()) {
    const counts = dataset.parts.map(() => ({ ...nothing }));
    const decoded = await cache.get(one);
    for (const picture of patch ? [decoded] : picturesOf(decoded, dataset)) {
      const pixels = voxelCount(picture.working);
      const ask = (of: SegmentationNetwork) => {
        if (patch) return inferCaseAnswer(of, picture, dataset, { ...asked, patch }, caseName(one));
        return predictCase(of, picture, dataset, asked, ({ probabilities, labels }) => {
          requireFinite(probabilities, caseName(one));
          return { labels, probabilities: probabilities.toTypedArray() as Float32Array };
        });
      };
      const own = await ask(network);
      const second = other && (await ask(other));
      dataset.parts.forEach(({ index }, part) => {
        const [mask, theirs] = [own, second].map(
          (said) => said && classMask(said.labels, index, dataset.target, pixels),
        );
        const probabilities = own.probabilities.subarray(index * pixels, (index + 1) * pixels);
        addPicture(counts[part], mask as Uint8Array, probabilities, theirs ?? undefined);
      });
      await nextTurn();
    }
    counts.forEach(({ pixels, count, sum, ...against }, part) => {
      const overlap = other && dice({ ...against, trueNegative: 0 });
      proxies.push({
        case: { domain: one.domain, id: one.id },
        part: dataset.parts[part].name,
        share: count / pixels,
        confidence: sum / count,
        agreement: overlap !== null && Number.isNaN(overlap) ? 1 : overlap,
      });
    });
    onProgress?.(i + 1);
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
