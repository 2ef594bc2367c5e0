/** `dimseg data check dataset.yaml`: decodes every file and lists what is wrong. */
import type { Command } from "commander";
import { counted } from "../core/counted.js";
import { exitCodes } from "../core/errors.js";
import type { CheckReport, Problem } from "../data/check/check.js";
import type { Dataset } from "../data/dataset.js";
import { createProgress } from "./progress.js";
import { formatTable } from "./table.js";

/** More would hide the table above them; `--json` gives all. */
const mostShown = 40;

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`;
}

function splitTable({ splits, parts }: CheckReport): string {
  const grouped = splits.some((one) => one.subjects < one.cases);
  const counts = grouped ? ["subjects", "cases", "masks"] : ["cases", "masks"];
  const header = ["domain", "split", ...counts, "size", "empty", "nearly empty", ...parts];
  const rows = splits.map((one) => [
    one.domain,
    one.split,
    ...(grouped ? [one.subjects] : []),
    one.cases,
    one.masks,
    one.sizes,
    one.emptyMasks,
    one.nearlyEmptyMasks,
    ...one.partShares.map(percent),
  ]);
  const right = (of: readonly string[]) => of.map(() => "right" as const);
  return formatTable(header, rows, ["left", "left", ...right(counts), "left", "right", "right", ...right(parts)]);
}

function problemList(problems: readonly Problem[]): string {
  const errors = problems.filter((one) => one.severity === "error");
  const ordered = [...errors, ...problems.filter((one) => one.severity === "warning")];
  const shown = ordered.slice(0, mostShown).map((one) => `${one.severity}: ${one.message}`);
  const more = ordered.length > mostShown ? [`and ${ordered.length - mostShown} more; --json lists all`] : [];
  const counts = `${counted(errors.length, "error")}, ${counted(problems.length - errors.length, "warning")}`;
  return [...shown, ...more, counts].join("\n");
}

/** A configuration to begin with: most labels, of which a third chooses the checkpoint when there are few. */
async function firstConfig(dataset: Dataset, path: string): Promise<string> {
  const { stringify } = await import("yaml");
  const masked = dataset.domains.map(({ name, cases }) => ({
    name,
    cases: cases("train").filter((one) => one.maskPath !== undefined),
  }));
  const { name, cases } = masked.reduce((best, one) => (one.cases.length > best.cases.length ? one : best));
  if (cases.length === 0) return "No domain has a training case with a mask, so this set is for predictions only.";
  const wanted = Math.min(5, Math.floor(cases.length / 3));
  const count = Math.min(10, cases.length - wanted);
  const learnt = new Set(cases.slice(0, count).map((one) => one.subject));
  const validation = Math.min(wanted, cases.filter((one) => !learnt.has(one.subject)).length);
  const labelled = { domain: name, count, validation };
  const text = stringify({ preset: "small", dataset: path, labelled }, { lineWidth: 0 });
  return `Next, a configuration, as this in config.yaml; then: dimseg train config.yaml\n\n${text.trimEnd()}`;
}

async function check(path: string, options: { json?: boolean }): Promise<void> {
  const { loadDataset, allCases } = await import("../data/dataset.js");
  const { checkDataset } = await import("../data/check/check.js");
  const dataset = loadDataset(path);
  const progress = createProgress({ label: "checking", total: allCases(dataset).length });
  const report = await checkDataset(dataset, (done) => progress.update(done));
  progress.finish();
  const failed = report.problems.some((one) => one.severity === "error");
  if (options.json) console.log(JSON.stringify({ dataset: dataset.path, ok: !failed, ...report }, null, 2));
  else console.log(`${splitTable(report)}\n\n${problemList(report.problems)}`);
  if (!failed && !options.json) console.log(`\n${await firstConfig(dataset, path)}`);
  if (failed) process.exitCode = exitCodes.data;
}

/** Adds the verb to `dimseg data`. */
export function register(parent: Command): void {
  parent
    .command("check")
    .description("decode every file of a data set and list what is wrong (exit code 3 when there are errors)")
    .argument("<dataset>", "dataset.yaml")
    .option("--json", "print the whole report as JSON")
    .action(check);
}
