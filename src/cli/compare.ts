/** `dimseg compare RUNS...`: methods side by side, over seeds, with paired tests. */
import { type Command, Option } from "commander";
import type { Comparison } from "../comparison/comparison.js";
import type { PublishedName } from "../comparison/published.js";
import type { ComparisonTable } from "../comparison/table.js";
import { writeFileAtomic } from "../core/atomic-file.js";
import { UsageError } from "../core/errors.js";
import type { CheckpointName } from "../runs/load-run.js";
import { checkpointChoices } from "./open-run.js";
import { formatTable } from "./table.js";

const formats = ["table", "markdown", "csv", "latex", "html"] as const;
const publishedNames: readonly PublishedName[] = ["fundus", "prostate", "mnms"];

interface CompareOptions {
  checkpoint: CheckpointName;
  network: "student" | "teacher";
  labelled?: string;
  format: (typeof formats)[number];
  out?: string;
  published?: PublishedName;
}

async function render(format: CompareOptions["format"], comparison: Comparison, table: ComparisonTable) {
  const { comparisonCsv, formatHtml, formatLatex, formatMarkdown, plainCell, plainLegend } = await import(
    "../comparison/formats.js"
  );
  switch (format) {
    case "markdown":
      return formatMarkdown(table);
    case "csv":
      return comparisonCsv(comparison);
    case "latex":
      return formatLatex(table);
    case "html":
      return formatHtml(table);
    case "table": {
      const rows = table.rows.map((row) => row.map(plainCell));
      const align = table.header.map((_, i) => (i === 0 ? ("left" as const) : ("right" as const)));
      return `${[formatTable(table.header, rows, align), plainLegend, ...table.notes].join("\n")}\n`;
    }
  }
}

async function compare(folders: string[], options: CompareOptions): Promise<void> {
  const { checkpoint, network, labelled, format, out, published } = options;
  if (format === "csv" && published !== undefined) {
    throw new UsageError("--format csv holds our own numbers with all digits; leave out --published");
  }
  const { checkComparable } = await import("../comparison/comparable.js");
  const { groupRuns } = await import("../comparison/groups.js");
  const { compareGroups } = await import("../comparison/comparison.js");
  const { comparisonTable } = await import("../comparison/table.js");
  const { findRuns } = await import("../comparison/find-runs.js");
  const { runs, leftOut } = findRuns(folders, { checkpoint, network }, labelled);
  for (const sentence of leftOut) console.error(sentence);
  checkComparable(runs);
  const comparison = compareGroups(groupRuns(runs));
  const { judgement, config } = runs[0];
  const table = comparisonTable(comparison, { judgement, checkpoint, network, labelled: config.labelled, published });
  const text = await render(format, comparison, table);
  if (out === undefined) console.log(text.trimEnd());
  else {
    writeFileAtomic(out, text);
    console.log(`Wrote ${out}.`);
  }
}

/** Adds the verb to the command line. */
export function register(program: Command): void {
  program
    .command("compare")
    .description("compare judged runs: mean and spread over seeds, paired tests over subjects")
    .argument("<runs...>", "run folders, or folders of `dimseg sweep`")
    .addOption(new Option("--checkpoint <name>", "which evaluation").choices(checkpointChoices).default("last"))
    .addOption(
      new Option("--network <name>", "which network's evaluation").choices(["student", "teacher"]).default("student"),
    )
    .option("--labelled <domain>", "only runs whose labels come from this domain")
    .addOption(new Option("--format <name>", "how to write it").choices(formats).default("table"))
    .option("--out <file>", "write to a file instead of the terminal")
    .addOption(new Option("--published <name>", "show published numbers beside ours").choices(publishedNames))
    .action(compare);
}
