/**
 * Class names and titles that files beside the images say: the `manifest.json` of prepared sets and the `dataset.json` of
 * nnU-Net. Nothing in them is trusted.
 */
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { ClassNames } from "./labels/class-names.js";

const name = z.string().regex(/^\p{L}[\p{L}\p{N} ._+-]{0,60}$/u);

const manifestSchema = z.object({ dataset: name.optional(), classes: z.array(name).max(255).default([]) });

const label = z.int().min(0).max(254);

/** Version 2 gives numbers by names, of regions several; version 1 names by numbers. */
const nnunetSchema = z.object({
  name: name.optional().catch(undefined),
  labels: z.union([
    z.record(name, z.union([label, z.array(label).min(1)])),
    z.record(z.string().regex(/^\d{1,3}$/), name).transform((byNumber) => swapped(byNumber)),
  ]),
});

function swapped(byNumber: Record<string, string>): Record<string, number> {
  return Object.fromEntries(Object.entries(byNumber).map(([number, label]) => [label, Number(number)]));
}

/** What files of a set say about it. */
export interface SetNames extends ClassNames {
  /** The name of the set. */
  readonly title?: string;
}

function readJson<S extends z.ZodType>(path: string, schema: S): z.output<S> | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}

function manifestNames(root: string, source: string): SetNames | undefined {
  const found = readJson(join(root, source), manifestSchema);
  if (!found) return undefined;
  const names = new Set(found.classes).size === found.classes.length ? found.classes : [];
  return { names, source, ...(found.dataset === undefined ? {} : { title: found.dataset }) };
}

type Numbers = Readonly<Record<string, number | readonly number[]>>;

/** Labels as nnU-Net numbers them: 0 upwards without gaps; one called `ignore` comes last. */
function plainNames(labels: Readonly<Record<string, number>>, ignore: number | undefined): string[] | undefined {
  const names = Object.entries(labels)
    .sort((a, b) => a[1] - b[1])
    .map(([label]) => label);
  const numbers = Object.values(labels).sort((a, b) => a - b);
  const fits = numbers.every((number, i) => number === i) && (ignore === undefined || ignore === names.length);
  return fits ? names : undefined;
}

/** Regions, where a label has several numbers; the background is none. */
function regionsOf(labels: Numbers): ReadonlyMap<string, readonly number[]> | undefined {
  if (Object.values(labels).every((numbers) => [numbers].flat().length === 1)) return undefined;
  const regions = Object.entries(labels).map(([label, numbers]) => [label, [numbers].flat()] as const);
  return new Map(regions.filter(([label, numbers]) => label.toLowerCase() !== "background" && !numbers.includes(0)));
}

function nnunetNames(root: string, source: string): SetNames | undefined {
  const found = readJson(join(root, source), nnunetSchema);
  if (!found) return undefined;
  const { ignore: ignored, ...labels } = found.labels as Numbers;
  const ignore = ignored === undefined ? undefined : [ignored].flat()[0];
  const regions = regionsOf(labels);
  const single = Object.fromEntries(Object.entries(labels).map(([label, numbers]) => [label, [numbers].flat()[0]]));
  const names = regions ? [] : plainNames(single, ignore);
  if (!names) return undefined;
  return {
    ...{ names, source, ...(regions ? { regions } : {}), ...(ignore === undefined ? {} : { ignore }) },
    ...(found.name === undefined ? {} : { title: found.name }),
  };
}

/** What nnU-Net's and Decathlon's files call the channels of an image. */
const channelSchema = z
  .object({
    channel_names: z.record(z.string(), z.string()).optional(),
    modality: z.record(z.string(), z.string()).optional(),
  })
  .transform(({ channel_names, modality }) => Object.values(channel_names ?? modality ?? {}));

/** What channels of the images are, as `CT` or `T2`; empty where no file says it. */
export function readChannelNames(root: string, helpers: ReadonlySet<string>): readonly string[] {
  const files = [...helpers].filter((path) => posix.basename(path) === "dataset.json");
  const found = files.map((path) => readJson(join(root, path), channelSchema) ?? []);
  const [first = [], ...others] = found.filter((names) => names.length > 0);
  return others.every((names) => isDeepStrictEqual(names, first)) ? first : [];
}

/**
 * What the files of a set say about its classes; one that is broken or of another kind counts as none.
 * @param helpers relative paths of the files that may say it
 * @param guesses receives a sentence where files contradict each other
 */
export function readNames(root: string, helpers: ReadonlySet<string>, guesses: string[]): SetNames {
  const manifest = helpers.has("manifest.json") ? manifestNames(root, "manifest.json") : undefined;
  if (manifest && manifest.names.length > 0) return manifest;
  const files = [...helpers].filter((path) => posix.basename(path) === "dataset.json");
  const found = files.flatMap((path) => nnunetNames(root, path) ?? []);
  const [first] = found;
  const said = ({ names, regions, ignore }: SetNames) => [names, regions, ignore];
  const other = found.find((one) => !isDeepStrictEqual(said(one), said(first)));
  if (other) guesses.push(`${first.source} and ${other.source} name other classes, so none of their names is used`);
  return first && !other
    ? { ...first, ...(found.length > 1 ? { title: undefined } : {}) }
    : (manifest ?? { names: [] });
}
