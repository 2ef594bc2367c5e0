/** The optimisers made of an ascent rule alone, one per line of ascent.ts: two passes, no divergence. */
import { z } from "zod";
import { type MinimizerEntry, minimizerEntry } from "../entry.js";
import { type AscentChoice, type AscentName, ascentRules } from "./ascent.js";
import type { AscentRule } from "./ascent-rule.js";
import { Dim, type DimOptions, withoutDivergence } from "./dim.js";
import { radiusOptions } from "./radius.js";

function ruleMinimizer(name: string, rule: AscentRule): MinimizerEntry {
  const shared = radiusOptions(rule.rho, rule.rhoMode);
  return minimizerEntry({
    summary: rule.summary,
    source: rule.source,
    cost: "2 passes",
    options: z.strictObject({ ...shared, ...rule.options }),
    create(parameters, base, options) {
      const radius = Object.fromEntries(Object.keys(shared).map((key) => [key, options[key]]));
      const own = Object.fromEntries(Object.keys(rule.options).map((key) => [key, options[key]]));
      const inner = { name, ...own } as AscentChoice;
      return new Dim(parameters, base, { ...radius, ...withoutDivergence, inner } as DimOptions);
    },
  });
}

export const ruleMinimizers = Object.fromEntries(
  Object.entries<AscentRule>(ascentRules).map(([name, rule]) => [name, ruleMinimizer(name, rule)]),
) as Record<AscentName, MinimizerEntry>;
