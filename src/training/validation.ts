/** Judging the student and the teacher while they train, and choosing the best checkpoint. */
import { secondsOf } from "../core/seconds.js";
import type { Turn } from "../core/turns.js";
import type { Case } from "../data/dataset.js";
import type { ConventionName } from "../evaluation/conventions.js";
import { evaluateNetwork } from "../judging/evaluate-network.js";
import { summarise } from "../judging/summarise.js";
import { segmentationLoss } from "../losses/index.js";
import type { SegmentationNetwork } from "../nn/index.js";
import type { MetricRecord } from "../runs/logs/metrics-log.js";
import { mean } from "../statistics/mean.js";
import type { TrainingSession } from "./session.js";

/** Named numbers of one validation, and the figure that checkpoints are compared by. */
export interface Validation {
  record: MetricRecord;
  /** The student's mean Dice over domains and parts; null when there was nothing to judge. */
  dice: number | null;
}

async function judge(
  session: TrainingSession,
  network: SegmentationNetwork,
  cases: readonly Case[],
  prefix: string,
  turn: Turn,
): Promise<Validation> {
  const { dataset, cache, device, precision, normalisation, patch, config } = session;
  const kind = dataset.target;
  const convention = config.evaluation.convention as ConventionName;
  const { scores, losses } = await evaluateNetwork(network, dataset, cases, cache, {
    device,
    precision,
    normalisation,
    patch,
    convention,
    turn,
    loss: (logits, { labels, annotated }) => segmentationLoss(logits, labels, null, { kind, annotated }).loss.item(),
  });
  const summary = summarise(scores);
  const record: MetricRecord = {};
  const judged = cases.filter((one) => one.maskPath !== undefined);
  for (const { name, parts, average } of summary.domains) {
    const own = losses.filter((_, i) => judged[i].domain === name);
    record[`${prefix}.${name}.loss`] = mean(own);
    record[`${prefix}.${name}.dice`] = average.dice.mean;
    for (const [part, metrics] of Object.entries(parts)) record[`${prefix}.${name}.${part}.dice`] = metrics.dice.mean;
  }
  record[`${prefix}.dice`] = summary.average.dice.mean;
  return { record, dice: summary.average.dice.mean };
}

/** Judges student and teacher on the given cases; nothing to do without any. */
async function judgeBoth(
  session: TrainingSession,
  cases: readonly Case[],
  prefix: string,
  turn: Turn,
): Promise<Validation> {
  if (cases.length === 0) return { record: {}, dice: null };
  const student = await judge(session, session.student, cases, `${prefix}.student`, turn);
  const { teacher } = session.method.networks;
  const averaged = teacher ? await judge(session, teacher, cases, `${prefix}.teacher`, turn) : { record: {} };
  return { record: { ...student.record, ...averaged.record }, dice: student.dice };
}

/** The validation split of the labelled domain. @throws what `turn` throws, between cases, slices and windows */
export function validate(session: TrainingSession, turn: Turn): Promise<Validation> {
  return judgeBoth(session, session.split.validation, "validation", turn);
}

/** The test cases that are followed while training, if any. */
function monitoredCases({ dataset, config }: TrainingSession): Case[] {
  return config.evaluation.monitorTest ? dataset.domains.flatMap((domain) => domain.cases("test")) : [];
}

/** The test sets of all domains, for curves and for "best on test" under its own name. */
export function monitorTest(session: TrainingSession, turn: Turn): Promise<Validation> {
  return judgeBoth(session, monitoredCases(session), "test", turn);
}

/** A first case that takes so many seconds is not judged again without what the first one builds. */
const slowCase = 2;

/**
 * How many seconds validation and the monitored test sets will take, from a case or two that are judged for that alone.
 * Networks and random numbers stay as they are.
 * @throws what `turn` throws, and NumericError for an output that is NaN
 */
export async function rehearseValidation(session: TrainingSession, turn: Turn): Promise<number> {
  const cases = [...session.split.validation, ...monitoredCases(session)].filter((one) => one.maskPath !== undefined);
  if (cases.length === 0) return 0;
  const judged = (i: number) => secondsOf(() => judgeBoth(session, [cases[i % cases.length]], "rehearsal", turn));
  const first = await judged(0);
  return cases.length * (first > slowCase ? first : await judged(1));
}
