/**
 * Finds the highest rung of a ladder that a time is enough for, with as few measurements as it takes: from the lowest rung
 * on, the next one is guessed from what steps of those before took for their work, and then measured.
 */
import type { Rehearsal } from "../training/rehearsal.js";
import type { Rung } from "./ladder.js";
import { type Schedule, scheduleOf } from "./schedule.js";

/** A rung that was measured; the schedule is null where not even one step fits. */
export interface Climbed {
  readonly rung: Rung;
  readonly rehearsal: Rehearsal;
  readonly schedule: Schedule | null;
}

/** A rung that the time is not enough for. */
export interface OutOfReach {
  readonly rung: Rung;
  /** Minutes that it would take with the steps that it needs; measured or from the nearest one that was. */
  readonly minutes: number;
}

/** The way up. */
export interface Climb {
  readonly chosen: Climbed;
  /** Whether it has the steps that it needs; only the lowest rung may not. */
  readonly isEnough: boolean;
  /** The next rung, where there is one. */
  readonly next: OutOfReach | null;
}

/** Measurements of one ladder at most. */
const mostMeasured = 5;

/**
 * Seconds of a step of a rung, on the line through the two nearest ones in work that were measured, since a part of each
 * step is the same for all; of a single one in proportion, which is too much for larger ones.
 */
function guessed(rung: Rung, measured: readonly Climbed[]): number {
  const apart = (one: Climbed) => Math.abs(Math.log(one.rung.work / rung.work));
  const [nearest, other] = [...measured].sort((a, b) => apart(a) - apart(b));
  const { stepSeconds } = nearest.rehearsal;
  const inProportion = (stepSeconds * rung.work) / nearest.rung.work;
  if (!other) return inProportion;
  const slope = (stepSeconds - other.rehearsal.stepSeconds) / (nearest.rung.work - other.rung.work);
  // Times of two measurements may lie the wrong way round.
  return slope > 0 ? Math.max(stepSeconds + slope * (rung.work - nearest.rung.work), 0) : inProportion;
}

function isEnough({ rung, schedule }: Climbed): boolean {
  return schedule !== null && schedule.iterations >= rung.needs;
}

/**
 * Climbs.
 * @param ladder ascending, at least one rung
 * @param seconds for steps and stops
 * @param rehearse measures a rung; null where the machine has too little memory for it
 */
export async function climb(
  ladder: readonly Rung[],
  seconds: number,
  rehearse: (rung: Rung) => Promise<Rehearsal | null>,
): Promise<Climb | null> {
  const measured: Climbed[] = [];
  const measure = async (rung: Rung): Promise<Climbed | null> => {
    const rehearsal = await rehearse(rung);
    if (!rehearsal) return null;
    const found = { rung, rehearsal, schedule: scheduleOf(seconds, rehearsal) };
    measured.push(found);
    return found;
  };
  let chosen = await measure(ladder[0]);
  if (!chosen) return null;
  let [at, ceiling] = [0, ladder.length - 1];
  const fits = (i: number) => guessed(ladder[i], measured) * ladder[i].needs <= seconds;
  while (isEnough(chosen) && at < ceiling && measured.length < mostMeasured) {
    let target = ceiling;
    while (target > at && !fits(target)) target--;
    if (target === at) {
      // A single measurement guesses too much: the next one is out of reach for sure only if even steps as fast as these are.
      if (measured.length > 1 || chosen.rehearsal.stepSeconds * ladder[at + 1].needs > seconds) break;
      target = at + 1;
    }
    const tried = await measure(ladder[target]);
    if (tried && isEnough(tried)) [chosen, at] = [tried, target];
    else ceiling = target - 1;
  }
  const above = ladder.at(at + 1);
  const next =
    above && at + 1 < ladder.length ? { rung: above, minutes: (guessed(above, measured) * above.needs) / 60 } : null;
  return { chosen, isEnough: isEnough(chosen), next };
}
