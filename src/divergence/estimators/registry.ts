/** The estimators by name. A new one is a file here and an entry below. */
import { z } from "zod";
import { UsageError } from "../../core/errors.js";
import { validate } from "../../core/formats/validated-yaml.js";
import { nearestWord } from "../../core/nearest-word.js";
import { critic } from "./critic.js";
import type { DomainDivergence, DomainDivergenceOptions } from "./domain-divergence.js";
import type { EstimatorEntry } from "./entry.js";
import { featCode } from "./feat-code.js";
import { featProto } from "./feat-proto.js";
import { featSoftmax } from "./feat-softmax.js";
import { gaussian } from "./gaussian.js";
import { predMarginal } from "./pred-marginal.js";
import { restyled } from "./restyled.js";

/** All estimators by their names in configurations; the first is the default. */
export const estimators = {
  featSoftmax,
  predMarginal,
  featProto,
  featCode,
  gaussian,
  critic,
  restyled,
} satisfies Record<string, EstimatorEntry>;

/** Name of an estimator. */
export type EstimatorId = keyof typeof estimators;

/** Names of all estimators. */
export const estimatorIds = Object.keys(estimators) as [EstimatorId, ...EstimatorId[]];

/** An estimator's name, for one with settings of its own beside them. */
export type EstimatorChoice = EstimatorId | ({ name: EstimatorId } & Record<string, unknown>);

const branches = Object.entries<EstimatorEntry>(estimators).map(([name, { options }]) =>
  z.strictObject({ name: z.literal(name), ...options }),
);

/** `estimator: critic` or `estimator: { name: critic, hidden: 128 }`; without settings of its own the name alone. */
export const estimatorChoice = z
  .preprocess(
    (value) => (typeof value === "string" ? { name: value } : value),
    z.discriminatedUnion("name", branches as never) as unknown as z.ZodType<Exclude<EstimatorChoice, string>>,
  )
  .transform((choice): EstimatorChoice => (Object.keys(choice).length === 1 ? choice.name : choice));

/**
 * The estimator of that name with its choices made.
 * @param choice a name, or a name with the estimator's own settings beside it
 * @throws UsageError for an unknown name (naming the nearest) and for choices that make no sense together
 * @example const d = domainDivergence("featSoftmax", { divergence: divergence("js"), kind: "softmax" });
 */
export function domainDivergence(
  choice: string | ({ name: string } & Record<string, unknown>),
  options: DomainDivergenceOptions,
): DomainDivergence {
  const { name: id, ...settings } = typeof choice === "string" ? { name: choice } : choice;
  if (Object.hasOwn(estimators, id)) {
    const entry: EstimatorEntry = estimators[id as EstimatorId];
    return entry.create(
      options,
      validate(z.strictObject(entry.options ?? {}), settings, () => `estimator ${id}`),
    );
  }
  const near = nearestWord(id, estimatorIds);
  const hint = near ? `did you mean "${near}"?` : `the estimators are ${estimatorIds.join(", ")}`;
  throw new UsageError(`estimator: there is no "${id}"; ${hint}`);
}
