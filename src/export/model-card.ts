/**
 * The model card: what a model is for, what it learnt from and how well it does, as facts and as a page for people (after
 * Mitchell et al., Model Cards for Model Reporting, FAT* 2019).
 */
import { counted } from "../core/counted.js";
import { probabilityText } from "../core/percent.js";
import type { ModelSource } from "./description.js";
import { exportFiles } from "./file-names.js";
import { lossText } from "./loss-text.js";
import type { PrecisionLoss } from "./precision-names.js";

/** A mean with its 95 % interval, both null where nobody knows them. */
export interface CardScore {
  readonly mean: number | null;
  readonly interval: readonly [number, number] | null;
}

/** The scores of one domain, averaged over its parts. */
export interface CardDomain {
  readonly name: string;
  /** Whether the training labels came from it. */
  readonly labelled: boolean;
  readonly cases: number;
  readonly subjects: number;
  /** Structures of which nothing was found, as words. */
  readonly missed: string;
  readonly dice: CardScore;
  readonly hd95: CardScore;
}

/** An evaluation of the exported network. */
export interface CardEvaluation {
  readonly dataset: string;
  readonly split: string;
  readonly convention: string;
  /** Of distances. */
  readonly units: string;
  readonly testTimeFlips: boolean;
  readonly domains: readonly CardDomain[];
  /** Domains without masks, of which nothing is known. */
  readonly unjudged: readonly string[];
}

/** What `dimseg estimate` says of one part in one domain, without references. */
export interface CardEstimate {
  readonly domain: string;
  readonly part: string;
  readonly cases: number;
  /** Mean Dice and its interval; null where it is not known. */
  readonly dice: CardScore;
}

/** Estimates of the exported network. */
export interface CardEstimates {
  /** Probability of the intervals. */
  readonly level: number;
  readonly parts: readonly CardEstimate[];
}

/** How many cases of each domain were trained on. */
export interface CardTraining {
  readonly dataset: string;
  readonly domains: readonly { readonly name: string; readonly labelled: number; readonly unlabelled: number }[];
  readonly method: string;
  readonly optimizer: string;
  readonly iterations: number;
  readonly seed: number;
}

/** What a graph of fewer digits costs and saves. */
export interface CardReduction extends PrecisionLoss {
  /** Sizes of the ONNX files. */
  readonly bytes: { readonly fp32: number; readonly reduced: number };
}

/** Everything on the card. */
export interface CardFacts {
  readonly name: string;
  readonly dimseg: string;
  readonly licence: string | null;
  readonly source: ModelSource;
  readonly network: { readonly name: string; readonly width: number; readonly parameters: number };
  readonly input: string;
  /** Millimetres between the slices, rows and columns that the network saw; null where they are as stored. */
  readonly spacing: readonly number[] | null;
  readonly classes: readonly { readonly name: string; readonly colour: string; readonly value: number }[];
  readonly training: CardTraining;
  /** Null where the network was not judged. */
  readonly evaluation: CardEvaluation | null;
  /** Null where nobody estimated. */
  readonly estimates: CardEstimates | null;
  /** Null where the graph was only asked for in float32. */
  readonly reduction: CardReduction | null;
}

const intendedUse = "Research on segmentation of images like those it was trained on. It is not a medical device.";

/** The card as JSON text. */
export function cardJson(facts: CardFacts): string {
  return `${JSON.stringify({ ...facts, intendedUse }, null, 2)}\n`;
}

