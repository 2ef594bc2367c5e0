/** The optimisers made of an ascent rule alone, one per line of rules/registry.ts: two passes, no divergence. */
import { z } from "zod";
import { type MinimizerEntry, minimizerEntry } from "../entry.js";
import type { AscentRule } from "../rules/ascent-rule.js";
import { type AscentName, ascentRules } from "../rules/registry.js";
import { type RadiusOptions, radiusOptions } from "../sharpness/radius.js";
import { RuleMinimizer } from "../sharpness/rule-minimizer.js";

function ruleEntry(rule: AscentRule): MinimizerEntry {
  return minimizerEntry({
    summary: rule.summary,
    source: rule.source,
    passes: 2,
    options: z.strictObject({ ...radiusOptions(rule.rho, rule.rhoMode), ...rule.options }),
    create: (parameters, base, options) =>
      new RuleMinimizer(parameters, base, { rule, options }, options as unknown as RadiusOptions),
  });
}

/** The settings of a rule's optimiser: those of the radius and the rule's own. */
type RuleOptions<Rule extends AscentRule> = z.ZodObject<ReturnType<typeof radiusOptions> & Rule["options"]>;

/** The optimisers made of an ascent rule alone, by the names of the rules. */
export const ruleMinimizers = Object.fromEntries(
  Object.entries<AscentRule>(ascentRules).map(([name, rule]) => [name, ruleEntry(rule)]),
) as unknown as { [Name in AscentName]: MinimizerEntry<RuleOptions<(typeof ascentRules)[Name]>> };
