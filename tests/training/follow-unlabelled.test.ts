/** `evaluation.followUnlabelled`: curves of domains that nobody labelled, which change nothing else. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readMetrics } from "../../src/runs/logs/metrics-log.js";
import { putDataset, trainRun } from "../cli/trained-run.js";
import { temporaryFolder } from "../data/files.js";

it("logs agreement, confidence and empty masks of every domain, and trains the same weights", async () => {
  const base = temporaryFolder();
  putDataset(join(base, "data"));
  const method = { method: { name: "supervised" } };
  const plain = await trainRun(base, "plain", { ...method, evaluation: { every: 10 } });
  const followed = await trainRun(base, "followed", { ...method, evaluation: { every: 10, followUnlabelled: true } });
  const weights = (run: string) => readFileSync(join(run, "checkpoints/step-20/student.safetensors"));
  expect(weights(followed)).toEqual(weights(plain));
  const records = readMetrics(join(followed, "metrics.jsonl")).filter((one) => "unlabelled.student.b.empty" in one);
  expect(records.map(({ iteration }) => iteration)).toEqual([10, 20]);
  for (const record of records)
    for (const domain of ["a", "b"])
      for (const what of ["agreement", "confidence", "empty"]) {
        const value = record[`unlabelled.student.${domain}.${what}`] as number;
        expect(Number.isNaN(value) || (value >= 0 && value <= 1)).toBe(true);
      }
  expect(readFileSync(join(plain, "metrics.jsonl"), "utf8")).not.toContain("unlabelled.");
});