/** A name as one cell of a Markdown table, whatever it holds. */
function cell(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>|#!]/g, "\\$&").replaceAll(/\s+/g, " ");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

function scoreText({ mean, interval }: CardScore, factor: number, unit: string): string {
  if (mean === null) return "undefined";
  const text = (value: number) => (factor * value).toFixed(1);
  return `${text(mean)}${unit}${interval ? ` (${text(interval[0])} to ${text(interval[1])})` : ""}`;
}

function evaluationLines({ evaluation }: CardFacts): string[] {
  if (!evaluation) return ["It was not judged before it was exported; `dimseg evaluate` does so."];
  const { dataset, split, convention, units, testTimeFlips, domains, unjudged } = evaluation;
  const rows = domains.map(({ name, labelled, cases, subjects, missed, dice, hd95 }) => [
    `${cell(name)}${labelled ? " (labelled)" : ""}`,
    cases === subjects ? String(cases) : `${cases} of ${subjects} subjects`,
    missed,
    scoreText(dice, 100, " %"),
    scoreText(hd95, 1, ""),
  ]);
  return [
    `${split} split of ${cell(dataset)}, convention ${convention}${testTimeFlips ? ", averaged over mirror images" : ""}; means over parts, 95 % bootstrap intervals over subjects. Missed: parts of cases of which nothing at all was predicted.`,
    "",
    ...table(["domain", "cases", "missed", "Dice", `HD95 (${units})`], rows),
    ...(unjudged.length > 0
      ? ["", `Nothing is known of ${unjudged.map(cell).join(", ")}, which has no masks to judge by.`]
      : []),
  ];
}

function estimateLines({ estimates }: CardFacts): string[] {
  if (!estimates) return ["None were made before it was exported; `dimseg estimate` makes them."];
  const rows = estimates.parts.map(({ domain, part, cases, dice }) => [
    cell(domain),
    cell(part),
    String(cases),
    dice.mean === null ? "unknown" : scoreText(dice, 100, " %"),
  ]);
  return [
    `Mean Dice as the network's own answers and its labelled images tell it, with ${probabilityText(estimates.level)} intervals; unknown where images are unlike all that it was tried on.`,
    "",
    ...table(["domain", "part", "cases", "Dice"], rows),
  ];
}

/** What fewer digits cost, as one sentence. */
export function reductionText({ precision, judgedOn, cases, dice, bytes }: Omit<CardReduction, "calibration">): string {
  const where = judgedOn === "validation" ? "validation" : "labelled training";
  const lost = dice
    ? `mean Dice ${(100 * dice.fp32).toFixed(2)} % in fp32 and ${(100 * dice.reduced).toFixed(2)} % in ${precision} on ${counted(cases, `${where} case`)}, ${lossText(dice.fp32 - dice.reduced, 2)}`
    : `on ${counted(cases, `${where} case`)} no part was there, or none was found, to tell what is lost by`;
  const size = (count: number) => (count / 1e6).toFixed(2);
  return `${precision}: ${lost}; ${size(bytes.reduced)} MB in place of ${size(bytes.fp32)}.`;
}

function precisionLines({ reduction }: CardFacts): string[] {
  if (!reduction) return ["float32."];
  const { precision, holds, bound, calibration } = reduction;
  const limit = `${(100 * bound).toFixed(1)} points`;
  return [
    reductionText(reduction),
    holds
      ? `\`${exportFiles.graph}\` is of ${precision}: no more than ${limit} are lost.`
      : `\`${exportFiles.graph}\` is of float32, since no more than ${limit} may be lost; \`${exportFiles.reduced}\` is the other.`,
    ...(calibration
      ? [
          `The ranges of its values are those of ${counted(calibration.images, "training case")} (${counted(calibration.pieces, "piece")}).`,
        ]
      : []),
  ];
}

function trainingLines({ training }: CardFacts): string[] {
  const { dataset, domains, method, optimizer, iterations, seed } = training;
  const rows = domains.map(({ name, labelled, unlabelled }) => [cell(name), String(labelled), String(unlabelled)]);
  return [
    `${cell(dataset)}; method ${method}, optimiser ${optimizer}, ${iterations} steps, seed ${seed}.`,
    "",
    ...table(["domain", "cases with labels", "cases without"], rows),
  ];
}

/** The card as a page. */
export function cardMarkdown(facts: CardFacts): string {
  const { name, dimseg, licence, source, network, input, spacing, classes } = facts;
  const millions = (network.parameters / 1e6).toFixed(2);
  const classRows = classes.map((one) => [String(one.value), cell(one.name), one.colour]);
  const sections: [string, string[]][] = [
    ["Intended use", [intendedUse]],
    ["Licence", [licence === null ? "Not stated: ask whoever exported it before using it." : cell(licence)]],
    [
      "Network",
      [
        `${network.name} of width ${network.width}, ${millions} M parameters; the ${source.network} of run ${cell(source.run)}, ${source.checkpoint}. Written by dimseg ${dimseg}.`,
        "",
        `Input: ${input}${spacing ? `, ${spacing.join(" x ")} mm` : ""}. How images are prepared and answers read stands in \`${exportFiles.description}\`.`,
      ],
    ],
    ["Precision", precisionLines(facts)],
    ["Classes", table(["value in masks", "class", "colour"], classRows)],
    ["Training data", trainingLines(facts)],
    ["Scores", evaluationLines(facts)],
    ["Estimates without labels", estimateLines(facts)],
    [
      "Limits",
      [
        "Scores say nothing of scanners, clinics and populations that are not among the domains above; judge it on your own images before relying on it.",
      ],
    ],
  ];
  const lines = sections.flatMap(([title, text]) => ["", `## ${title}`, "", ...text]);
  return [`# ${cell(name)}`, ...lines, ""].join("\n");
}
