/** Estimated runs side by side: one row each, the best estimate first. */
import { formatCsv } from "../core/formats/csv.js";
import { probabilityText } from "../core/percent.js";
import { mean } from "../statistics/mean.js";
import type { EstimatedRun } from "./estimated-runs.js";
import type { ComparisonTable } from "./table.js";

/** An estimated Dice with its interval, in [0, 1]; NaN, 0 and 1 where nothing is known. */
interface Estimated {
  readonly dice: number;
  readonly low: number;
  readonly high: number;
}

/** A run's row before it is worded. */
interface Row {
  readonly run: EstimatedRun;
  readonly name: string;
  /** Mean over the parts, in the order of the domains. */
  readonly domains: readonly Estimated[];
  readonly average: Estimated;
  readonly doubtful: number;
  readonly masks: number;
}

/** Errors of one network go the same way everywhere, so that ends are averaged as they are. */
function averageOf(all: readonly Estimated[]): Estimated {
  if (all.length === 0 || all.some(({ dice }) => Number.isNaN(dice))) return { dice: Number.NaN, low: 0, high: 1 };
  const of = (key: keyof Estimated) => mean(all.map((one) => one[key]));
  return { dice: of("dice"), low: of("low"), high: of("high") };
}

function domainNames([{ summary }]: readonly EstimatedRun[]): string[] {
  return [...new Set(summary.domains.map(({ domain }) => domain))];
}

function ofDomain({ summary }: EstimatedRun, name: string): Estimated {
  return averageOf(summary.domains.filter(({ domain }) => domain === name));
}

/** Domains that every run knows something of, so that averages are of the same ones. */
function knownDomains(runs: readonly EstimatedRun[]): string[] {
  return domainNames(runs).filter((name) => runs.every((run) => !Number.isNaN(ofDomain(run, name).dice)));
}

/** Runs of one configuration are told apart by their seeds. */
function distinctName({ name, config }: EstimatedRun, runs: readonly EstimatedRun[]): string {
  return runs.filter((other) => other.name === name).length > 1 ? `${name}, seed ${config.training.seed}` : name;
}

function rowsOf(runs: readonly EstimatedRun[]): Row[] {
  const known = knownDomains(runs);
  const place = ({ average: { dice } }: Row) => (Number.isNaN(dice) ? -1 : dice);
  return runs
    .map((run): Row => {
      const { domains } = run.summary;
      return {
        run,
        name: distinctName(run, runs),
        domains: domainNames(runs).map((name) => ofDomain(run, name)),
        average: averageOf(known.map((name) => ofDomain(run, name))),
        doubtful: domains.reduce((sum, one) => sum + one.doubtful, 0),
        masks: domains.reduce((sum, one) => sum + one.cases, 0),
      };
    })
    .sort((a, b) => place(b) - place(a));
}

function text({ dice, low, high }: Estimated): string {
  const percent = (value: number) => (100 * value).toFixed(1);
  return Number.isNaN(dice) ? "unknown" : `${percent(dice)} (${percent(low)} to ${percent(high)})`;
}

function notes(runs: readonly EstimatedRun[], { checkpoint, network }: { checkpoint: string; network: string }) {
  const [{ summary }] = runs;
  const known = knownDomains(runs);
  const left = domainNames(runs).filter((name) => !known.includes(name));
  const weak = runs.filter((run) => (run.summary.weak ?? []).length > 0).map((run) => distinctName(run, runs));
  return [
    `Estimated, not measured: what signals that need no reference say of ${network}, checkpoint ${checkpoint}, with ${probabilityText(summary.level)} intervals. ` +
      "Runs whose intervals overlap may stand in the other order; no label was asked. Once some are labelled, `dimseg evaluate` and `dimseg compare` tell.",
    ...(left.length > 0
      ? [
          known.length === 0
            ? "No average: no domain is known of every run."
            : `The average leaves out ${left.join(", ")}, of which not every run has an estimate.`,
        ]
      : []),
    ...(weak.length > 0
      ? [`Of ${weak.join(", ")} the estimates need not hold: the network fails on its own labelled images.`]
      : []),
  ];
}

/** Lays estimates out as a table. @param runs at least one, as `findEstimated` gives them */
export function estimateTable(
  runs: readonly EstimatedRun[],
  choice: { checkpoint: string; network: string },
): ComparisonTable {
  const labelled = new Set(runs.map(({ config }) => config.labelled.domain));
  const several = labelled.size > 1;
  const head = (name: string) => (!several && labelled.has(name) ? `${name} (labelled)` : name);
  return {
    header: [
      "estimated Dice %",
      ...(several ? ["labels from"] : []),
      ...domainNames(runs).map(head),
      ...["average", "doubtful masks"],
    ],
    rows: rowsOf(runs).map(({ run, name, domains, average, doubtful, masks }) =>
      [
        name,
        ...(several ? [run.config.labelled.domain] : []),
        ...[...domains, average].map(text),
        `${doubtful} of ${masks}`,
      ].map((cell) => ({ text: cell })),
    ),
    notes: notes(runs, choice),
  };
}

/** The same numbers with all their digits, as shares of 1; empty where nothing is known. */
export function estimateCsv(runs: readonly EstimatedRun[]): string {
  const fields = ({ dice, low, high }: Estimated) => (Number.isNaN(dice) ? ["", low, high] : [dice, low, high]);
  const names = [...domainNames(runs), "average"];
  return formatCsv([
    [
      ...["run", "labelled domain", "seed"],
      ...names.flatMap((name) => [`estimated dice of ${name}`, `${name}, low`, `${name}, high`]),
      ...["doubtful", "masks"],
    ],
    ...rowsOf(runs).map(({ run, name, domains, average, doubtful, masks }) => [
      ...[name, run.config.labelled.domain, run.config.training.seed],
      ...[...domains, average].flatMap(fields),
      ...[doubtful, masks],
    ]),
  ]);
}
