/** What a sweep has ahead: steps, time at the paces seen so far, and disk by the first checkpoint that is there. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { usesUnlabelled } from "../config/unlabelled.js";
import { groupBy } from "../core/group-by.js";
import { type DiskNeed, diskNeed } from "../runs/disk-need.js";
import type { PlannedRun } from "./plan.js";
import type { RunStatus } from "./run-status.js";

/** Steps that are still to be trained, of runs that have not ended. */
export function stepsLeft(statuses: readonly RunStatus[]): number {
  return statuses.reduce((sum, status) => sum + (isOpen(status) ? leftOf(status) : 0), 0);
}

function isOpen({ state }: RunStatus): boolean {
  return state === "waiting" || state === "training";
}

function leftOf({ run, step }: RunStatus): number {
  return Math.max(0, run.config.training.iterations - step);
}

/** Milliseconds a step of a run that this process trains or has trained; null where it took none after the first yet. */
function paceOf({ begun, stepped, trained, step }: RunStatus, now: number): number | null {
  if (!begun) return trained.steps > 0 ? trained.milliseconds / trained.steps : null;
  return stepped && step > stepped.step ? (now - stepped.time) / (step - stepped.step) : null;
}

/**
 * Time until all runs are trained, each at the pace of its own configuration, or of all where that has not trained yet.
 * Judging them is not in it.
 * @param now,jobs milliseconds, and how many runs go side by side
 * @returns milliseconds; null before the second step of any run that was looked at
 */
export function timeLeft(statuses: readonly RunStatus[], now: number, jobs: number): number | null {
  const paces = statuses.flatMap((status) => {
    const pace = paceOf(status, now);
    return pace === null ? [] : [{ name: status.run.name, pace }];
  });
  if (paces.length === 0) return null;
  const meanOf = (of: typeof paces) => of.reduce((sum, { pace }) => sum + pace, 0) / of.length;
  const byName = groupBy(paces, ({ name }) => name);
  const open = statuses.filter(isOpen);
  const work = open.map((status) => leftOf(status) * meanOf(byName.get(status.run.name) ?? paces));
  const total = work.reduce((sum, time) => sum + time, 0);
  // Side by side, but no run is over before its own time.
  return Math.max(total / Math.max(1, Math.min(jobs, open.length)), ...work, 0);
}

/** Images that a step of a run looks at. */
function imagesOf({ run: { config } }: RunStatus): number {
  const { labelledBatch, unlabelledBatch } = config.training;
  return labelledBatch + (usesUnlabelled(config) ? unlabelledBatch : 0);
}

/** Images a second of all runs that are being trained now, together; null before the second step. */
export function imagesPerSecond(statuses: readonly RunStatus[], now: number): number | null {
  const speeds = statuses.flatMap((status) => {
    const pace = status.begun && paceOf(status, now);
    return pace ? [(1000 * imagesOf(status)) / pace] : [];
  });
  return speeds.length === 0 ? null : speeds.reduce((sum, speed) => sum + speed);
}

/** Images that this process has trained on. */
export function imagesTrained(statuses: readonly RunStatus[]): number {
  return statuses.reduce((sum, status) => sum + status.trained.steps * imagesOf(status), 0);
}

/** Disk for a run's checkpoints, by those that it has; null where it has none yet. */
export function diskOf({ folder, config }: PlannedRun): DiskNeed | null {
  const checkpoints = join(folder, "checkpoints");
  const step = existsSync(checkpoints) && readdirSync(checkpoints).find((name) => /^step-\d+$/.test(name));
  if (!step) return null;
  const networks = readdirSync(join(checkpoints, step)).filter(
    (name) => name.endsWith(".safetensors") && !/^(optimizer|divergence)\./.test(name),
  );
  const sizeOf = (name: string) => statSync(join(checkpoints, step, name)).size;
  const others = networks.filter((name) => name !== "student.safetensors").map(sizeOf);
  if (!networks.includes("student.safetensors")) return null;
  return diskNeed(
    config,
    sizeOf("student.safetensors"),
    others.reduce((sum, size) => sum + size, 0),
  );
}
