/** Learns from a run's labelled images how to estimate, or reads what was learnt before. */
import { join } from "node:path";
import { UsageError } from "../../core/errors.js";
import { evenly } from "../../core/evenly.js";
import { writeFileAtomic } from "../../core/files/atomic-file.js";
import { refuseLinks } from "../../core/files/refuse-links.js";
import { packageVersion } from "../../core/package-root.js";
import { sha256 } from "../../core/sha256.js";
import { type Case, caseName } from "../../data/dataset.js";
import type { DecodedCase } from "../../data/decode.js";
import { calibrate, type PartCalibration, type ShiftedObservation } from "../../quality/calibration.js";
import { type CalibrationKey, formatCalibration, readCalibration } from "../../quality/calibration-file.js";
import { type Asked, observeCase } from "../../quality/observe-case.js";
import type { LabelledObservation } from "../../quality/reference.js";
import { drawScanner, restyledLike, throughScanner } from "../../quality/scanner.js";
import { signalNames } from "../../quality/signals/registry.js";
import type { Observer } from "../observer.js";
import type { OpenedRun } from "../open-run.js";
import { askedOf, type Voices } from "./asked.js";

/** Labelled images that are learnt from, at most. */
const mostLabelled = 40;
/** Scanners that do not exist, and the labelled images through each: volumes are asked about slice by slice. */
const scannerCount = 32;
const imagesEach = { pictures: 10, volumes: 4 };
/** Images of other domains that lend scanners their style, and those whose own scanners are imagined. */
const donorCount = 8;
const partnerCount = 12;

/** Who is asked, and how estimates are made of it; one calibration for each part, null where it cannot be estimated. */
export interface RunQuality {
  readonly asked: Asked;
  readonly calibrations: readonly (PartCalibration | null)[];
}

/** The labelled images: those kept for validation first, which the network has not learnt from. */
function labelledCases({ split, folder }: OpenedRun): Case[] {
  const all = [...split.validation, ...split.labelled];
  if (all.length > 0) return evenly(all, mostLabelled);
  throw new UsageError(
    `${folder.path}: its data set is not there, and estimates rest on its labelled images; restore it`,
  );
}

async function keyOf(run: OpenedRun, { name }: Voices, further: readonly string[], cases: readonly Case[]) {
  const contents = await Promise.all(cases.map((one) => run.cache.contentsOf(one)));
  const labelled = sha256(JSON.stringify(cases.map((one, i) => [caseName(one), contents[i].image, contents[i].mask])));
  return { dimseg: packageVersion(), signals: signalNames, step: run.step, network: name, with: further, labelled };
}

/** How one of the imagined scanners shows a case; undefined where it cannot. */
type View = (one: DecodedCase) => Promise<DecodedCase | undefined>;

/** Scanners that do not exist, and those of the other domains as far as their images tell. */
function imaginedScanners({ dataset, cache, split, config, normalisation }: OpenedRun): View[] {
  const others = split.unlabelled.filter(({ domain }) => domain !== config.labelled.domain);
  const donors = evenly(others, donorCount);
  const drawn = Array.from({ length: scannerCount }, (_, number): View => {
    const scanner = drawScanner(number, scannerCount, dataset.channels, donors.length);
    const donor = async () => scanner.style && (await cache.get(donors[scanner.style.donor]));
    return async (one) => throughScanner(one, scanner, await donor(), normalisation);
  });
  const real = evenly(others, partnerCount).map(
    (partner): View =>
      async (one) =>
        restyledLike(one, await cache.get(partner), normalisation),
  );
  return [...drawn, ...real];
}

/** Asks about the labelled images as they are and through scanners. */
async function learn(run: OpenedRun, asked: Asked, cases: readonly Case[], { progress }: Observer) {
  const { dataset, cache } = run;
  const views = imaginedScanners(run);
  const each = Math.min(dataset.slices ? imagesEach.volumes : imagesEach.pictures, cases.length);
  const total = cases.length + views.length * each;
  let done = 0;
  const observe = async (one: Case, decoded: DecodedCase): Promise<LabelledObservation> => {
    const references = asked.references.filter(({ subject }) => subject !== one.subject);
    return { subject: one.subject, seen: await observeCase(decoded, dataset, { ...asked, references }, caseName(one)) };
  };
  const told = () => progress("learning from labelled images", ++done, total);
  const labelled: LabelledObservation[] = [];
  for (const one of cases) {
    labelled.push(await observe(one, await cache.get(one)));
    told();
  }
  const shifted: ShiftedObservation[] = [];
  for (const [scanner, view] of views.entries()) {
    for (let i = 0; i < each; i++) {
      const one = cases[(Math.floor((i * cases.length) / each) + scanner) % cases.length];
      const shown = await view(await cache.get(one));
      if (shown) shifted.push({ ...(await observe(one, shown)), scanner });
      told();
    }
  }
  return calibrate(
    dataset.parts.map(({ name }) => name),
    labelled,
    shifted,
  );
}

/**
 * Readies a run for estimates. What was learnt is kept in the run folder and read again as long as network and labelled
 * images stay the same.
 * @param further paths of further runs that are asked
 * @throws UsageError when the run's data set is not there; DataError when a labelled image cannot be decoded
 */
export async function calibrateRun(
  run: OpenedRun,
  voices: Voices,
  further: readonly string[],
  observer: Observer,
): Promise<RunQuality> {
  const cases = labelledCases(run);
  const { asked, checkpoints } = await askedOf(run, voices, observer);
  const key: CalibrationKey = { ...(await keyOf(run, voices, further, cases)), checkpoints };
  const suffix = further.length === 0 ? "" : `-with-${sha256(JSON.stringify(further)).slice(0, 8)}`;
  const name = `calibration-step-${run.step}-${voices.name}${suffix}.json`;
  refuseLinks(run.folder.quality, [name]);
  const path = join(run.folder.quality, name);
  const kept = readCalibration(path, key);
  if (kept) return { asked, calibrations: kept };
  const calibrations = await learn(run, asked, cases, observer);
  writeFileAtomic(path, formatCalibration(key, calibrations));
  return { asked, calibrations };
}
