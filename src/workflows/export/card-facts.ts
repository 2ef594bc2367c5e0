/** What a model card says, collected from a run: its data, its settings, and how it was judged. */
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { DataError } from "../../core/errors.js";
import { packageVersion } from "../../core/package-root.js";
import type { ModelSource } from "../../export/description.js";
import type { CardEstimates, CardEvaluation, CardFacts, CardTraining } from "../../export/model-card.js";
import { indexValue } from "../../inference/label-map.js";
import { missedText } from "../../judging/empty-masks-text.js";
import type { SegmentationNetwork } from "../../nn/index.js";
import { readEvaluation } from "../../runs/evaluation-files.js";
import { readSplit } from "../../runs/split-record.js";
import type { OpenedRun } from "../open-run.js";

const estimate = z.object({ mean: z.number().nullable(), interval: z.tuple([z.number(), z.number()]).nullable() });
const summarySchema = z.object({
  checkpoint: z.object({ step: z.int() }),
  dataset: z.object({ name: z.string() }),
  split: z.string(),
  units: z.string(),
  testTimeFlips: z.boolean(),
  convention: z.object({ name: z.string() }),
  unjudged: z.array(z.object({ domain: z.string() })).default([]),
  domains: z.array(
    z.object({
      name: z.string(),
      labelled: z.boolean(),
      cases: z.int(),
      subjects: z.int(),
      missed: z.record(z.string(), z.int()).optional(),
      average: z.object({ dice: estimate, hd95: estimate }),
    }),
  ),
});

/** JSON has no infinity: such means are words there, and unknown on a card. */
function withoutWords(_: string, value: unknown): unknown {
  return value === "Infinity" || value === "-Infinity" ? null : value;
}

/**
 * The run's own test results of a network; null where there are none of this checkpoint.
 * @throws DataError when the evaluation is damaged
 */
function evaluationOf(run: OpenedRun, network: string, testTimeFlips: boolean): CardEvaluation | null {
  const folder = join(run.folder.evaluation, `${run.checkpoint}-${network}${testTimeFlips ? "-tta" : ""}`);
  const texts = readEvaluation(folder);
  if (texts === null) return null;
  let summary: z.output<typeof summarySchema>;
  try {
    summary = summarySchema.parse(JSON.parse(texts.summary, withoutWords));
  } catch (cause) {
    throw new DataError(`${folder} is damaged; run \`dimseg evaluate\` again`, { cause });
  }
  if (summary.checkpoint.step !== run.step) return null;
  const { dataset, split, units, convention, unjudged, domains } = summary;
  return {
    dataset: dataset.name,
    split,
    units,
    testTimeFlips: summary.testTimeFlips,
    convention: convention.name,
    domains: domains.map(({ average, missed, ...domain }) => ({
      ...{ ...domain, missed: missedText([{ missed }], null) },
      ...{ dice: average.dice, hd95: average.hd95 },
    })),
    unjudged: unjudged.map(({ domain }) => domain),
  };
}

const known = z.number().nullable();
const estimatesSchema = z.object({
  checkpoint: z.object({ step: z.int() }),
  level: z.number(),
  domains: z.array(
    z.object({ domain: z.string(), part: z.string(), cases: z.int(), dice: known, low: known, high: known }),
  ),
});

/**
 * The estimates of a network on its own data set; null where there are none of this checkpoint.
 * @throws DataError when they are damaged
 */
function estimatesOf({ folder, checkpoint, step }: OpenedRun, network: string): CardEstimates | null {
  const path = join(folder.quality, `${checkpoint}-${network}`, "summary.json");
  if (!existsSync(path)) return null;
  let summary: z.output<typeof estimatesSchema>;
  try {
    summary = estimatesSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    throw new DataError(`${path} is damaged; run \`dimseg estimate\` again`, { cause });
  }
  if (summary.checkpoint.step !== step) return null;
  const parts = summary.domains.map(({ domain, part, cases, dice, low, high }) => ({
    ...{ domain, part, cases },
    dice: { mean: dice, interval: low === null || high === null ? null : ([low, high] as const) },
  }));
  return { level: summary.level, parts };
}

/** Cases are called domain/split/id, and ids may hold slashes. */
function domainsOf(names: readonly string[]): string[] {
  return names.map((name) => name.replace(/\/(train|test)\/.*$/s, ""));
}

function trainingOf({ config, dataset, folder }: OpenedRun): CardTraining {
  const { labelled, unlabelled } = readSplit(folder.split, config);
  const [own, others] = [domainsOf(labelled), domainsOf(unlabelled)];
  const count = (names: readonly string[], wanted: string) => names.filter((name) => name === wanted).length;
  const domains = [...new Set([...own, ...others])].map((name) => ({
    name,
    labelled: count(own, name),
    unlabelled: count(others, name),
  }));
  const { method, optimizer, training } = config;
  return {
    dataset: dataset.name,
    domains,
    method: method.name,
    optimizer: optimizer.name,
    iterations: training.iterations,
    seed: training.seed,
  };
}

/** What the network is given, in words. */
function inputText({ channelNames, channels, slices }: OpenedRun["dataset"], sides: readonly number[]): string {
  const kind = channelNames?.join(", ") ?? (channels === 1 ? "grey" : "RGB");
  const size = sides.join(" x ");
  if (sides.length === 3) return `patches of ${kind} volumes, ${size}`;
  return slices ? `${kind} slices of ${size}, whatever the size of their pixels` : `${kind} images, ${size}`;
}

/** Everything on the card of a network of a run. @throws DataError when a file of the run is damaged */
export function cardFacts(
  run: OpenedRun,
  network: SegmentationNetwork,
  source: ModelSource,
  { licence, sides, testTimeFlips }: { licence: string | null; sides: readonly number[]; testTimeFlips: boolean },
): Omit<CardFacts, "reduction"> {
  const { dataset, config, folder } = run;
  const { name, width } = config.model;
  const parameters = network.parameters().reduce((sum, one) => sum + one.numel, 0);
  const legend = dataset.parts.map((one) => ({
    name: one.name,
    colour: one.colour,
    value: indexValue(one, dataset.target),
  }));
  return {
    name: basename(folder.path),
    dimseg: packageVersion(),
    licence,
    source,
    network: { name, width, parameters },
    input: inputText(dataset, sides),
    spacing: (sides.length === 3 && dataset.slices?.resample) || null,
    classes: legend,
    training: trainingOf(run),
    evaluation: evaluationOf(run, source.network, testTimeFlips),
    estimates: estimatesOf(run, source.network),
  };
}
