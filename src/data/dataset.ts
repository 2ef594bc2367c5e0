/**
 * A data set as the rest of dimseg sees it: domains with their cases in a fixed order, the classes, and the rules
 * that turn files into arrays. Made from a `dataset.yaml` (schema.ts); nothing is decoded here.
 */
import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DataError, UsageError } from "../core/errors.js";
import { readValidatedYaml } from "../core/formats/validated-yaml.js";
import { nearestWord } from "../core/nearest-word.js";
import { shellWord } from "../core/shell-word.js";
import { partColours } from "../drawing/colours.js";
import type { Frame } from "../grid/frame.js";
import type { AskedSet, SliceRule } from "./asked-set.js";
import { type Case, expandSplit, type Split, type SplitPlace } from "./case-files.js";
import type { DatasetClass } from "./dataset-class.js";
import { openAddedMasks } from "./masks/added-masks.js";
import {
  type DatasetFile,
  datasetSchema,
  intensityRule,
  type LabelRule,
  type ReaderRule,
  type SplitSource,
} from "./schema.js";
import { ownSubject, subjectsBy } from "./subjects.js";
import { type IntensityRule, usualPercentiles, type ValueWindow, type ZScoreRule } from "./volumes/windows.js";

export type { ImageDepths, SliceRule } from "./asked-set.js";
export type { Case, MaskFile, Split } from "./case-files.js";
export type { DatasetClass } from "./dataset-class.js";

/** Images of one origin, such as a scanner or a clinic. */
export interface Domain {
  readonly name: string;
  /** Position in the file, 0-based. */
  readonly index: number;
  /** How the file describes each split, for checks of the folders themselves. */
  readonly sources: Readonly<Partial<Record<Split, SplitSource>>>;
  /** The cases in their fixed order; empty where the split is not given. */
  cases(split: Split): readonly Case[];
}

/** What becomes of a domain's values; of pictures a window or z-scores. */
export type DomainIntensity = Pick<SliceRule, "intensity" | "intensities">;

/** A data set as its dataset.yaml describes it. */
export interface Dataset extends AskedSet {
  /** Absolute path of the folder that relative file names start from. */
  readonly root: string;
  readonly name: string;
  /** What images and masks are resized to, and how those of other shapes are. */
  readonly size: Frame;
  /** All classes; with softmax class 0 is the background. */
  readonly classes: readonly DatasetClass[];
  /** The classes that are judged: all but the background. */
  readonly parts: readonly DatasetClass[];
  /** The rule of every domain that has none of its own; `labelsOf` chooses. */
  readonly labels: LabelRule;
  /** Rules of domains that code their masks otherwise, by name; missing where all are alike. */
  readonly domainLabels?: Readonly<Record<string, LabelRule>>;
  /** Rules for the values of domains that have their own, by name; {@link ofDomain} puts one in place. */
  readonly domainIntensities?: Readonly<Record<string, DomainIntensity>>;
  /** Names of the domains that follow the rule for all, where others have their own. */
  readonly usualDomains?: readonly string[];
  /** Rules of domains where masks of several readers become one, by name; missing where first ones alone count. */
  readonly domainReaders?: Readonly<Record<string, ReaderRule>>;
  readonly domains: readonly Domain[];
}

/** How a domain's readers are combined; nothing where the first one alone counts. */
function readersOf({ readers = "first" }: DatasetFile["domains"][number]): { readers?: ReaderRule } {
  return readers === "first" ? {} : { readers };
}

function withColours(file: DatasetFile): DatasetClass[] {
  const first = file.target === "softmax" ? 1 : 0;
  return file.classes.map((one) => ({
    ...one,
    colour: one.colour ?? (one.index < first ? "#000000" : partColours[(one.index - first) % partColours.length]),
  }));
}

/** What images are resized to, as a file says it. */
function frameOf({ size, mode }: DatasetFile["resize"]): Frame {
  const [height, width] = typeof size === "number" ? [size, size] : size;
  return { height, width, mode };
}

