/**
 * A report's folder:
 *
 *     index.html           the page, which needs none of the others
 *     figures/ID.svg, .png, .vl.json
 *     tables/ID.csv, .tex
 *     report.json          the list of these files; written last, it makes the folder a report
 */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UsageError } from "../core/errors.js";
import { writeFailure, writeFileAtomic } from "../core/files/atomic-file.js";
import { refuseLinks } from "../core/files/refuse-links.js";

const recordName = "report.json";

/** What our writers may leave when they are killed. */
const leftover = /^\..*\.tmp$/;

const schema = z.object({ dimseg: z.string(), files: z.array(z.string()) });

/** A file below the report's folder. */
export interface ReportFile {
  path: string;
  content: string | Uint8Array;
}

/** Entries that a report killed at its first writing may have left without its record. */
const ownNames = new Set(["index.html", "figures", "tables"]);

/** Whether a page is one that we wrote. */
function isOurPage(folder: string): boolean {
  const page = join(folder, "index.html");
  return !existsSync(page) || readFileSync(page, "utf8").includes('<meta name="generator" content="dimseg report">');
}

/**
 * Says early whether a report may be written to a folder; writes nothing.
 * @throws UsageError when it holds something that is no report, or links
 */
export function checkReportFolder(folder: string): void {
  if (!existsSync(folder)) return;
  let entries: string[];
  try {
    entries = readdirSync(folder).filter((name) => !leftover.test(name));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOTDIR") throw writeFailure(folder, cause);
    throw new UsageError(`${folder} is a file; choose a folder with --out`);
  }
  refuseLinks(folder, [...ownNames, "overlays"]);
  if (entries.includes(recordName) && filesOf(folder) !== null) return;
  const foreign = entries.find((name) => !ownNames.has(name)) ?? (isOurPage(folder) ? undefined : "index.html");
  if (foreign === undefined) return;
  throw new UsageError(
    `${folder} holds something that is not a report (${foreign}); choose a new or empty folder with --out`,
  );
}

/** The files of an earlier report; null when its record is not ours. */
function filesOf(folder: string): string[] | null {
  try {
    return schema.parse(JSON.parse(readFileSync(join(folder, recordName), "utf8"))).files;
  } catch {
    return null;
  }
}

/** Only what an earlier report can have written: a damaged record must not remove other files. */
const removable = /^(figures|tables|overlays)\/[a-z0-9-]+\.[a-z.]+$/;

/**
 * Writes a report, each file in one step; of an earlier one in the same place, files that are no longer made go.
 * @throws UsageError as {@link checkReportFolder}; ResourceError when something cannot be written
 */
export function writeReport(folder: string, dimseg: string, files: readonly ReportFile[]): void {
  checkReportFolder(folder);
  const earlier = filesOf(folder) ?? [];
  for (const { path, content } of files) writeFileAtomic(join(folder, path), content);
  const paths = files.map(({ path }) => path);
  writeFileAtomic(join(folder, recordName), `${JSON.stringify({ dimseg, files: paths }, null, 1)}\n`);
  for (const path of earlier) {
    if (removable.test(path) && !paths.includes(path)) rmSync(join(folder, path), { force: true });
  }
}
