/** An array job that was handed to Slurm: written down, so that the same sweep is not queued twice. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { DataError, ResourceError } from "../../core/errors.js";
import { writeFileAtomic } from "../../core/files/atomic-file.js";
import { runProgram } from "./program.js";

const schema = z.strictObject({ job: z.string().regex(/^\d+$/) });

function recordOf(out: string): string {
  return join(out, "slurm", "job.json");
}

/** Hands a script over and remembers the number of the job. @throws ResourceError in the words of `sbatch` */
export async function submitScript(out: string, script: string): Promise<string> {
  const said = await runProgram("sbatch", ["--parsable", script]);
  const [job] = said.split(";");
  if (!/^\d+$/.test(job)) throw new ResourceError(`sbatch said "${said}" where the number of a job was expected`);
  writeFileAtomic(recordOf(out), `${JSON.stringify({ job })}\n`);
  return job;
}

/** The job that a sweep was last handed over as; null where there was none. @throws DataError when the record is damaged */
export function lastJob(out: string): string | null {
  const path = recordOf(out);
  if (!existsSync(path)) return null;
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8"))).job;
  } catch (cause) {
    throw new DataError(`${path} is damaged; remove it once \`squeue --me\` shows no task of the sweep`, { cause });
  }
}

/** How many tasks of a job Slurm has not done with; 0 for a job that it no longer knows. */
export async function tasksLeft(job: string): Promise<number> {
  // Without --jobs: naming a job that is over is an error for squeue.
  const listed = await runProgram("squeue", ["--noheader", "--array", "--me", "--format=%F"]);
  return listed.split("\n").filter((line) => line.trim() === job).length;
}
