/** The estimators by name. A new one is a file here and a line below. */
import { UsageError } from "../../core/errors.js";
import { nearestWord } from "../../core/nearest-word.js";
import type { DomainDivergence, DomainDivergenceOptions } from "./domain-divergence.js";
import { featProto } from "./feat-proto.js";
import { featSoftmax } from "./feat-softmax.js";
import { gaussian } from "./gaussian.js";
import { predMarginal } from "./pred-marginal.js";

/** An estimator as the registry knows it. */
export interface EstimatorEntry {
  /** What it compares, in one line. */
  summary: string;
  /** Where the idea comes from. */
  source: string;
  /** What it costs beside the method's own passes, for B + B images. */
  cost: string;
  create(options: DomainDivergenceOptions): DomainDivergence;
}

/** All estimators by their names in configurations; the first is the default. */
export const estimators = {
  featSoftmax: {
    summary: "softmax over the standardised, pooled bottleneck channels",
    source: "ours; docs/method.md",
    cost: "encoder on 2B images",
    create: featSoftmax,
  },
  predMarginal: {
    summary: "mean predicted probability of each class",
    source: "ours; docs/method.md",
    cost: "network on 2B images",
    create: predMarginal,
  },
  featProto: {
    summary: "softmax of the decoder features averaged per class",
    source: "ours",
    cost: "network on 2B images",
    create: featProto,
  },
  gaussian: {
    summary: "normal distributions of the bottleneck channels",
    source: "ours",
    cost: "encoder on 2B images",
    create: gaussian,
  },
} satisfies Record<string, EstimatorEntry>;

/** Name of an estimator. */
export type EstimatorId = keyof typeof estimators;

/** Names of all estimators. */
export const estimatorIds = Object.keys(estimators) as [EstimatorId, ...EstimatorId[]];

/**
 * The estimator of that name with its choices made.
 * @throws UsageError for an unknown name (naming the nearest) and for choices that make no sense together
 * @example const d = domainDivergence("featSoftmax", { divergence: divergence("js"), kind: "softmax" });
 */
export function domainDivergence(id: string, options: DomainDivergenceOptions): DomainDivergence {
  if (Object.hasOwn(estimators, id)) return estimators[id as EstimatorId].create(options);
  const near = nearestWord(id, estimatorIds);
  const hint = near ? `did you mean "${near}"?` : `the estimators are ${estimatorIds.join(", ")}`;
  throw new UsageError(`estimator: there is no "${id}"; ${hint}`);
}
