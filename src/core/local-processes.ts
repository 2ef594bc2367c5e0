/** How many processes on this machine work on one training, as whoever started them says. */

type Variables = Readonly<Record<string, string | undefined>>;

/** By torchrun's variable, which `--processes` sets as well, or those of a Slurm step; 1 for a process by itself. */
export function localProcesses(env: Variables = process.env): number {
  const { LOCAL_WORLD_SIZE: local, SLURM_STEP_NUM_TASKS: tasks, SLURM_STEP_NUM_NODES: nodes } = env;
  const count = local === undefined ? Math.ceil(Number(tasks ?? 1) / Number(nodes ?? 1)) : Number(local);
  return Number.isInteger(count) && count > 1 ? count : 1;
}
