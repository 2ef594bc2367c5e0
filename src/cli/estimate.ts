/** `dimseg estimate RUN [IMAGES...]`: how good the masks are where nobody has labelled. */
import { type Command, Option } from "commander";
import { counted } from "../core/counted.js";
import { DataError, UsageError } from "../core/errors.js";
import { probabilityText } from "../core/percent.js";
import { networkNames } from "../runs/checkpoints/checkpoint-names.js";
import type { Estimated, EstimateInput } from "../workflows/estimate.js";
import { checkpointOption } from "./options/checkpoint.js";
import { collected } from "./options/collected.js";
import { domainOption } from "./options/domain.js";
import { inTerminal } from "./terminal/observer.js";
import { formatTable } from "./terminal/table.js";

/** Cases that are named, those that may be worst. */
const mostNamed = 10;

interface EstimateVerbOptions extends Omit<EstimateInput, "run" | "images" | "level"> {
  readonly level: string;
}

function percent(value: number): string {
  return Number.isNaN(value) ? "unknown" : (100 * value).toFixed(1);
}

type Range = Pick<Estimated["worst"][number], "dice" | "low" | "high">;

function withInterval({ dice, low, high }: Range): string {
  return Number.isNaN(dice) ? "unknown" : `${percent(dice)} (${percent(low)} to ${percent(high)})`;
}

type Distance = Estimated["domains"][number]["hd95"];

function pixels(value: number): string {
  return Number.isNaN(value) ? "unknown" : value.toFixed(1);
}

function distanceText({ estimate, low, high }: Distance): string {
  return Number.isNaN(estimate) ? "unknown" : `${pixels(estimate)} (${pixels(low)} to ${pixels(high)})`;
}

/** A row for each domain and part; the last columns only where some image has a mask. */
function domainTable({ domains, labelledDomain, level }: Estimated): string {
  const isMeasured = domains.some(({ measuredCases }) => measuredCases > 0);
  const measured = ["measured Dice %", "HD95"];
  const header = [
    ...[
      "domain",
      "part",
      "cases",
      `estimated Dice % (${probabilityText(level)} interval)`,
      "HD95 (pixels)",
      "unknown",
      "doubtful",
    ],
    ...(isMeasured ? measured : []),
  ];
  const rows = domains.map((one) => [
    one.domain === labelledDomain ? `${one.domain} (labelled)` : one.domain,
    ...[one.part, one.cases, withInterval(one), distanceText(one.hd95), one.unknown, one.doubtful],
    ...(isMeasured
      ? one.measuredCases === 0
        ? measured.map(() => "")
        : [percent(one.measured), pixels(one.hd95.measured)]
      : []),
  ]);
  const align = header.map((_, i) => (i < 2 ? ("left" as const) : ("right" as const)));
  return formatTable(header, rows, align);
}

/** What a reader must know of the table. */
function notes({ domains, withoutEstimate, weak, doubtfulBelow }: Estimated): string[] {
  const unlike = [...new Set(domains.filter((one) => one.unlike).map(({ domain }) => domain))];
  return [
    `Doubtful: the mask's interval reaches below ${100 * doubtfulBelow} %, or nothing is known of its like.`,
    ...(withoutEstimate.length > 0
      ? [`The labelled images say too little to estimate ${withoutEstimate.join(", ")}.`]
      : unlike.length > 0
        ? [`Unlike everything that the labelled images show, so that no mean is given: ${unlike.join(", ")}.`]
        : []),
    ...(weak.length > 0
      ? [`The network fails on its own labelled images (${weak.join(", ")}): what they teach need not hold elsewhere.`]
      : []),
    ...(domains.some(({ measuredCases }) => measuredCases > 0)
      ? [
          "Measured: where images have masks; they have no part in the estimates. HD95: of the masks in which something was found.",
        ]
      : []),
  ];
}

function worstTable({ worst, level }: Estimated): string {
  const rows = worst
    .slice(0, mostNamed)
    .map((one) => [one.domain, one.id, one.part, withInterval(one), one.ground === "empty" ? "nothing found" : ""]);
  return formatTable(["domain", "case", "part", `Dice % (${probabilityText(level)} interval)`, ""], rows);
}

async function estimate(run: string, paths: string[], verbOptions: EstimateVerbOptions): Promise<void> {
  const [{ estimateRun }, { leadingRuns }] = await Promise.all([
    import("../workflows/estimate.js"),
    import("../workflows/prediction/leading-runs.js"),
  ]);
  const { runs, images } = leadingRuns(paths);
  const { level, ...options } = { ...verbOptions, with: [...runs, ...verbOptions.with] };
  const number = level.trim() === "" ? Number.NaN : Number(level);
  if (!(number > 0 && number < 1))
    throw new UsageError(`--level ${level}: give a probability between 0 and 1, such as 0.9`);
  const estimated = await inTerminal((observer) => estimateRun({ run, images, level: number, ...options }, observer));
  const { checkpointRule, worst, folder, broken } = estimated;
  for (const message of broken) console.error(message);
  console.log(`\n${options.network}, ${checkpointRule}\n\n${domainTable(estimated)}`);
  for (const note of notes(estimated)) console.log(note);
  console.log(`\nMost doubtful first, ${Math.min(mostNamed, worst.length)} of ${counted(worst.length, "mask")}:`);
  console.log(`\n${worstTable(estimated)}\n\nWrote cases.csv and summary.json to ${folder}.`);
  if (broken.length > 0)
    throw new DataError(
      `${counted(broken.length, "image")} could not be read, each named above; the others are estimated`,
    );
}

/** Adds the verb to the command line. */
export function register(program: Command): void {
  program
    .command("estimate")
    .description(
      "estimate how good a run's masks are where there is no reference: Dice by domain with an interval (exit code 3 when a given image cannot be read)",
    )
    .argument("<run>", "run folder, with its data set in place")
    .argument(
      "[images...]",
      "image files, or folders of them, each a domain (default: the test images of the data set); run folders before them are as --with",
    )
    .option("--data <file>", "another dataset.yaml of the same kind")
    .addOption(domainOption())
    .addOption(checkpointOption("which checkpoint"))
    .addOption(new Option("--network <name>", "which network").choices(networkNames).default("student"))
    .option("--with <run>", "also ask another run, best one of another seed; may be given several times", collected, [])
    .option("--level <probability>", "of the intervals", "0.9")
    .action(estimate);
}
