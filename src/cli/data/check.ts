/** `dimseg data check dataset.yaml`: decodes every file and lists what is wrong. */
import type { Command } from "commander";
import { counted } from "../../core/counted.js";
import { exitCodes } from "../../core/errors.js";
import { shellWord } from "../../core/shell-word.js";
import { agreementText } from "../../data/check/agreement-text.js";
import type { CheckReport, Problem } from "../../data/check/check.js";
import { inTerminal } from "../terminal/observer.js";
import { formatTable } from "../terminal/table.js";

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

/** How the volumes of each domain lie and what they hold; nothing of pictures. */
function volumeTable({ volumes }: CheckReport): string[] {
  if (!volumes || volumes.length === 0) return [];
  const header = ["domain", "volumes", "slices", "spacing in mm", "axes towards", "values (0.5 to 99.5 %)", "in masks"];
  const rows = volumes.map((one) => [
    ...[one.domain, one.volumes, one.slices, one.spacing, one.orientations, one.values, one.labels],
  ]);
  return [formatTable(header, rows, ["left", "right", "right", "left", "left", "left", "left"])];
}

/** How well the readers of the same images agree, a line a domain, and what is left out; nothing where all is usual. */
function remarks({ readers, parts, leftOut }: CheckReport): string[] {
  const lines = [...readers.map((one) => agreementText(one, parts)), ...leftOut];
  return lines.length === 0 ? [] : [lines.join("\n")];
}

function problemList(problems: readonly Problem[]): string {
  const errors = problems.filter((one) => one.severity === "error");
  const ordered = [...errors, ...problems.filter((one) => one.severity === "warning")];
  const shown = ordered.slice(0, mostShown).map((one) => `${one.severity}: ${one.message}`);
  const more = ordered.length > mostShown ? [`and ${ordered.length - mostShown} more; --json lists all`] : [];
  const counts = `${counted(errors.length, "error")}, ${counted(problems.length - errors.length, "warning")}`;
  return [...shown, ...more, counts].join("\n");
}

/** What to do next with a data set that is in order. */
function nextStep(config: string | null, sizes: string, dataset: string): string {
  if (config === null) return "No domain has a training case with a mask, so this set is for predictions only.";
  // The configuration stands last, so that it is copied without anything after it.
  return (
    `${sizes}\nThe labelled domain below is that with most masks; any other with masks can be chosen.\n` +
    `Next, a configuration with reasons, for the time that there is: dimseg plan ${shellWord(dataset)} --minutes 60\n` +
    `Or this one in config.yaml; then: dimseg train config.yaml\n\n${config}`
  );
}

async function check(dataset: string, options: { json?: boolean }): Promise<void> {
  const { checkData } = await import("../../workflows/data/check.js");
  const { config, sizes, ...checked } = await inTerminal((observer) => checkData({ dataset }, observer));
  if (options.json) console.log(JSON.stringify(checked, null, 2));
  else
    console.log(
      [splitTable(checked), ...volumeTable(checked), ...remarks(checked), problemList(checked.problems)].join("\n\n"),
    );
  if (checked.ok && !options.json) console.log(`\n${nextStep(config, sizes, dataset)}`);
  if (!checked.ok) process.exitCode = exitCodes.data;
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
