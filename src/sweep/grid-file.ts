/** The file of `dimseg sweep`: one configuration, what to vary, and with which seeds. */
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { isPlainObject } from "../config/config-tree.js";
import { UsageError } from "../core/errors.js";
import { readValidatedYaml } from "../core/formats/validated-yaml.js";
import { checkpointNames } from "../runs/checkpoints/checkpoint-names.js";

const keyPath = z.string().regex(/^[A-Za-z]\w*(?:\.[A-Za-z]\w*)*$/, "is no dotted key such as optimizer.rho");

const runName = z
  .string()
  .trim()
  .min(1)
  .regex(/^\P{Cc}*$/u, "must not hold control characters");

/** The `evaluate:` section. */
const evaluateSchema = z.strictObject({
  checkpoints: z.array(z.enum(checkpointNames)).min(1).default(["last"]),
  networks: z
    .array(z.enum(["student", "teacher"]))
    .min(1)
    .default(["student", "teacher"])
    .describe("a teacher is judged where the method keeps one"),
});

export const gridSchema = z.strictObject({
  base: z.string().min(1).describe("the configuration that all runs share, relative to this file"),
  out: z.string().min(1).describe("the folder of the runs, relative to this file"),
  seeds: z.array(z.int().min(0)).min(1).describe("every run is made with each of these"),
  runs: z
    .array(z.strictObject({ name: runName, set: z.record(keyPath, z.unknown()).default({}) }))
    .min(1)
    .optional()
    .describe("named runs with the keys they set; with a grid, each of them is run at every point of it"),
  grid: z
    .record(keyPath, z.array(z.unknown()).min(1))
    .optional()
    .describe("keys with the values they take, in all combinations"),
  evaluate: evaluateSchema.prefault({}),
});

/** A grid file; `base` and `out` are absolute paths. */
export type GridFile = z.output<typeof gridSchema>;

/** What is judged after training. */
export type EvaluateSection = GridFile["evaluate"];

/** A configuration given in place of a grid lacks every key; say what it is instead. */
function refuseConfiguration(content: unknown, path: string): void {
  if (isPlainObject(content) && Object.hasOwn(content, "dataset") && !Object.hasOwn(content, "seeds")) {
    throw new UsageError(
      `${path}: is a configuration, not a grid; name it under base: in a grid, or train it with \`dimseg train\``,
    );
  }
}

/**
 * Reads a grid file.
 * @throws DataError when it is missing; UsageError with line and key when it is not as the schema says
 */
export function loadGrid(path: string): GridFile {
  const grid = readValidatedYaml(path, gridSchema, (content) => {
    refuseConfiguration(content, path);
    return content;
  });
  const folder = dirname(resolve(path));
  return { ...grid, base: resolve(folder, grid.base), out: resolve(folder, grid.out) };
}
