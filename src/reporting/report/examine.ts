/**
 * Asks the networks of a report about every test image: for outlines, sizes and confusion. One run of each group is
 * asked, so that many seeds do not make the page long; runs whose data set or checkpoint is gone are left out.
 */
import { inspectPredictions } from "../../analysis/errors/inspect.js";
import { confusionByDomain, sizeAgainstDice } from "../../analysis/errors/summary.js";
import { DimsegError, UsageError } from "../../core/errors.js";
import type { ConventionName } from "../../evaluation/conventions.js";
import { type LoadedRun, loadRun } from "../../training/load-run.js";
import { type InspectedRun, overlayCases } from "../overlays/case-overlay.js";
import { chooseCases } from "../overlays/choose-cases.js";
import { type ReportData, type ReportOverlays, type ReportRun, type RunEvaluation, shownRuns } from "./data.js";
import { failedCases } from "./failures.js";

export interface ExamineOptions {
  /** Parts whose outlines are drawn; all unless given. */
  parts?: readonly string[];
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
}

async function open(run: ReportRun, { choice }: ReportData): Promise<OpenedRun | null> {
  try {
    const loaded = await loadRun(run.folder, { checkpoint: choice.checkpoint });
    if (loaded.networks[choice.network]) return { run, loaded };
    run.missing.push(`Pictures: the method keeps no ${choice.network}.`);
  } catch (error) {
    if (!(error instanceof DimsegError)) throw error;
    run.missing.push(`Pictures: ${error.message}.`);
  }
  return null;
}

/** Fills in the run's findings. */
async function examine(
  { run, loaded }: OpenedRun,
  data: ReportData,
  options: ExamineOptions,
): Promise<Examined | null> {
  const { about, scores } = run.evaluation as RunEvaluation;
  if (loaded.step !== about.checkpoint.step) {
    run.missing.push(
      `Pictures: the numbers are of step ${about.checkpoint.step}, the checkpoint of step ${loaded.step}.`,
    );
    return null;
  }
  const cases = loaded.dataset.domains.flatMap((domain) => domain.cases("test"));
  const inspected = await inspectPredictions(loaded, cases, {
    network: loaded.networks[data.choice.network] ?? undefined,
    scores,
    convention: about.convention.name as ConventionName,
    testTimeFlips: about.testTimeFlips,
    onProgress: (done) => options.onProgress?.(`looking at ${run.name}`, done, cases.length),
  });
  run.findings = { sizes: sizeAgainstDice(inspected), confusion: confusionByDomain(inspected) };
  return { run, loaded, inspected: { name: run.name, inspected } };
}

/** Runs on the same cases and classes as the first. */
function alike(examined: readonly Examined[]): Examined[] {
  const keyOf = ({ loaded: { dataset } }: Examined) =>
    JSON.stringify([dataset.path, dataset.target, dataset.classes.map(({ name }) => name)]);
  return examined.filter((one) => {
    if (keyOf(one) === keyOf(examined[0])) return true;
    one.run.missing.push(`Overlays: its data set is not that of ${examined[0].run.name}.`);
    return false;
  });
}

async function overlaysOf(examined: readonly Examined[], data: ReportData, shown?: readonly string[]) {
  const runs = alike(examined);
  const [{ run, loaded }] = runs;
  const inspected = runs.map((one) => one.inspected);
  const cases = loaded.dataset.domains.flatMap((domain) => domain.cases("test"));
  const chosen = chooseCases((run.evaluation as RunEvaluation).scores, cases);
  const known = new Set(cases.map(({ domain, id }) => JSON.stringify([domain, id])));
  const failed = failedCases(data, chosen).filter(({ domain, id }) => known.has(JSON.stringify([domain, id])));
  const parts = loaded.dataset.parts.map(({ name }) => name);
  const unknown = shown?.find((name) => !parts.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--part ${unknown}: the data set's parts are ${parts.join(", ")}; choose among them`);
  }
  const overlays: ReportOverlays = {
    runs: runs.map((one) => one.run.id),
    parts,
    shown: parts.filter((name) => shown?.includes(name) ?? true),
    chosen: await overlayCases(loaded, chosen, inspected),
    failures: await overlayCases(
      loaded,
      failed.map((one) => ({ ...one, role: "worst" as const })),
      inspected,
    ),
  };
  return overlays;
}

/**
 * Adds to a report what only its networks can tell. What cannot be done is added to each run's `missing`.
 * @throws DataError naming an image that cannot be decoded
 */
export async function examineRuns(data: ReportData, options: ExamineOptions = {}): Promise<ReportData> {
  const examined: Examined[] = [];
  for (const run of shownRuns(data)) {
    const opened = await open(run, data);
    const one = opened && (await examine(opened, data, options));
    if (one) examined.push(one);
  }
  return { ...data, overlays: examined.length > 0 ? await overlaysOf(examined, data, options.parts) : null };
}
