/** Which of several processes this one is, as whoever started it says: torchrun's variables, or those of a Slurm step. */
import { UsageError } from "../core/errors.js";

/** Which of how many processes, and where they meet. */
export interface Place {
  /** From 0. */
  readonly rank: number;
  readonly size: number;
  /** Among the processes on this machine, from 0. */
  readonly localRank: number;
  readonly host: string;
  readonly port: number;
  /** Whether this process keeps the store through which they find each other; torchrun may keep it itself. */
  readonly keepsStore: boolean;
  /** Tells one start of the processes from another at the same store. */
  readonly name: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** A variable as a whole number. @throws UsageError when it is missing or none */
function numberOf(env: Variables, name: string): number {
  const value = env[name]?.trim() ? Number(env[name]) : Number.NaN;
  if (Number.isInteger(value) && value >= 0) return value;
  throw new UsageError(
    `${name} is ${env[name] ? `"${env[name]}", which is no whole number` : "not set"}: torchrun sets RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT`,
  );
}

/** A variable as a port. @throws UsageError when it is missing or none */
function portOf(env: Variables, name: string): number {
  const value = numberOf(env, name);
  if (value > 0 && value < 65536) return value;
  throw new UsageError(`${name} is ${value}, but ports go from 1 to 65535`);
}

function torchrunPlace(env: Variables): Place {
  const [rank, size] = [numberOf(env, "RANK"), numberOf(env, "WORLD_SIZE")];
  if (rank >= size) throw new UsageError(`RANK is ${rank}, but WORLD_SIZE is ${size}; ranks are counted from 0`);
  const agent = env.TORCHELASTIC_USE_AGENT_STORE === "True";
  return {
    rank,
    size,
    localRank: env.LOCAL_RANK === undefined ? rank : numberOf(env, "LOCAL_RANK"),
    host: env.MASTER_ADDR ?? "127.0.0.1",
    port: size === 1 ? 0 : portOf(env, "MASTER_PORT"),
    keepsStore: rank === 0 && !agent,
    name: `dimseg/${env.TORCHELASTIC_RUN_ID ?? ""}/${env.TORCHELASTIC_RESTART_COUNT ?? 0}`,
  };
}

/** The first host of Slurm's list, such as `node[03-05,9],gpu1`. */
export function firstHost(list: string): string {
  const [, name, numbers, rest] = /^([^[,]*)(?:\[([^\]]*)\])?([^,]*)/.exec(list) ?? [];
  return `${name}${numbers?.split(/[-,]/)[0] ?? ""}${rest}`;
}

const firstPort = 20000;
const ports = 20000;

function slurmPlace(env: Variables): Place {
  const [rank, size] = [Number(env.SLURM_PROCID), Number(env.SLURM_STEP_NUM_TASKS)];
  const [job, step] = [Number(env.SLURM_JOB_ID), Number(env.SLURM_STEP_ID)];
  const isOneMachine = env.SLURM_STEP_NUM_NODES === "1";
  return {
    rank,
    size,
    localRank: Number(env.SLURM_LOCALID ?? 0),
    host: env.MASTER_ADDR ?? (isOneMachine ? "127.0.0.1" : firstHost(env.SLURM_STEP_NODELIST ?? "127.0.0.1")),
    // All tasks of a step know its numbers, and no other step has them.
    port: env.MASTER_PORT === undefined ? firstPort + ((job * 7 + step) % ports) : portOf(env, "MASTER_PORT"),
    keepsStore: rank === 0,
    name: `dimseg/${job}/${step}/${env.SLURM_RESTART_COUNT ?? 0}`,
  };
}

/**
 * This process's place among several; null when it was started by itself.
 * @throws UsageError when the variables contradict each other or some are missing
 */
export function placeOf(env: Variables): Place | null {
  const place =
    env.RANK !== undefined
      ? torchrunPlace(env)
      : // Set within a step of several tasks only; the numbers of the job are set for a script without srun, too.
        Number(env.SLURM_STEP_NUM_TASKS ?? 1) > 1 && env.SLURM_PROCID !== undefined
        ? slurmPlace(env)
        : // One that was told how many there are, but not which it is, would train by itself beside the others.
          Number(env.WORLD_SIZE ?? 1) > 1
          ? torchrunPlace(env)
          : null;
  return place !== null && place.size > 1 ? place : null;
}
