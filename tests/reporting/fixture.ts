/**
 * The committed runs of a few steps on phantoms, and ways to change copies of them. They were made by `dimseg train` and
 * `dimseg evaluate` (64 pixels, width 8, 20 steps) and hold no checkpoints.
 */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DataError } from "../../src/core/errors.js";
import { collectReport } from "../../src/reporting/collect.js";
import type { ReportData } from "../../src/reporting/data.js";
import { makeReport } from "../../src/reporting/make-report.js";
import type { Judge } from "../../src/reporting/read-report-run.js";

const root = fileURLToPath(new URL("../fixtures/report-run", import.meta.url));

/** The committed run folders: DiM and supervised only, judged alike. */
export const fixtureRuns = ["dim", "supervised"].map((name) => join(root, name));

export const madeAt = "2026-01-01T00:00:00.000Z";

/** As where the data set is gone. */
export const cannotJudge: Judge = async () => {
  throw new DataError("there is no data set here; restore it");
};

/** The data of a report on run folders, of the last student. */
export function collect(folders: readonly string[], judge: Judge = cannotJudge): Promise<ReportData> {
  return collectReport(folders, { checkpoint: "last", network: "student" }, judge, madeAt);
}

/** The text of a report's page. */
export async function pageOf(data: ReportData): Promise<string> {
  const page = (await makeReport(data)).find(({ path }) => path === "index.html");
  return page?.content as string;
}

/** A copy of a committed run that may be changed. */
export function copyRun(name: "dim" | "supervised", folder: string): string {
  cpSync(join(root, name), folder, { recursive: true });
  return folder;
}

/** Replaces a text in a file of a run, wherever it stands. */
export function edit(file: string, from: string | RegExp, to: string): void {
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(from, to));
}
