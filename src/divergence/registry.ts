/** The f-divergences by name. A new one is a file in families/ and a line here. */
import { UsageError } from "../core/errors.js";
import { nearestWord } from "../core/nearest-word.js";
import type { FDivergence } from "./f-divergence.js";
import { alpha } from "./families/alpha.js";
import { gan } from "./families/gan.js";
import { h2 } from "./families/h2.js";
import { jeffreys } from "./families/jeffreys.js";
import { js } from "./families/js.js";
import { kl } from "./families/kl.js";
import { lecam } from "./families/lecam.js";
import { neyman } from "./families/neyman.js";
import { pearson } from "./families/pearson.js";
import { rkl } from "./families/rkl.js";
import { tv } from "./families/tv.js";
import { wjs } from "./families/wjs.js";

/** Parameters by name; which a family takes is in its {@link FDivergence.params}. */
export type DivergenceParams = Readonly<Record<string, number>>;

/** A family at its default parameters, and how to make it with others. */
interface Family {
  standard: FDivergence;
  make?: (params: DivergenceParams) => FDivergence;
}

const families = {
  kl: { standard: kl },
  rkl: { standard: rkl },
  js: { standard: js },
  h2: { standard: h2 },
  pearson: { standard: pearson },
  neyman: { standard: neyman },
  tv: { standard: tv },
  alpha: { standard: alpha(0.5), make: (params) => alpha(params.alpha) },
  jeffreys: { standard: jeffreys },
  lecam: { standard: lecam },
  wjs: { standard: wjs(0.5), make: (params) => wjs(params.pi) },
  gan: { standard: gan },
} satisfies Record<string, Family>;

/** Name of an f-divergence. */
export type DivergenceId = keyof typeof families;

/** Names of all f-divergences, in the order of method section 5.1. */
export const divergenceIds = Object.keys(families) as [DivergenceId, ...DivergenceId[]];

/**
 * The f-divergence of that name.
 * @param params `alpha: { alpha }` (default 0.5) and `wjs: { pi }` (default 0.5); the others take none
 * @throws UsageError for an unknown name (naming the nearest), an unknown parameter or a value outside its range
 */
export function divergence(id: string, params: DivergenceParams = {}): FDivergence {
  const family: Family | undefined = Object.hasOwn(families, id) ? families[id as DivergenceId] : undefined;
  if (!family) {
    const near = nearestWord(id, divergenceIds);
    const hint = near ? `did you mean "${near}"?` : `the divergences are ${divergenceIds.join(", ")}`;
    throw new UsageError(`divergence: there is no "${id}"; ${hint}`);
  }
  const known = Object.keys(family.standard.params);
  const unknown = Object.keys(params).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const hint = known.length > 0 ? `it has ${known.join(", ")}` : "it has none";
    throw new UsageError(`divergence ${id}: there is no parameter "${unknown}"; ${hint}`);
  }
  return family.make?.({ ...family.standard.params, ...params }) ?? family.standard;
}
