/**
 * Asks the networks of a report about every test image, and about some images of domains that have none: for outlines,
 * sizes, confusion and features. One run of each group is asked, so that many seeds do not make the page long; runs whose
 * data set or checkpoint is gone are left out.
 */
import { bottleneckFeatures } from "../analysis/bottleneck.js";
import type { VolumeView } from "../analysis/errors/case-drawing.js";
import { inspectPredictions } from "../analysis/errors/inspect.js";
import { confusionByDomain, sizeAgainstDice } from "../analysis/errors/summary.js";
import { lossLandscape } from "../analysis/landscape.js";
import { type CaseProxy, caseProxies, domainProxies } from "../analysis/proxies.js";
import { DimsegError, UsageError } from "../core/errors.js";
import { groupBy } from "../core/group-by.js";
import type { Case, Dataset } from "../data/dataset.js";
import { domainSeparability, tsne } from "../embedding/index.js";
import type { ConventionName } from "../evaluation/conventions.js";
import { unjudgedFacts } from "../judging/unjudged.js";
import type { KeptCheckpoint } from "../runs/checkpoints/checkpoint-names.js";
import { DamagedCheckpoint } from "../runs/checkpoints/checkpoint-store.js";
import { type LoadedRun, loadRun } from "../runs/load-run.js";
import { definedValues, mean } from "../statistics/mean.js";
import {
  type FeatureMap,
  type ReportData,
  type ReportOverlays,
  type ReportRun,
  type RunEvaluation,
  shownRuns,
} from "./data.js";
import { failedCases } from "./failures.js";
import { type InspectedRun, overlayCases } from "./overlays/case-overlay.js";
import { type CaseKey, type ConfidenceOf, chooseCases, ofFewDomains, worstCases } from "./overlays/choose-cases.js";

export interface ExamineOptions {
  /** Whether features are embedded by t-SNE. */
  tsne: boolean;
  /** Whether slices of the loss are computed. */
  landscape: boolean;
  /** Parts whose outlines are drawn; all unless given. */
  parts?: readonly string[];
  /** Where the runs' data set lies now; default: where each run says. */
  data?: string | undefined;
  /** Told of long work: what is being done, and how far it is. */
  onProgress?: (label: string, done: number, total: number) => void;
}

/** A run of the report with its networks. */
interface OpenedRun {
  run: ReportRun;
  loaded: LoadedRun;
}

/** An examined run, and what pictures of it need. */
interface Examined extends OpenedRun {
  inspected: InspectedRun;
  confidenceOf: ConfidenceOf;
  /** Cases of the lowest Dice by the first run. */
  worst: ReadonlySet<string>;
}

/** Images of a domain without test images that are looked at; a hospital may have sent thousands. */
const mostUnjudged = 100;

/** Evenly spaced, in their order. */
function spread(cases: readonly Case[]): Case[] {
  const count = Math.min(cases.length, mostUnjudged);
  return Array.from({ length: count }, (_, i) => cases[Math.floor((i * cases.length) / count)]);
}

/** The test cases, and of a domain that has none some of the others, so that no domain goes unseen. */
function shownCases({ domains }: Dataset): Case[] {
  return domains.flatMap((domain) => {
    const test = domain.cases("test");
    return test.length > 0 ? [...test] : spread(domain.cases("train"));
  });
}

/** What can be told of domains without masks; of all others too, to compare with. */
async function proxiesOf(
  { run, loaded }: OpenedRun,
  cases: readonly Case[],
  { choice }: ReportData,
  { onProgress }: ExamineOptions,
): Promise<CaseProxy[]> {
  const { student, teacher } = loaded.networks;
  const [network, other] = choice.network === "student" ? [student, teacher] : [teacher, student];
  return caseProxies(loaded, cases, {
    network: network ?? student,
    other,
    testTimeFlips: run.evaluation?.about.testTimeFlips,
    onProgress: (done) => onProgress?.(`confidence of ${run.name}`, done, cases.length),
  });
}

/** Mean confidence of a case over its parts that were found. */
function confidences(proxies: readonly CaseProxy[]): ConfidenceOf {
  const byCase = groupBy(proxies, (one) => keyOf(one.case));
  return (one) => {
    const rows = byCase.get(keyOf(one));
    return rows && mean(definedValues(rows.map(({ confidence }) => confidence)));
  };
}

