/** The newest suggestion that a run's folder holds. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const schema = z.object({
  checkpoint: z.object({ step: z.number() }),
  strategy: z.string(),
  images: z.array(z.object({ rank: z.number(), domain: z.string(), id: z.string(), reason: z.string() })),
});

/** A suggestion as `dimseg suggest` wrote it. */
export type KeptSuggestion = z.output<typeof schema>;

/**
 * Reads it.
 * @param quality the run's folder of them
 * @returns null where there is none that can be read
 */
export function readSuggestion(quality: string): KeptSuggestion | null {
  let names: string[];
  try {
    names = readdirSync(quality).filter((name) => name.startsWith("suggestion-"));
  } catch {
    return null;
  }
  const files = names.map((name) => join(quality, name, "suggestion.json"));
  const age = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newest = files.filter((file) => age(file) > 0).sort((a, b) => age(b) - age(a))[0];
  if (newest === undefined) return null;
  try {
    return schema.parse(JSON.parse(readFileSync(newest, "utf8")));
  } catch {
    // One that was cut off is made anew.
    return null;
  }
}
