/** `dimseg compare RUNS...`: methods side by side, over seeds, with paired tests. */
import { type Command, Option } from "commander";
import type { PublishedName } from "../comparison/published.js";
import { writeFileAtomic } from "../core/atomic-file.js";
import { UsageError } from "../core/errors.js";
import { networkNames } from "../runs/checkpoint-names.js";
import type { Compared, CompareInput } from "../workflows/compare.js";
import { checkpointOption } from "./checkpoint-option.js";
import { gridOption, unitsOption } from "./judging-options.js";
import { formatTable } from "./table.js";

const formats = ["table", "markdown", "csv", "latex", "html"] as const;
const publishedNames: readonly PublishedName[] = ["fundus", "prostate", "mnms"];

interface CompareOptions extends Omit<CompareInput, "runs"> {
  format: (typeof formats)[number];
  out?: string;
}

async function render(format: CompareOptions["format"], { comparison, table }: Compared) {
  const { comparisonCsv, formatHtml, formatLatex, formatMarkdown, plainCell, plainLegend } = await import(
    "../workflows/compare.js"
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

async function compare(runs: string[], { format, out, ...options }: CompareOptions): Promise<void> {
  if (format === "csv" && options.published !== undefined) {
    throw new UsageError("--format csv holds our own numbers with all digits; leave out --published");
  }
  const { compareRuns } = await import("../workflows/compare.js");
  const compared = compareRuns({ runs, ...options }, { warn: (message) => console.error(message) });
  const text = await render(format, compared);
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
    .addOption(checkpointOption("which evaluation"))
    .addOption(new Option("--network <name>", "which network's evaluation").choices(networkNames).default("student"))
    .addOption(gridOption("which evaluations: at the network's size, or in the images' own"))
    .addOption(unitsOption("which evaluations: distances in pixels of the grid that was judged, or in mm"))
    .option("--labelled <domain>", "only runs whose labels come from this domain")
    .option("--against <row>", "set every row against this one, with intervals over seeds and subjects")
    .addOption(new Option("--format <name>", "how to write it").choices(formats).default("table"))
    .option("--out <file>", "write to a file instead of the terminal")
    .addOption(new Option("--published <name>", "show published numbers beside ours").choices(publishedNames))
    .action(compare);
}
