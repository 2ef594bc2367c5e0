/** The file of `dimseg sweep --cluster FILE`: what a cluster has to be told of a run. */
import { z } from "zod";
import { readValidatedYaml } from "../../core/formats/validated-yaml.js";

/** Ends up in a line of its own of a script. */
const line = z
  .string()
  .trim()
  .min(1)
  .regex(/^\P{Cc}*$/u, "must be one line");

const slurmSchema = z.strictObject({
  partition: line.optional(),
  account: line.optional(),
  time: z
    .string()
    .regex(/^(\d+-)?\d+(:\d\d){0,2}$/, "is no time such as 08:00:00 or 1-12:00:00")
    .optional()
    .describe("limit of a task; a run that needs longer saves, is queued again and goes on"),
  gpus: z.int().min(0).default(0).describe("GPUs of a task"),
  cpus: z.int().min(1).default(1).describe("cores of a task"),
  memory: z
    .string()
    .regex(/^\d+[KMGT]?$/, "is no size such as 16G")
    .optional(),
  atOnce: z.int().min(1).optional().describe("tasks that may run at once"),
  saveBefore: z.int().min(10).default(120).describe("seconds before the limit at which a run saves"),
  options: z.array(line).default([]).describe("further options of sbatch, as --constraint=a100"),
  setup: z.array(line).default([]).describe("lines of a shell before the run, as module load cuda"),
});

/** A name as Kubernetes takes it, which tells of another one only when all is handed over. */
const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "is no name of Kubernetes: lower-case letters, digits, hyphens and dots");

const kubernetesSchema = z.strictObject({
  image: line.regex(/^\S+$/, "must hold no spaces").describe("a container image in which `dimseg` is on the path"),
  namespace: objectName
    .max(63)
    .regex(/^[^.]*$/, "must hold no dots")
    .optional(),
  claim: objectName.describe("the persistent volume claim that holds data set, grid and runs"),
  mount: line
    .regex(/^\/[^:]*$/, "must be an absolute path without colons")
    .describe("where it is mounted, as on this machine"),
  gpus: z.int().min(0).default(0),
  cpus: z.int().min(1).default(1),
  memory: z
    .string()
    .regex(/^[1-9]\d*(Mi|Gi|Ti)$/, "is no quantity such as 8Gi")
    .default("8Gi"),
  atOnce: z.int().min(1).default(4),
  saveBefore: z.int().min(10).default(120).describe("seconds that a pod has to save when it is evicted"),
});

const clusterSchema = z.strictObject({
  slurm: slurmSchema.prefault({}),
  kubernetes: kubernetesSchema.optional(),
});

export type SlurmSettings = z.output<typeof slurmSchema>;
export type KubernetesSettings = z.output<typeof kubernetesSchema>;
export type ClusterFile = z.output<typeof clusterSchema>;

/** What holds without a file. */
export const defaultCluster: ClusterFile = clusterSchema.parse({});

/** @throws DataError when it is missing; UsageError with line and key when it is not as the schema says */
export function loadCluster(path: string): ClusterFile {
  return readValidatedYaml(path, clusterSchema);
}