/** What was chosen when it was judged. */
function checkpointOf({ evaluation }: ReportRun, { checkpoint }: ReportData["choice"]): KeptCheckpoint {
  return checkpoint === "auto" ? `step-${(evaluation as RunEvaluation).about.checkpoint.step}` : checkpoint;
}

async function open(run: ReportRun, { choice }: ReportData, { data }: ExamineOptions): Promise<OpenedRun | null> {
  try {
    const loaded = await loadRun(run.folder, {
      checkpoint: checkpointOf(run, choice),
      ...(data === undefined ? {} : { data }),
    });
    if (loaded.networks[choice.network]) return { run, loaded };
    run.missing.push(`Pictures: the method keeps no ${choice.network}.`);
  } catch (error) {
    if (!(error instanceof DimsegError) || error instanceof DamagedCheckpoint) throw error;
    run.missing.push(`Pictures: ${error.message}.`);
  }
  return null;
}

/** What cannot be computed is null, and said among the run's missing things. */
async function orMissing<T>(run: ReportRun, what: string, compute: () => T | Promise<T>): Promise<T | null> {
  try {
    return await compute();
  } catch (error) {
    if (!(error instanceof DimsegError)) throw error;
    run.missing.push(`${what}: ${error.message}.`);
    return null;
  }
}

/** Of t-SNE and of the folds of the domain classifier; fixed, so that reports can be repeated. */
const seed = 0;
const tsneIterations = 1000;

function featureMap(
  run: ReportRun,
  loaded: LoadedRun,
  cases: readonly Case[],
  { choice: { network } }: ReportData,
  { onProgress }: ExamineOptions,
): Promise<FeatureMap | null> {
  return orMissing(run, "Features", async () => {
    const { features, count, dimensions } = await bottleneckFeatures(loaded, cases, { network });
    const { embedding, kl } = tsne(features, count, dimensions, {
      ...{ seed, iterations: tsneIterations },
      onProgress: (done) => onProgress?.(`t-SNE of ${run.name}`, done, tsneIterations),
    });
    const domains = cases.map(({ domain }) => domain);
    return {
      points: cases.map(({ domain, id }, i) => ({ domain, id, x: embedding[2 * i], y: embedding[2 * i + 1] })),
      ...{ kl, dimensions },
      separability: await orMissing(run, "Separability", () =>
        domainSeparability(features, count, dimensions, domains, { seed }),
      ),
    };
  });
}

/** Points along each axis of the slices, and how far they reach; see `lossLandscape`. */
const slices = { points: 11, radius: 0.5 };

function landscapeOf(run: ReportRun, loaded: LoadedRun, { onProgress }: ExamineOptions) {
  return orMissing(run, "Loss landscape", () =>
    lossLandscape(loaded, {
      ...slices,
      seed,
      onProgress: (done, total) => onProgress?.(`loss around ${run.name}`, done, total),
    }),
  );
}

/** Volumes of which a montage of slices is drawn. */
const mostMontages = 3;

function keyOf({ domain, id }: CaseKey): string {
  return JSON.stringify([domain, id]);
}

/** The first examined run says where volumes are cut, and which are the worst, so that all runs are seen alike. */
function viewsOf({ inspected }: InspectedRun): ReadonlyMap<string, VolumeView | null> {
  return new Map(inspected.map((one) => [keyOf(one.case), one.view]));
}

/**
 * Fills in the run's findings.
 * @param first the run that was examined before all others; null for that one itself
 */
