/** Domains that cannot be judged: what the network does there, beside what it does where Dice is known. */
import type { DomainProxy } from "../analysis/proxies.js";
import { unjudgedText } from "../judging/unjudged-text.js";
import { type ReportData, type ReportRun, shownRuns, unjudgedOf } from "./data.js";
import { percentText } from "./numbers.js";
import { summarySource } from "./result-tables.js";
import type { ReportCell, ReportTable } from "./table.js";

const dash: ReportCell = { text: "–" };

function share(value: number | null): ReportCell {
  return value === null || Number.isNaN(value) ? dash : { text: percentText(value), value };
}

/** The part's Dice in a judged domain. */
function diceCell(run: ReportRun, { domain, part }: DomainProxy): ReportCell {
  const d = run.evaluation?.summary.domains.findIndex(({ name }) => name === domain) ?? -1;
  const dice = run.evaluation?.summary.domains[d]?.parts[part]?.dice.mean;
  if (dice === undefined || Number.isNaN(dice)) return dash;
  return {
    text: percentText(dice),
    value: dice,
    source: summarySource(run, ["domains", d, "parts", part, "dice", "mean"]),
  };
}

function row(run: ReportRun, proxy: DomainProxy, proxies: readonly DomainProxy[]): ReportCell[] {
  const home = run.config.labelled.domain;
  const own = proxies.find(({ domain, part }) => domain === home && part === proxy.part)?.share;
  const relative = own !== undefined && own > 0 ? proxy.share / own : null;
  return [
    { text: run.name, link: run.id },
    { text: proxy.domain === home ? `${proxy.domain} (labelled)` : proxy.domain },
    { text: proxy.part },
    { text: String(proxy.images), value: proxy.images },
    share(proxy.confidence),
    share(proxy.agreement),
    share(proxy.share),
    relative === null ? dash : { text: percentText(relative), value: relative },
    share(proxy.empty),
    diceCell(run, proxy),
  ];
}

/** One row for each domain and part of each run that was asked; none where every domain is judged. */
export function unjudgedTable(data: ReportData): ReportTable {
  const runs = shownRuns(data);
  const named = [...new Set(runs.flatMap((run) => unjudgedOf(run).map(unjudgedText)))];
  return {
    id: "unjudged",
    title: "Domains without masks",
    header: [
      ...["run", "domain", "part", "images", "confidence %", "agreement %", "size %", "relative size %", "empty %"],
      "Dice %",
    ],
    rows: runs.flatMap((run) => {
      const proxies = run.findings?.proxies ?? [];
      return proxies.map((proxy) => row(run, proxy, proxies));
    }),
    notes: [
      `Cannot be judged: ${named.join("; ")}.`,
      "Confidence: mean probability of the part over the pixels where it is predicted. Agreement: Dice between the masks of student and teacher. Size: mean share of the image that is predicted to be the part; relative: against that in the labelled domain. Empty: share of the images in which the part was not found.",
      "None of these says that a mask is right: a network can be sure and wrong. Less confidence or agreement, other sizes or more empty masks than where Dice is known are a warning; look at the overlays.",
    ],
  };
}
