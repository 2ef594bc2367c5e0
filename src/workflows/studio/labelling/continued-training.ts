/** Going on from a run with the masks that were corrected since: a configuration of its own beside the run. */
import { existsSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { formatConfig, readResolvedConfig, type TrainingConfig } from "../../../config/config.js";
import { DataError, UsageError } from "../../../core/errors.js";
import { writeFileAtomic } from "../../../core/files/atomic-file.js";
import { groupBy } from "../../../core/group-by.js";
import { type Case, caseName } from "../../../data/dataset.js";
import { splitProtocol } from "../../../data/protocol.js";
import { protocolOptions } from "../../../runs/protocol-options.js";
import type { RunCases } from "../run-cases.js";
import { correctedLabels } from "./corrected-labels.js";

/** Where the next run of a series is configured, and trained. */
export interface NextRun {
  /** Path of its configuration. */
  readonly config: string;
  readonly folder: string;
}

/** `NAME-round-2` after `NAME`, `NAME-round-3` after that: the first of which neither file nor folder is there. */
function nextPlace(run: string): NextRun {
  const [, stem, number] = /^(.*?)(?:-round-(\d+))?$/.exec(basename(run)) as RegExpExecArray;
  for (let round = Number(number ?? 1) + 1; ; round++) {
    const folder = join(dirname(run), `${stem}-round-${round}`);
    const config = `${folder}.yaml`;
    if (!existsSync(folder) && !existsSync(config)) return { config, folder };
  }
}

function withFurther(labelled: TrainingConfig["labelled"], added: readonly Case[]): TrainingConfig["labelled"] {
  const further = new Map(Object.entries(labelled.further ?? {}));
  for (const [domain, own] of groupBy(added, (one) => one.domain))
    further.set(domain, [...(further.get(domain) ?? []), ...own.map(({ id }) => id)]);
  return further.size === 0 ? labelled : { ...labelled, further: Object.fromEntries(further) };
}

/** @throws DataError where the labels or validation cases of before would be others now */
function checkSameCases({ uses, dataset }: RunCases, labelled: TrainingConfig["labelled"], added: readonly Case[]) {
  const now = splitProtocol(dataset, protocolOptions(labelled));
  const isSame = (wanted: ReadonlySet<string>, have: readonly Case[]) =>
    have.length === wanted.size && have.every((one) => wanted.has(caseName(one)));
  if (
    isSame(new Set([...uses.labelled, ...added.map(caseName)]), now.labelled) &&
    isSame(uses.validation, now.validation)
  )
    return;
  throw new DataError(
    `${dataset.path}: the training cases have changed so that the run's labels or validation cases would be others; ` +
      "write a configuration yourself (docs/labelling.md)",
  );
}

/**
 * Writes a configuration that is the run's with the corrected masks among its labels, and that begins with its weights.
 * Nothing is replaced.
 * @param iterations steps of the new run
 * @throws UsageError where no mask was corrected; DataError where the data set has changed otherwise; ResourceError when it
 *   cannot be written
 */
export function writeContinuedTraining(cases: RunCases, iterations: number): NextRun {
  const run = cases.folder.path;
  const { added, changed } = correctedLabels(cases);
  if (added.length + changed.length === 0)
    throw new UsageError("no mask was corrected that the run has not learnt from; correct some first");
  const before = readResolvedConfig(cases.folder.config);
  const labelled = withFurther(before.labelled, added);
  checkSameCases(cases, labelled, added);
  const next = nextPlace(run);
  const here = dirname(next.config);
  const config = {
    ...before,
    dataset: relative(here, before.dataset),
    labelled,
    initial: { run: relative(here, run), checkpoint: "last", network: "student" as const },
    training: { ...before.training, iterations },
  };
  const about = `# The configuration of ${basename(run)}, beginning with its weights, with the masks that were corrected since.\n`;
  writeFileAtomic(next.config, about + formatConfig(config));
  return next;
}
