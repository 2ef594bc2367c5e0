/** The registries under one form, for `dimseg list`. */
import { z } from "zod";
import { presets } from "../config/presets.js";
import { formats } from "../data/formats/registry.js";
import { divergence, divergenceIds, type EstimatorEntry, estimators } from "../divergence/index.js";
import { methods } from "../methods/registry.js";
import { type NetworkEntry, networks } from "../nn/index.js";
import { costOf, divergenceOptions, type MinimizerEntry, minimizers } from "../optim/index.js";
import { signals } from "../quality/signals/registry.js";
import type { Signal } from "../quality/signals/signal.js";

/** What can be listed. */
export type ListingKind =
  | "methods"
  | "optimizers"
  | "divergences"
  | "estimators"
  | "models"
  | "presets"
  | "formats"
  | "signals";

/** One entry of a registry. */
export interface Listing {
  name: string;
  /** What it is, in one line. */
  summary: string;
  /** Paper and reference code. */
  source: string;
  /** What a step of training costs with it, or how large it is. Formats have none, nor settings. */
  cost?: string;
  /** Its settings where a configuration says nothing. */
  defaults?: Record<string, unknown>;
  /** Settings without a default of their own, and what they do. */
  optional?: Record<string, string>;
  /** Of formats: how their files' names end, without the dot. */
  extensions?: readonly string[];
}

type Settings = Required<Pick<Listing, "defaults" | "optional">>;

interface Described {
  summary: string;
  source: string;
  cost: string;
}

interface SchemaNode {
  properties?: Record<string, SchemaNode>;
  description?: string;
}

/** Keys of a schema that its defaults leave out, by dotted name. */
function optionalOf(schema: SchemaNode, defaults: object, prefix = ""): [string, string][] {
  const values = defaults as Record<string, unknown>;
  return Object.entries(schema.properties ?? {}).flatMap(([key, below]): [string, string][] => {
    const value = values[key];
    if (value === undefined) return [[prefix + key, below.description ?? ""]];
    return typeof value === "object" && value !== null ? optionalOf(below, value, `${prefix}${key}.`) : [];
  });
}

/** No setting is required, so an empty section gives all defaults. */
function settingsOf({ options }: { options: z.ZodObject }): Settings {
  const defaults = options.parse({});
  const schema = z.toJSONSchema(options, { io: "input" }) as SchemaNode;
  return { defaults, optional: Object.fromEntries(optionalOf(schema, defaults)) };
}

function fixed(defaults: Record<string, unknown>): Settings {
  return { defaults, optional: {} };
}

function listed<Entry extends Described>(
  entries: Record<string, Entry>,
  settings: (entry: Entry, name: string) => Settings,
): Listing[] {
  return Object.entries(entries).map(([name, entry]) => {
    const { summary, source, cost } = entry;
    return { name, summary, source, cost, ...settings(entry, name) };
  });
}

/** A bound of a divergence, which may be infinite. */
function bound(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "infinity";
}

function optimizerListings(): Listing[] {
  return Object.entries<MinimizerEntry>(minimizers).map(([name, entry]) => {
    const { summary, source } = entry;
    return { name, summary, source, cost: costOf(entry), ...settingsOf(entry) };
  });
}

function divergenceListings(): Listing[] {
  return divergenceIds.map((name) => {
    const { name: title, source, params, symmetric, range, defaultScale } = divergence(name);
    const [least, most] = range.map((value) => bound(value * defaultScale));
    return {
      name,
      summary: `${title}: ${symmetric ? "symmetric" : "not symmetric"}, from ${least} to ${most}`,
      source,
      cost: "a few operators on short vectors; the estimator decides",
      ...fixed({ ...params, scale: defaultScale }),
    };
  });
}

/** Settings that every estimator reads, `tau` only those that take a softmax over features, and an estimator's own. */
function estimatorSettings({ options = {} }: EstimatorEntry, name: string): Settings {
  const { forward, view, side, tau, estimator } = divergenceOptions("js", "featSoftmax").parse({ estimator: name });
  const own = typeof estimator === "string" ? {} : { estimator };
  const { optional } = settingsOf({ options: z.strictObject(options) });
  return {
    defaults: { forward, view, side, ...(/^feat/.test(name) ? { tau } : {}), ...own },
    optional: Object.fromEntries(Object.entries(optional).map(([key, text]) => [`estimator.${key}`, text])),
  };
}

function formatListings(): Listing[] {
  return Object.entries(formats).map(([name, { summary, source, extensions }]) => ({
    name,
    summary,
    source,
    extensions,
  }));
}

/** The entries of a registry, and where they are named. */
export function listings(kind: ListingKind): { usage: string; entries: Listing[] } {
  switch (kind) {
    case "methods":
      return { usage: "In a configuration: method: { name: ... }", entries: listed(methods, settingsOf) };
    case "optimizers":
      return {
        usage: "In a configuration: optimizer: { name: ... }; dim is the paper's, sam and none its ablations",
        entries: optimizerListings(),
      };
    case "divergences":
      return { usage: "In a configuration: optimizer: { divergence: { f: ... } }", entries: divergenceListings() };
    case "estimators":
      return {
        usage: "In a configuration: optimizer: { divergence: { estimator: ... } }",
        entries: listed<EstimatorEntry>(estimators, estimatorSettings),
      };
    case "models":
      return { usage: "In a configuration: model: { name: ... }", entries: listed<NetworkEntry>(networks, settingsOf) };
    case "presets":
      return { usage: "In a configuration: preset: ...", entries: listed(presets, ({ values }) => fixed(values)) };
    case "signals":
      return {
        usage: "What `dimseg estimate` learns to make of them is kept in the run's quality/",
        entries: Object.entries<Signal>(signals).map(([name, { summary, source, cost, sameExtent }]) => ({
          ...{ name, source, cost },
          summary: sameExtent ? `${summary}; not of a part that is many things, as nuclei are` : summary,
        })),
      };
    case "formats":
      return { usage: "Images and masks of a dataset.yaml are recognised by their content", entries: formatListings() };
  }
}