/** Names of channels that are modalities: those given, else their numbers. */
function channelNamesOf({ channels, channelNames, domains }: DatasetFile): Pick<Dataset, "channelNames"> {
  if (channels === 1) return {};
  if (channelNames) return { channelNames };
  const inFiles = domains
    .flatMap(({ train, test }) => [train, test])
    .some((split) => [split, ...(split?.cases ?? [])].some((one) => one?.furtherChannels !== undefined));
  if (channels === 3 && !inFiles) return {};
  return { channelNames: Array.from({ length: channels }, (_, i) => `channel ${i + 1}`) };
}

/** What a file says of its images' values: a window for pictures, or how volumes are cut and seen. */
function valuesOf({
  slices,
  emptySlices = "keep",
  intensity,
  intensities,
  values,
  resample,
}: DatasetFile): Pick<Dataset, "intensity" | "values" | "slices"> {
  const rule = intensityRule(intensity);
  const isFloat = values === "float" || [intensity, ...(intensities ?? [])].some((one) => one?.zscore);
  const kind = isFloat ? { values: "float" as const } : {};
  if (slices) {
    const each = intensities?.map((one) => intensityRule(one) as IntensityRule);
    const own = { ...(each ? { intensities: each } : {}), ...(resample ? { resample } : {}) };
    const usual = rule ?? { percentiles: usualPercentiles };
    return { ...kind, slices: { plane: slices, intensity: usual, emptySlices, ...own } };
  }
  return { ...kind, ...(rule ? { intensity: rule as ValueWindow | ZScoreRule } : {}) };
}

/** Rules of the domains that have their own. */
function domainIntensitiesOf({ domains }: DatasetFile): Pick<Dataset, "domainIntensities" | "usualDomains"> {
  const own = domains.flatMap(({ name, intensity, intensities }): [string, DomainIntensity][] => {
    const each = intensities?.map((one) => intensityRule(one) as IntensityRule);
    const usual = intensityRule(intensity) ?? each?.[0];
    return usual ? [[name, { intensity: usual, ...(each ? { intensities: each } : {}) }]] : [];
  });
  if (own.length === 0) return {};
  const domainIntensities = Object.fromEntries(own);
  const usual = domains.filter(({ name }) => !Object.hasOwn(domainIntensities, name));
  return { domainIntensities, usualDomains: usual.map(({ name }) => name) };
}

/** The data set with one rule for values in place of its own. */
export function withValueRule<D extends Dataset>(dataset: D, own: DomainIntensity): D {
  const { slices } = dataset;
  if (!slices) return { ...dataset, intensity: own.intensity };
  const { intensities: _, ...rest } = slices;
  return { ...dataset, slices: { ...rest, ...own } };
}

/** The data set as it is to the images of one of its domains, by the rule for their values. */
export function ofDomain<D extends Dataset>(dataset: D, domain: string): D {
  const { domainIntensities = {} } = dataset;
  return Object.hasOwn(domainIntensities, domain) ? withValueRule(dataset, domainIntensities[domain]) : dataset;
}

/** Runs `read`. @throws DataError naming the data set's file, as there may be several */
function ofFile<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof DataError) throw new DataError(`${resolve(path)}: ${cause.message}`, { cause });
    throw cause;
  }
}

/**
 * Builds a data set from a file's content that already passed the schema.
 * @param path path of the `dataset.yaml`, which relative names start from
 * @throws DataError when a folder, list or image is missing, a split is empty or a case has no subject
 */
