/**
 * What can be followed of images that nobody labelled while a network trains: whether it says the same when they look a little
 * different, how sure it is, and whether it finds anything. None of it is Dice; `dimseg estimate` says what it is worth.
 */
import { evenly } from "../core/evenly.js";
import { groupBy } from "../core/group-by.js";
import type { Turn } from "../core/turns.js";
import type { Case } from "../data/dataset.js";
import type { ConventionName } from "../evaluation/conventions.js";
import { diceOf, expectedDice } from "../quality/observation.js";
import { type Member, observeCase } from "../quality/observe-case.js";
import { mildScanners, throughScanner } from "../quality/scanner.js";
import type { MetricRecord } from "../runs/logs/metrics-log.js";
import { definedValues, mean } from "../statistics/mean.js";
import type { TrainingSession } from "./session.js";

/** Images of a domain that are followed, at most. */
const mostOfDomain = 8;

/** Numbers of one domain. */
async function followDomain(
  session: TrainingSession,
  domain: string,
  cases: readonly Case[],
  turn: Turn,
): Promise<MetricRecord> {
  const { student, dataset, cache, device, precision, normalisation, patch, config } = session;
  const members = mildScanners(dataset.channels).map(
    (scanner): Member => ({
      ...{ kind: "appearance", network: student },
      see: (decoded) => throughScanner(decoded, scanner, null, normalisation),
    }),
  );
  const convention = config.evaluation.convention as ConventionName;
  const asked = { network: student, members, references: [], convention, device, precision, normalisation, patch };
  const parts = [];
  for (const one of cases) {
    parts.push(...(await observeCase(await cache.get(one), dataset, asked, `${domain}/${one.id}`)).parts);
    await turn();
  }
  const found = parts.filter(({ shape }) => shape.area > 0);
  const name = `unlabelled.student.${domain}`;
  return {
    [`${name}.agreement`]: mean(definedValues(found.flatMap((part) => part.members.appearance.map(diceOf)))),
    [`${name}.confidence`]: mean(found.map((part) => expectedDice(part, 1))),
    [`${name}.empty`]: 1 - found.length / parts.length,
  };
}

/**
 * Numbers of every domain that has unlabelled images; none unless the configuration asks for them.
 * @throws NumericError when an answer holds NaN; what `turn` throws, between cases
 */
export async function followUnlabelled(session: TrainingSession, turn: Turn): Promise<MetricRecord> {
  if (!session.config.evaluation.followUnlabelled) return {};
  let record: MetricRecord = {};
  for (const [domain, own] of groupBy(session.split.unlabelled, (one) => one.domain))
    record = { ...record, ...(await followDomain(session, domain, evenly(own, mostOfDomain), turn)) };
  return record;
}
