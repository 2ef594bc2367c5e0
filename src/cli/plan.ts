/** `dimseg plan dataset.yaml`: a configuration with the reason of every choice. */
import type { Command } from "commander";
import { shellWord } from "../core/shell-word.js";
import { warningPrefix } from "../core/warning-prefix.js";
import type { PlanInput, Planned } from "../workflows/plan.js";
import { inTerminal } from "./terminal/observer.js";
import { formatTable } from "./terminal/table.js";

interface PlanOptions extends Pick<PlanInput, "labelled" | "out"> {
  readonly minutes: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

function percent(share: number): string {
  return Number.isNaN(share) ? "" : (100 * share).toFixed(share < 0.1 ? 2 : 1);
}

function whole(value: number): string {
  return Number.isFinite(value) ? value.toFixed(0) : "";
}

/** Width first, as people write sizes. */
function sides(values: readonly number[] | null, digits: number): string {
  return values
    ? [...values]
        .reverse()
        .map((one) => Number(one.toFixed(digits)))
        .join(" x ")
    : "";
}

function domainTable({ fingerprint: { domains, labelledDomain } }: Planned): string {
  const header = ["domain", "train", "subjects", "masks", "test", "median size", "mm", "grey levels", "to labelled"];
  const rows = domains.map((one) => [
    one.name === labelledDomain ? `${one.name} (labelled)` : one.name,
    ...[one.training, one.subjects, one.masks, one.test, sides(one.shape, 0), sides(one.spacing, 2)],
    Number.isNaN(one.grey.mean) ? "" : `${whole(one.grey.mean)} ± ${whole(one.grey.deviation)}`,
    one.name === labelledDomain ? "" : `${whole(one.distance)}${one.isFar ? " far" : ""}`,
  ]);
  const right = "right" as const;
  return formatTable(header, rows, ["left", right, right, right, right, "left", "left", right, right]);
}

function partTable({ fingerprint: { parts } }: Planned): string {
  const header = ["part", "share %", "masks with it", "components a mask", "smallest"];
  const rows = parts.map((one) => [
    ...[one.name, percent(one.share), one.masks],
    Number.isNaN(one.components) ? "" : one.components.toFixed(1),
    whole(one.smallest),
  ]);
  return formatTable(header, rows, ["left", "right", "right", "right", "right"]);
}

/** What each size costs; nothing where volumes are not resized. */
function resolutionTable({ resolutions }: Planned): string {
  const header = ["size", "part", "mean Dice %", "worst", "in", "vanished"];
  const rows = resolutions.flatMap(({ frame, parts }) =>
    parts.map((one) => [
      ...[frame ? `${frame.width} x ${frame.height}` : "as volumes", one.part, percent(one.mean), percent(one.worst)],
      ...[one.worstCase, one.cases === 0 ? "" : `${one.vanished} of ${one.cases}`],
    ]),
  );
  return formatTable(header, rows, ["left", "left", "right", "right", "left", "right"]);
}

function choiceTable({ choices }: Planned): string {
  const rows = choices.map(({ path, value }) => [path.join("."), JSON.stringify(value).replaceAll('"', "")]);
  return formatTable(["key", "value"], rows);
}

async function plan(dataset: string, { minutes, labelled, out, force = false, json }: PlanOptions): Promise<void> {
  const { planTraining } = await import("../workflows/plan.js");
  const time = minutes.trim() === "" ? Number.NaN : Number(minutes);
  const planned = await inTerminal((observer) =>
    planTraining({ dataset, minutes: time, labelled, out, force }, observer),
  );
  if (json) {
    console.log(JSON.stringify(planned, null, 2));
    return;
  }
  console.log(
    [
      domainTable(planned),
      partTable(planned),
      `A perfect prediction after the network's size and back:\n\n${resolutionTable(planned)}`,
      choiceTable(planned),
      planned.warnings.map((one) => `${warningPrefix}${one}`).join("\n"),
      planned.leftOut.length === 0 ? "" : `Left out:\n${planned.leftOut.map((one) => `  - ${one}`).join("\n")}`,
      `Wrote ${out} with a reason beside every choice. It will take about ${planned.duration}: dimseg train ${shellWord(out)}`,
    ]
      .filter((one) => one !== "")
      .join("\n\n"),
  );
}

/** Adds the verb to the command line. */
export function register(program: Command): void {
  program
    .command("plan")
    .description("look at a data set, time this machine, and write a configuration with the reason of every choice")
    .argument("<dataset>", "dataset.yaml")
    .option("--minutes <number>", "how long training may take", "60")
    .option("--labelled <domain>", "the domain that labels come from (default: that with most masks)")
    .option("--out <file>", "where to write it", "config.yaml")
    .option("--force", "replace a file that is already there")
    .option("--json", "print everything as JSON")
    .action(plan);
}