async function examine(
  { run, loaded }: OpenedRun,
  data: ReportData,
  options: ExamineOptions,
  first: Examined | null,
): Promise<Examined | null> {
  const { about, scores } = run.evaluation as RunEvaluation;
  if (loaded.step !== about.checkpoint.step) {
    run.missing.push(
      `Pictures: the numbers are of step ${about.checkpoint.step}, the checkpoint of step ${loaded.step}.`,
    );
    return null;
  }
  const cases = shownCases(loaded.dataset);
  const worst = first?.worst ?? new Set(worstCases(scores, mostMontages).map(keyOf));
  const views = first && viewsOf(first.inspected);
  const inspected = await inspectPredictions(loaded, cases, {
    viewOf: (one) => views?.get(keyOf(one)) ?? null,
    withMontage: (one) => worst.has(keyOf(one)),
    network: loaded.networks[data.choice.network] ?? undefined,
    scores,
    convention: about.convention.name as ConventionName,
    testTimeFlips: about.testTimeFlips,
    ...(about.at ? { at: about.at } : {}),
    ...(about.units ? { units: about.units } : {}),
    rules: about.rules,
    onProgress: (done) => options.onProgress?.(`looking at ${run.name}`, done, cases.length),
  });
  const unjudged = unjudgedFacts(loaded.dataset, "test");
  const proxies = unjudged.length > 0 ? await proxiesOf({ run, loaded }, cases, data, options) : [];
  run.findings = {
    unjudged,
    proxies: domainProxies(proxies),
    sizes: sizeAgainstDice(inspected),
    confusion: confusionByDomain(inspected),
    features: options.tsne ? await featureMap(run, loaded, cases, data, options) : null,
    landscape: options.landscape ? await landscapeOf(run, loaded, options) : null,
  };
  return {
    run,
    loaded,
    inspected: { name: run.name, inspected, estimates: run.estimates },
    confidenceOf: confidences(proxies),
    worst,
  };
}

/** Runs on the same cases and classes as the first. */
function alike(examined: readonly Examined[]): Examined[] {
  const kindOf = ({ loaded: { dataset } }: Examined) =>
    JSON.stringify([dataset.path, dataset.target, dataset.classes.map(({ name }) => name)]);
  return examined.filter((one) => {
    if (kindOf(one) === kindOf(examined[0])) return true;
    one.run.missing.push(`Overlays: its data set is not that of ${examined[0].run.name}.`);
    return false;
  });
}

/** Domains with pictures; each has three cases. */
const mostDomains = 12;

function domainCount(cases: readonly CaseKey[]): number {
  return new Set(cases.map(({ domain }) => domain)).size;
}

async function overlaysOf(examined: readonly Examined[], data: ReportData, shown?: readonly string[]) {
  const runs = alike(examined);
  const [{ run, loaded, confidenceOf, worst }] = runs;
  const inspected = runs.map((one) => one.inspected);
  const cases = shownCases(loaded.dataset);
  const known = new Set(cases.map(keyOf));
  const isThere = (one: CaseKey) => known.has(keyOf(one));
  const { scores } = run.evaluation as RunEvaluation;
  const gone = scores.find((row) => !isThere(row));
  if (gone) run.missing.push(`Overlays: ${gone.domain}/${gone.id} was judged but is no test case any more.`);
  const ofAll = chooseCases(scores.filter(isThere), cases, confidenceOf);
  const chosen = ofFewDomains(ofAll, mostDomains, run.config.labelled.domain);
  const failed = failedCases(data, chosen).filter(isThere);
  const asWorst = (one: CaseKey) => ({ ...one, role: "worst" as const });
  const montages = loaded.dataset.slices ? worstCases(scores, worst.size).filter(isThere) : [];
  const parts = loaded.dataset.parts.map(({ name }) => name);
  const unknown = shown?.find((name) => !parts.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--part ${unknown}: the data set's parts are ${parts.join(", ")}; choose among them`);
  }
  const overlays: ReportOverlays = {
    runs: runs.map((one) => one.run.id),
    parts,
    shown: parts.filter((name) => shown?.includes(name) ?? true),
    domainsLeftOut: domainCount(ofAll) - domainCount(chosen),
    chosen: await overlayCases(loaded.dataset, chosen, inspected),
    failures: await overlayCases(loaded.dataset, failed.map(asWorst), inspected),
    montages: await overlayCases(loaded.dataset, montages.map(asWorst), inspected, "montage"),
  };
  return overlays;
}

/**
 * Adds to a report what only its networks can tell. What cannot be done is added to each run's `missing`.
 * @throws DataError naming an image that cannot be decoded
 */
export async function examineRuns(data: ReportData, options: ExamineOptions): Promise<ReportData> {
  const examined: Examined[] = [];
  for (const run of shownRuns(data)) {
    const opened = await open(run, data, options);
    const one = opened && (await examine(opened, data, options, examined.at(0) ?? null));
    if (one) examined.push(one);
  }
  return { ...data, overlays: examined.length > 0 ? await overlaysOf(examined, data, options.parts) : null };
}