export function buildDataset(file: DatasetFile, path: string): Dataset {
  const root = resolve(dirname(path), file.root ?? ".");
  if (!existsSync(root)) {
    throw new DataError(`${resolve(path)}: the folder ${root}, which its files are in, does not exist; correct root:`);
  }
  const classes = withColours(file);
  const subjectOf = (rule: DatasetFile["subject"]) => (rule ? ofFile(path, () => subjectsBy(rule, root)) : ownSubject);
  const usual = subjectOf(file.subject);
  const added =
    file.addedMasks === undefined ? undefined : openAddedMasks(resolve(dirname(path), file.addedMasks), file);
  const domains = file.domains.map((domain, index): Domain => {
    const own = domain.subject ? subjectOf(domain.subject) : usual;
    const expand = (split: Split) => {
      const source = domain[split];
      const place: SplitPlace = { root, domain: domain.name, domainIndex: index, split, ...readersOf(domain) };
      const cases = source ? ofFile(path, () => expandSplit(source, place, own)) : [];
      return added ? added.over(cases) : cases;
    };
    const cases = { train: expand("train"), test: expand("test") };
    const { train, test } = domain;
    const sources = { ...(train ? { train } : {}), ...(test ? { test } : {}) };
    return { name: domain.name, index, sources, cases: (split) => cases[split] };
  });
  added?.requireAllUsed();
  const combined = file.domains.flatMap((domain) =>
    Object.values(readersOf(domain)).map((rule) => [domain.name, rule]),
  );
  const ownLabels = file.domains.flatMap(({ name, labels }) => (labels ? [[name, labels] as const] : []));
  return {
    path: resolve(path),
    root,
    name: file.name,
    target: file.target,
    channels: file.channels,
    ...channelNamesOf(file),
    size: frameOf(file.resize),
    filter: file.resize.filter,
    ...valuesOf(file),
    ...domainIntensitiesOf(file),
    ...(file.spacing ? { spacing: file.spacing } : {}),
    classes,
    outputs: classes.length,
    parts: file.target === "softmax" ? classes.slice(1) : classes,
    labels: file.labels,
    ...(ownLabels.length > 0 ? { domainLabels: Object.fromEntries(ownLabels) } : {}),
    ...(combined.length > 0 ? { domainReaders: Object.fromEntries(combined) } : {}),
    domains,
  };
}

/** A training configuration given in place of a data set lacks every key; say what it is instead. */
function refuseConfiguration(content: unknown, path: string): void {
  const has = (key: string) => typeof content === "object" && content !== null && Object.hasOwn(content, key);
  if (has("dataset") && has("labelled") && !has("domains")) {
    throw new UsageError(`${path}: is a configuration, not a data set; give the file that its key dataset names`);
  }
}

/** A folder of images given in place of the file that describes it. */
function refuseFolder(path: string): void {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const inside = join(path, "dataset.yaml");
  const remedy = existsSync(inside)
    ? `give ${inside}`
    : `\`dimseg data inspect ${shellWord(path)}\` writes a dataset.yaml for it`;
  throw new DataError(`${path}: is a folder, not a dataset.yaml; ${remedy}`);
}

/**
 * Reads a `dataset.yaml` and lists its files.
 * @throws UsageError for a key or value that the schema refuses, with line, key and the nearest valid key
 * @throws DataError when the file, a folder, list or image is missing, or a split is empty
 */
export function loadDataset(path: string): Dataset {
  refuseFolder(path);
  return buildDataset(
    readValidatedYaml(path, datasetSchema, (content) => {
      refuseConfiguration(content, path);
      return content;
    }),
    path,
  );
}

/**
 * The domain of that name.
 * @throws UsageError that lists the names there are
 */
export function findDomain(dataset: Dataset, name: string): Domain {
  const domain = dataset.domains.find((one) => one.name === name);
  if (domain) return domain;
  const names = dataset.domains.map((one) => one.name);
  const near = nearestWord(name, names);
  const hint = near ? `did you mean "${near}"? ` : "";
  throw new UsageError(`${dataset.path}: has no domain "${name}"; ${hint}its domains are ${names.join(", ")}`);
}

/** Every case of the set, domain by domain, training before test. */
export function allCases(dataset: Dataset): Case[] {
  return dataset.domains.flatMap((domain) => [...domain.cases("train"), ...domain.cases("test")]);
}

/** The rule that the masks of a domain follow. */
export function labelsOf({ labels, domainLabels = {} }: Pick<Dataset, "labels" | "domainLabels">, domain: string) {
  return Object.hasOwn(domainLabels, domain) ? domainLabels[domain] : labels;
}

/** How messages and tables name a case. */
export function caseName(one: Case): string {
  return `${one.domain}/${one.split}/${one.id}`;
}
