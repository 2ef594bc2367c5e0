/** The ascent rules a configuration may name; a new one is one file and one line here. */
import { z } from "zod";
import { asam } from "./asam.js";
import { asamAdaptive } from "./asam-adaptive.js";
import type { AscentRule } from "./ascent-rule.js";
import { fisherSam } from "./fisher-sam.js";
import { friendlySam } from "./friendly-sam.js";
import { gsam } from "./gsam.js";
import { sagm } from "./sagm.js";
import { sam } from "./sam.js";

/** All ascent rules by their names, which are those of optimisers and of DiM's `inner`. */
export const ascentRules = {
  sam,
  asam,
  asamAdaptive,
  fsam: friendlySam,
  fisher: fisherSam,
  gsam,
  sagm,
} satisfies Record<string, AscentRule>;

/** Name of an ascent rule in a configuration. */
export type AscentName = keyof typeof ascentRules;

/** A rule's name beside its own settings. */
export type AscentChoice = { name: AscentName } & Record<string, unknown>;

const branches = Object.entries<AscentRule>(ascentRules).map(([name, { options }]) =>
  z.strictObject({ name: z.literal(name), ...options }),
);

/** `inner: asam` or `inner: { name: asam, eta: 0.02 }`. */
export const ascentChoice = z.preprocess(
  (value) => (typeof value === "string" ? { name: value } : value),
  z.discriminatedUnion("name", branches as never) as unknown as z.ZodType<AscentChoice>,
);
