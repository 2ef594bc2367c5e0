/**
 * Estimates against what was measured: run `dimseg estimate RUN` on each run first, on a data set whose test images have masks.
 *
 *   node studies/quality/summarise.mjs [--csv FILE --code COMMIT] RUN...
 *
 * Prints a line for each setting and method, for each setting, and for all: errors are means over domains (worst: the worst
 * one), rank correlations are means over runs, shares are of the masks of all. With --csv every run is a line of a file, with
 * the commit of the code that made the estimates. Beside them stand two plain rivals, calibrated on the same labelled images:
 * the agreement of mirror images alone and the confidence (soft Dice) alone, judged on the same masks and domains.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { formatCsv, parseCsv } from "../../dist/src/core/formats/csv.js";
import { groupBy } from "../../dist/src/core/group-by.js";
import { mean } from "../../dist/src/statistics/mean.js";

const bad = 0.5;
const good = 0.7;

function settingOf(run) {
  const { dataset, labelled, method, optimizer, training } = parse(readFileSync(join(run, "config.yaml"), "utf8"));
  const name = optimizer.name === "none" ? method.name : `${method.name} + ${optimizer.name}`;
  const { count, validation = 0 } = labelled;
  const setting = `${basename(dataset, ".yaml")}, ${labelled.domain}, ${count}${validation > 0 ? ` + ${validation}` : ""}`;
  return { setting, method: name, seed: training.seed };
}

function rowsOf(folder) {
  const [header, ...lines] = parseCsv(readFileSync(join(folder, "cases.csv"), "utf8"));
  const rows = lines.map((line) => Object.fromEntries(header.map((name, i) => [name, line[i]])));
  return rows.filter(({ measured }) => measured !== "");
}

/** Ranks with the mean of equal values. */
function ranks(values) {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    return below + (values.filter((other) => other === value).length - 1) / 2;
  });
}

function spearman(x, y) {
  const [a, b] = [ranks(x), ranks(y)];
  const [ma, mb] = [mean(a), mean(b)];
  const dot = (p, mp, q, mq) => p.reduce((sum, value, i) => sum + (value - mp) * (q[i] - mq), 0);
  return dot(a, ma, b, mb) / Math.sqrt(dot(a, ma, a, ma) * dot(b, mb, b, mb));
}

/** Errors of domain means in points, and the rank correlation over masks. @param of estimate of a row; an empty mask has 0 */
function against(rows, stated, of) {
  const value = (row) => (row.ground === "empty" ? 0 : Number(of(row)));
  const known = rows.filter((row) => row.ground !== "unknown");
  const errors = [...groupBy(known, ({ domain }) => domain)]
    .filter(([domain]) => stated.has(domain))
    .map(([, own]) => 100 * Math.abs(mean(own.map(value)) - mean(own.map(({ measured }) => Number(measured)))));
  const rho = spearman(
    known.map(value),
    known.map(({ measured }) => Number(measured)),
  );
  return { error: mean(errors), rho };
}

/** What a run's estimates are worth. */
function judged(run) {
  const folder = join(run, "quality", "last-student");
  const rows = rowsOf(folder);
  const { domains } = JSON.parse(readFileSync(join(folder, "summary.json"), "utf8"));
  const told = domains.filter(({ dice }) => dice !== null);
  const errors = told.map(({ dice, measured }) => 100 * Math.abs(dice - measured));
  const stated = new Set(told.map(({ domain }) => domain));
  const [own, mirror, confidence] = ["dice", "mirrorAgreement", "softDice"].map((name) =>
    against(rows, stated, (row) => row[name]),
  );
  const known = rows.filter(({ ground }) => ground !== "unknown");
  const isInside = ({ measured, low, high }) => Number(measured) >= Number(low) && Number(measured) <= Number(high);
  const count = (some, isOne) => some.filter(isOne).length;
  const marked = (some) => count(some, ({ doubtful }) => doubtful === "yes");
  const [badOnes, goodOnes] = [
    rows.filter(({ measured }) => Number(measured) < bad),
    rows.filter(({ measured }) => Number(measured) >= good),
  ];
  return {
    ...{ domains: domains.length, stated: told.length, error: mean(errors), worst: Math.max(...errors) },
    ...{ mirror: mirror.error, confidence: confidence.error },
    ...{ spearman: own.rho, mirrorSpearman: mirror.rho, confidenceSpearman: confidence.rho },
    held: count(told, isInside),
    ...{ masks: rows.length, known: known.length, inside: count(known, isInside) },
    ...{ bad: badOnes.length, badMarked: marked(badOnes), good: goodOnes.length, goodMarked: marked(goodOnes) },
  };
}

const { values: options, positionals: runs } = parseArgs({
  allowPositionals: true,
  options: { csv: { type: "string" }, code: { type: "string" } },
});
const all = runs.map((run) => ({ ...settingOf(run), ...judged(run) }));
if (options.csv !== undefined) {
  if (options.code === undefined) throw new Error("--csv: give --code, the commit of the code that estimated");
  const columns = Object.keys(all[0]);
  const lines = all.map((one) => columns.map((name) => one[name]));
  writeFileSync(options.csv, formatCsv([[...columns, "commit"], ...lines.map((line) => [...line, options.code])]));
}

const text = (value, digits = 1) => (Number.isNaN(value) ? "–" : value.toFixed(digits));
const columns = [
  "setting",
  "method",
  "runs",
  "error of domain means",
  "worst domain",
  "mirror alone",
  "confidence alone",
];
const more = ["Spearman", "mirror alone", "confidence alone", "masks inside 90 %", "means inside 90 %"];
const marks = ["bad ones marked", "good ones marked in vain", "domains without a mean"];
const header = [...columns, ...more, ...marks];
console.log(`| ${header.join(" | ")} |\n|${" --- |".repeat(header.length)}`);
function print(setting, method, own) {
  const average = (key, digits) => text(mean(own.map((one) => one[key])), digits);
  const total = (key) => own.reduce((sum, one) => sum + one[key], 0);
  const share = (key, of) => text((100 * total(key)) / total(of), 0);
  // Each domain that has a mean counts alike, also in a run that states one alone.
  const error = (key) => text(own.reduce((sum, one) => sum + one.stated * (one[key] || 0), 0) / total("stated"));
  const cells = [
    ...[setting, method, own.length, error("error"), text(Math.max(...own.map(({ worst }) => worst)))],
    ...[error("mirror"), error("confidence")],
    ...["spearman", "mirrorSpearman", "confidenceSpearman"].map((key) => average(key, 2)),
    ...[share("inside", "known"), share("held", "stated")],
    ...[`${share("badMarked", "bad")} of ${total("bad")}`, share("goodMarked", "good")],
    `${total("domains") - total("stated")} of ${total("domains")}`,
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
for (const own of groupBy(all, ({ setting, method }) => `${setting}/${method}`).values())
  print(own[0].setting, own[0].method, own);
for (const own of groupBy(all, ({ setting }) => setting).values()) print(own[0].setting, "all", own);
print("all", "all", all);
