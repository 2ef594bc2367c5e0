/** `dimseg compare RUNS...`: methods side by side, over seeds, with paired tests. */
import { type Command, Option } from "commander";
import type { PublishedName } from "../comparison/published.js";
import type { Cell } from "../comparison/table.js";
import { UsageError } from "../core/errors.js";
import { writeFileAtomic } from "../core/files/atomic-file.js";
import { networkNames } from "../runs/checkpoints/checkpoint-names.js";
import type { Compared, ComparedEstimates, CompareInput } from "../workflows/compare.js";
import { checkpointOption } from "./options/checkpoint.js";
import { gridOption, unitsOption } from "./options/judging.js";
import { formatTable } from "./terminal/table.js";
import { warn } from "./terminal/warn.js";

const formats = ["table", "markdown", "csv", "latex", "html"] as const;
const publishedNames: readonly PublishedName[] = ["fundus", "prostate", "mnms"];

const rules = ["dice", "estimate"] as const;

interface CompareOptions extends Omit<CompareInput, "runs"> {
  by: (typeof rules)[number];
  format: (typeof formats)[number];
  out?: string;
}

/** @param cellText how a cell is written; default: without its mark */
function plainTable({ header, rows }: Compared["table"], cellText: (cell: Cell) => string = ({ text }) => text) {
  const align = header.map((_, i) => (i === 0 ? ("left" as const) : ("right" as const)));
  return formatTable(
    header,
    rows.map((row) => row.map(cellText)),
    align,
  );
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
    case "table":
      return `${[plainTable(table, plainCell), plainLegend, ...table.notes].join("\n")}\n`;
  }
}

/** A table without marks and tests: one of estimates. */
async function renderEstimates(format: CompareOptions["format"], { runs, table }: ComparedEstimates) {
  const { estimateCsv, ...formats } = await import("../workflows/compare.js");
  switch (format) {
    case "markdown":
      return formats.formatMarkdown(table);
    case "csv":
      return estimateCsv(runs);
    case "latex":
      return formats.formatLatex(table);
    case "html":
      return formats.formatHtml(table);
    case "table":
      return `${[plainTable(table), ...table.notes].join("\n")}\n`;
  }
}

/** @throws UsageError for an option that is of measured runs only */
function refuseMeasuredOptions({ against, published, at, units }: CompareOptions): void {
  const given = { "--against": against, "--published": published };
  const [option] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  const other = at !== undefined ? "--at" : units !== "pixels" ? "--units" : undefined;
  if (option ?? other)
    throw new UsageError(`${option ?? other} is of runs that were judged; leave it out beside --by estimate`);
}

async function compare(runs: string[], { format, out, by, ...options }: CompareOptions): Promise<void> {
  if (by === "estimate") {
    refuseMeasuredOptions({ format, by, ...options });
    const { compareEstimates } = await import("../workflows/compare.js");
    const { checkpoint, network, labelled } = options;
    const compared = compareEstimates({ runs, checkpoint, network, labelled }, { warn });
    show(await renderEstimates(format, compared), out);
    return;
  }
  if (format === "csv" && options.published !== undefined) {
    throw new UsageError("--format csv holds our own numbers with all digits; leave out --published");
  }
  const { compareRuns } = await import("../workflows/compare.js");
  show(await render(format, compareRuns({ runs, ...options }, { warn })), out);
}

/** Prints a text, or writes it to a file. */
function show(text: string, out: string | undefined): void {
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
    .addOption(
      new Option("--by <what>", "dice: by what `dimseg evaluate` measured; estimate: by what `dimseg estimate` says")
        .choices(rules)
        .default("dice"),
    )
    .addOption(checkpointOption("which evaluation, or estimate"))
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
