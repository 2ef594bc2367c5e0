/** The sentence that a reader takes away: what was compared, what came out, and what is missing. */
import { unjudgedText } from "../../judging/unjudged-text.js";
import { groupNames, type ReportData, type ReportRun, unjudgedOf } from "../data.js";
import { percentText } from "../numbers.js";
import { intervalText, summarySource } from "../result-tables.js";
import { stateText } from "../run-state.js";
import { type Content, html, nameHtml } from "./markup.js";
import { numberHtml } from "./parts.js";

/** The judged run with the best mean Dice, of finished runs where there are any. */
function bestRun({ runs }: ReportData): ReportRun | undefined {
  const all = runs.filter(({ evaluation }) => evaluation && !Number.isNaN(evaluation.summary.average.dice.mean));
  const finished = all.filter(({ state }) => state.stage === "finished");
  const judged = finished.length > 0 ? finished : all;
  const dice = (run: ReportRun) => run.evaluation?.summary.average.dice.mean ?? -1;
  return judged.reduce<ReportRun | undefined>((best, run) => (best && dice(best) >= dice(run) ? best : run), undefined);
}

/** How well it does where the labels came from, and elsewhere where that is known. */
function reachSentence(labelled: Content, others: Content | null): Content {
  const elsewhere = others === null ? "" : html` and ${others} % on the others`;
  return html` It reaches ${labelled} % on the domain that the labels came from${elsewhere}.`;
}

function gapSentence(run: ReportRun): Content {
  const gap = run.evaluation?.summary.gap?.dice;
  if (!gap) return null;
  const number = (key: "labelled" | "others") =>
    numberHtml({ text: percentText(gap[key]), value: gap[key], source: summarySource(run, ["gap", "dice", key]) });
  return reachSentence(number("labelled"), number("others"));
}

/** Which others could as well be the best, by the comparison's tests. */
function rivalSentence({ comparison }: ReportData): Content {
  if (comparison?.tables.length !== 1) return null;
  const close = comparison.tables[0].comparison.groups.filter(({ standing }) => standing === "close");
  const others = comparison.tables[0].comparison.groups.length - 1;
  if (others === 0) return null;
  if (close.length === 0)
    return ` Significantly worse on these cases: ${others === 1 ? "the other" : `all ${others} others`} compared.`;
  const names = close.map(({ name }, i) => [i > 0 ? ", " : "", nameHtml(name)]);
  return html` Not significantly worse on these cases: ${names}.`;
}

/** The best of groups with several seeds, by their means: the best single seed would be picked by luck. */
function bestOverSeeds({ comparison }: ReportData): Content | null {
  if (comparison?.tables.length !== 1) return null;
  const { groups, labelledDomain, domains } = comparison.tables[0].comparison;
  const best = groups.find(({ standing }) => standing === "best");
  if (!best || best.seeds.length < 2 || groups.length < 2) return null;
  const number = (value: number) => numberHtml({ text: percentText(value), value });
  const { mean, deviation } = best.metrics.dice;
  const labelled = best.sides?.labelled.mean ?? best.domains[domains.indexOf(labelledDomain)].mean;
  const others = best.sides ? number(best.sides.others.mean) : null;
  return html`Best mean Dice over ${best.seeds.length} seeds: ${nameHtml(best.name)} with ${number(mean)} ± ${number(deviation)} %.${reachSentence(number(labelled), others)}`;
}

/** Domains that no number is about. */
function unjudgedSentence({ runs }: ReportData): Content {
  const texts = [...new Set(runs.flatMap((run) => unjudgedOf(run).map(unjudgedText)))];
  if (texts.length === 0) return null;
  const asked = runs.some(({ findings }) => findings && findings.proxies.length > 0);
  const names = texts.map((text, i) => [i > 0 ? ", " : "", nameHtml(text)]);
  return html` Not judged: ${names}${asked ? html`; <a href="#unjudged">Domains without masks</a> says what the network does there` : ""}.`;
}

/** What came out, and what did not, in a few sentences. */
export function ledeHtml(data: ReportData): Content {
  return html`${resultHtml(data)}${unjudgedSentence(data)}`;
}

/** What came out, in two sentences. */
function resultHtml(data: ReportData): Content {
  const group = bestOverSeeds(data);
  if (group !== null) return html`${group}${rivalSentence(data)}`;
  const best = bestRun(data);
  if (!best?.evaluation) {
    const [first] = data.runs;
    return html`Nothing is judged yet; ${nameHtml(first.name)}: ${stateText(first)}.`;
  }
  const { mean, interval } = best.evaluation.summary.average.dice;
  const dice = numberHtml({
    text: intervalText({ mean, interval }),
    value: mean,
    source: summarySource(best, ["average", "dice", "mean"]),
  });
  const { domains } = best.evaluation.summary;
  const where = domains.length === 1 ? html`Dice on ${nameHtml(domains[0].name)}: ` : "Mean Dice over the domains: ";
  const who = data.runs.length > 1 ? html`Best mean Dice: ${nameHtml(best.name)} with ` : where;
  return html`${who}${dice} %.${gapSentence(best)}${rivalSentence(data)}`;
}

/** The page's heading: the run, or how many of what. */
export function headingHtml(data: ReportData): Content {
  if (data.runs.length === 1) return nameHtml(data.runs[0].name);
  const groups = groupNames(data).length;
  const runs = data.runs.length;
  const what = groups === runs ? `${runs} runs` : `${groups} methods, ${runs} runs`;
  const datasets = [...new Set(data.runs.flatMap(({ dataset }) => dataset?.name ?? []))];
  return datasets.length === 1 ? html`${what} on ${nameHtml(datasets[0])}` : what;
}
