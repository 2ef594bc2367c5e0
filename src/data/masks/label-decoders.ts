/** The label decoders of a data set, made once for each of its rules. */
import { type Case, type Dataset, labelsOf } from "../dataset.js";
import type { LabelRule } from "../schema.js";
import { createLabelDecoder, type LabelDecoder } from "./labels.js";

const decoders = new WeakMap<Dataset, Map<LabelRule, LabelDecoder>>();

/** The label decoder of a case: by the rule of its domain, or its own where its mask was added with one. */
export function labelDecoder(dataset: Dataset, { domain, added }: Pick<Case, "domain" | "added">): LabelDecoder {
  const ofRule = decoders.get(dataset) ?? new Map<LabelRule, LabelDecoder>();
  decoders.set(dataset, ofRule);
  const labels = added?.labels ?? labelsOf(dataset, domain);
  const decoder = ofRule.get(labels) ?? createLabelDecoder({ ...dataset, labels });
  ofRule.set(labels, decoder);
  return decoder;
}
