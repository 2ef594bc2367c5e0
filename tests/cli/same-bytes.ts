/** The promise of an exact resume: which files of two runs must agree, and where they do not. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

/** A run's newest checkpoint. */
export function newestCheckpoint(run: string): string {
  return join(run, "checkpoints", readFileSync(join(run, "checkpoints/latest"), "utf8").trim());
}

/** Every byte that is promised to be the same, by file name. */
export function promised(run: string): Map<string, Buffer> {
  const checkpoint = newestCheckpoint(run);
  const files = readdirSync(checkpoint).map((name) => [name, readFileSync(join(checkpoint, name))] as const);
  return new Map([...files, ["metrics.jsonl", readFileSync(join(run, "metrics.jsonl"))]]);
}

/** Weights, optimiser, teacher and metrics of two runs are the same to the last bit. */
export function expectSame(run: string, other: string): void {
  const [found, wanted] = [promised(run), promised(other)];
  expect([...found.keys()]).toEqual([...wanted.keys()]);
  const different = [...wanted].filter(([name, bytes]) => !bytes.equals(found.get(name)!)).map(([name]) => name);
  expect(different).toEqual([]);
}
