/** What each run was, in full: settings, data, machine, time, and the commands that repeat it. */
import type { EvaluationChoice } from "../../comparison/read-run.js";
import { furtherText } from "../../config/labelled-text.js";
import { usesUnlabelled } from "../../config/unlabelled.js";
import { counted } from "../../core/counted.js";
import { judgedGridText } from "../../judging/grid-text.js";
import { judgedRulesText } from "../../judging/rules-text.js";
import { hasSubjects } from "../../judging/subjects-text.js";
import type { ReportRun, RunEvaluation } from "../data.js";
import { bytesText, countText, durationText } from "../numbers.js";
import { repeatCommands, startedWith } from "../repeat.js";
import { stateText } from "../run-state.js";
import { type Content, type Html, html, nameHtml } from "./markup.js";
import { factsHtml, missingHtml } from "./parts.js";

/** `name (key value, ...)` of a section of the configuration. */
function sectionText({ name, ...options }: { name: string } & Record<string, unknown>): string {
  const leaves = (tree: Record<string, unknown>, prefix = ""): string[] =>
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? leaves(value as Record<string, unknown>, `${prefix}${key}.`)
        : [`${prefix}${key} ${String(value)}`],
    );
  const settings = leaves(options);
  return settings.length === 0 ? name : `${name} (${settings.join(", ")})`;
}

function trainedOn({ config, split, dataset }: ReportRun): Content {
  const { labelled } = config;
  const used = usesUnlabelled(config) ? "" : " (not used by it)";
  const unlabelled = split ? `, ${countText(split.unlabelled.length)} unlabelled${used}` : "";
  const validation = labelled.validation > 0 ? `, ${labelled.validation} for validation` : "";
  const further = furtherText(labelled);
  const beside = further === undefined ? "" : html`, ${nameHtml(further)}`;
  return html`${nameHtml(dataset?.name ?? config.dataset)}: ${labelled.count} labelled ${dataset?.slices ? "volumes" : "images"} of ${nameHtml(labelled.domain)}${beside}${validation}${unlabelled}`;
}

/** What the network was given to see, where the configuration says it. */
function seenText({ imageSize, patch }: ReportRun["config"]): string {
  if (patch) return `, patches of ${patch.join(" × ")} voxels`;
  if (imageSize === undefined) return "";
  const [rows, columns] = typeof imageSize === "number" ? [imageSize, imageSize] : imageSize;
  return `, images of ${columns} × ${rows} pixels`;
}

/** What leads to the words for the grid. */
function whereText({ patch, at, slices }: RunEvaluation["about"]): string {
  if (patch || (at && slices)) return ",";
  return slices ? `, ${slices} slices at` : " at";
}

function judgedOn({ evaluation }: ReportRun): Content {
  if (!evaluation) return null;
  const { about, summary } = evaluation;
  const mirrored = about.testTimeFlips ? ", averaged over mirror images" : "";
  const rules = judgedRulesText(about);
  const subjects = hasSubjects(summary) ? ` of ${counted(summary.subjects, "subject")}` : "";
  return html`${countText(summary.cases)} test ${about.slices ? "volumes" : "images"}${subjects}${whereText(about)} ${judgedGridText(about).replaceAll(" x ", " × ")}${mirrored}${rules ? html`, ${nameHtml(rules)}` : ""}, distances in ${about.units ?? "pixels"}; ${about.network}, ${nameHtml(about.checkpoint.rule)}; convention ${about.convention.name} (${about.convention.description})`;
}

function costText({ cost, environment, config }: ReportRun): Content {
  const { device, precision } = config.training;
  if (!cost) return `not recorded; ${device}, ${precision}`;
  const step = cost.secondsPerStep === null ? "" : `, ${cost.secondsPerStep.toPrecision(3)} s a step`;
  const machine = environment ? ` of the machine's ${bytesText(environment.memoryBytes)}` : "";
  const memory = `at most ${bytesText(cost.peakMemoryBytes)}${machine}`;
  return `${durationText(cost.seconds)} of training${step}; ${memory}; ${device}, ${precision}`;
}

function machineText({ environment }: ReportRun): Content {
  if (!environment) return null;
  const { cpu, cores, platform, node, dimseg, git, engine, startedAt } = environment;
  const version = (engine as { version?: unknown } | null)?.version;
  const commit = git ? ` at commit ${git.commit.slice(0, 10)}${git.modified ? ", modified" : ""}` : "";
  const torch = typeof version === "string" ? `, libtorch ${version}` : "";
  return `${cpu}, ${cores.usable} of ${cores.machine} cores; ${platform}; dimseg ${dimseg}${commit}${torch}, Node ${node}; started ${startedAt}`;
}

function commands(run: ReportRun, choice: EvaluationChoice): Html {
  return html`<pre>${repeatCommands(run, choice).join("\n")}</pre>`;
}

function runHtml(run: ReportRun, choice: EvaluationChoice): Html {
  const { config, id, name, folder } = run;
  const started = startedWith(run);
  return html`<section id="${id}" aria-labelledby="${id}-name">
<h3 id="${id}-name">${nameHtml(name)}</h3>
${factsHtml([
  ["state", stateText(run)],
  ["trained on", trainedOn(run)],
  ["method", sectionText(config.method)],
  ["optimiser", sectionText(config.optimizer)],
  ["base", sectionText(config.base)],
  [
    "network",
    html`${config.model.name} of width ${config.model.width}${seenText(config)}, batches of ${config.training.labelledBatch} + ${config.training.unlabelledBatch}, seed ${config.training.seed}`,
  ],
  ["judged on", judgedOn(run)],
  ["time and memory", costText(run)],
  ["machine", machineText(run)],
  ["folder", nameHtml(folder)],
  ["started with", started === null ? null : html`<code class="name">${started}</code>`],
  ["repeat with", commands(run, choice)],
])}
${missingHtml(run.missing)}
</section>`;
}

/** All runs. */
export function runsBody(runs: readonly ReportRun[], choice: EvaluationChoice): Content {
  return runs.map((run) => runHtml(run, choice));
}
