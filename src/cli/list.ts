/** `dimseg list methods|optimizers|...`: what a configuration may name. */
import { Argument, type Command } from "commander";
import type { Listing, ListingKind } from "../workflows/list.js";

const kinds: readonly ListingKind[] = [
  ...(["methods", "optimizers", "divergences", "estimators", "models", "presets", "formats", "signals"] as const),
];
const textWidth = 96;

/** Words in lines of at most `width` characters. */
function wrap(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Nested settings as `divergence.f=js`, the form that `--set` takes. */
function assignments(values: object, prefix = ""): string[] {
  return Object.entries(values).flatMap(([key, value]) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? assignments(value, `${prefix}${key}.`)
      : `${prefix}${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
}

function block(listing: Listing, width: number): string {
  const { name, summary, source, cost, extensions, defaults, optional = {} } = listing;
  const indent = " ".repeat(width + 2);
  const field = (label: string, words: readonly string[]) =>
    wrap(words, textWidth - width - 12).map((line, i) => `${indent}${(i === 0 ? label : "").padEnd(10)}${line}`);
  const [first, ...rest] = wrap(summary.split(" "), textWidth - width - 2);
  const settings = defaults && assignments(defaults);
  return [
    `${name.padEnd(width)}  ${first}`,
    ...rest.map((line) => indent + line),
    ...field("source", source.split(" ")),
    ...field("cost", cost?.split(" ") ?? []),
    ...field("names", extensions?.map((one) => `*.${one}`) ?? []),
    ...field("defaults", settings?.length === 0 ? ["none"] : (settings ?? [])),
    ...Object.entries(optional).flatMap(([key, meaning], i) =>
      field(i === 0 ? "optional" : "", `${key}: ${meaning}`.split(" ")),
    ),
  ].join("\n");
}

async function list(kind: ListingKind, options: { json?: boolean }): Promise<void> {
  const { listings } = await import("../workflows/list.js");
  const { usage, entries } = listings(kind);
  if (options.json) {
    console.log(JSON.stringify(entries, null, 2));
    return;
  }
  const width = Math.max(...entries.map(({ name }) => name.length));
  console.log(`${entries.map((entry) => block(entry, width)).join("\n\n")}\n\n${usage}`);
}

/** Adds the verb to the command line. */
export function register(program: Command): void {
  program
    .command("list")
    .description("list what a configuration may name, with sources, costs and defaults, and the image formats")
    .addArgument(new Argument("<what>", "which registry").choices(kinds))
    .option("--json", "print as JSON")
    .action(list);
}
