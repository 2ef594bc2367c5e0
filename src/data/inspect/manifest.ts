/** The `manifest.json` of prepared sets: only its name and class names are used, and nothing in it is trusted. */
import { readFileSync } from "node:fs";
import { z } from "zod";

const manifestSchema = z.object({
  dataset: z
    .string()
    .regex(/^\p{L}[\p{L}\p{N} ._+-]{0,60}$/u)
    .optional(),
  classes: z
    .array(z.string().regex(/^\p{L}[\p{L}\p{N} ._+-]{0,60}$/u))
    .max(255)
    .default([]),
});

export type Manifest = z.output<typeof manifestSchema>;

/** Reads a manifest; one that is broken or of another kind counts as none. */
export function readManifest(path: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return { classes: [] };
  }
}
