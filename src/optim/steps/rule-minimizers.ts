/** The optimisers made of an ascent rule alone, one per line of rules/registry.ts: two passes, no divergence. */
import { z } from "zod";
import { type MinimizerEntry, minimizerEntry } from "../entry.js";
import type { AscentRule } from "../rules/ascent-rule.js";
import { type AscentName, ascentRules } from "../rules/registry.js";
import { RuleMinimizer, type RuleSettings, ruleOptions } from "../sharpness/rule-minimizer.js";

function ruleEntry(rule: AscentRule): MinimizerEntry {
  return minimizerEntry({
    summary: rule.summary,
    source: rule.source,
    passes: 2,
    options: z.strictObject({ ...ruleOptions(rule.rho, rule.rhoMode), ...rule.options }),
    // The ramp-up is the method's, which says it of the step at hand alone.
    capturable: ({ rhoMode }) => rhoMode !== "ramp",
    create: (parameters, base, options) =>
      new RuleMinimizer(parameters, base, { rule, options }, options as unknown as RuleSettings),
  });
}

/** The settings of a rule's optimiser: those of every rule and the rule's own. */
type RuleOptions<Rule extends AscentRule> = z.ZodObject<ReturnType<typeof ruleOptions> & Rule["options"]>;

/** The optimisers made of an ascent rule alone, by the names of the rules. */
export const ruleMinimizers = Object.fromEntries(
  Object.entries<AscentRule>(ascentRules).map(([name, rule]) => [name, ruleEntry(rule)]),
) as unknown as { [Name in AscentName]: MinimizerEntry<RuleOptions<(typeof ascentRules)[Name]>> };
