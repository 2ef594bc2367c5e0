/** By which rule the values of images become a network's input that need not be of its data set. */
import { UsageError } from "../../core/errors.js";
import { nearestWord } from "../../core/nearest-word.js";
import { type Dataset, ofDomain, withValueRule } from "../../data/dataset.js";
import { valueKindOf } from "../../data/images/values.js";
import type { AskedNetwork } from "./segmenter.js";

type Rule = Pick<AskedNetwork, "run" | "domain" | "intensity">;

/** @throws UsageError for a name that none of the domains has */
function requireDomain(names: readonly string[], { run, domain = "" }: Rule): void {
  if (names.includes(domain)) return;
  const near = nearestWord(domain, names);
  const hint = near ? `did you mean "${near}"? ` : "";
  throw new UsageError(`${run}: its data set has no domain "${domain}"; ${hint}they are ${names.join(", ")}`);
}

/** The rule of a domain, or the one for all where there are no others. */
function byDomain(dataset: Dataset, rule: Rule): Dataset {
  const { domainIntensities, usualDomains = [] } = dataset;
  const { run, domain } = rule;
  if (!domainIntensities) {
    if (domain === undefined) return dataset;
    throw new UsageError(`${run}: all of its domains have one rule for values, so leave out --domain`);
  }
  const own = Object.keys(domainIntensities);
  if (domain === undefined) {
    const usual = usualDomains.length > 0 ? ` (${usualDomains.join(", ")}: the rule for all)` : "";
    throw new UsageError(
      `${run}: the domains of its data set have rules for values of their own; say with --domain NAME as those of which ` +
        `domain these images are, ${own.join(", ")}${usual}`,
    );
  }
  requireDomain([...own, ...usualDomains], rule);
  const { domainIntensities: _, usualDomains: __, ...ruled } = ofDomain(dataset, domain);
  return ruled;
}

/**
 * What a network knows of its data set, with the one rule for values that new images follow.
 * @throws UsageError where the run's domains have rules of their own and none is chosen; for a domain that there is not, or
 *   that is chosen beside a range; for a range where the network sees z-scores, to which ranges are nothing
 */
export function forNewImages(dataset: Dataset, rule: Rule): Dataset {
  const { intensity, domain, run } = rule;
  if (intensity === undefined) return byDomain(dataset, rule);
  if (domain !== undefined)
    throw new UsageError("--intensity and --domain both say what becomes of values; leave out one");
  if (valueKindOf(dataset) === "zscores")
    throw new UsageError(`${run}: sees z-scores, to which a range of grey is nothing, so leave out --intensity`);
  const { domainIntensities: _, usualDomains: __, ...rest } = dataset;
  return withValueRule(rest, { intensity });
}
