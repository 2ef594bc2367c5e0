/**
 * Estimates against what was measured: run `dimseg estimate RUN` on each run first, on a data set whose test images have masks.
 *
 *   node studies/quality/summarise.mjs RUN...
 *
 * Beside the estimates stand two plain rivals, calibrated on the same labelled images: the agreement of mirror images alone and
 * the confidence (soft Dice) alone.
 */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseCsv } from "../../dist/src/core/csv.js";
import { groupBy } from "../../dist/src/core/group-by.js";
import { mean } from "../../dist/src/statistics/mean.js";

const bad = 0.5;
const good = 0.7;

function rowsOf(run) {
  const [header, ...lines] = parseCsv(readFileSync(join(run, "quality", "last-student", "cases.csv"), "utf8"));
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

/** Errors of domain means in points, and the rank correlation over cases. @param of estimate of a row; an empty mask has 0 */
function against(rows, of) {
  const value = (row) => (row.ground === "empty" ? 0 : Number(of(row)));
  const known = rows.filter((row) => row.ground === "empty" || of(row) !== "");
  const errors = [...groupBy(known, ({ domain }) => domain).values()].map(
    (own) => 100 * Math.abs(mean(own.map(value)) - mean(own.map(({ measured }) => Number(measured)))),
  );
  const rho = spearman(
    known.map(value),
    known.map(({ measured }) => Number(measured)),
  );
  return { errors, rho };
}

const share = (rows, isOne) => (rows.length === 0 ? Number.NaN : (100 * rows.filter(isOne).length) / rows.length);
const text = (value, digits = 1) => (Number.isNaN(value) ? "–" : value.toFixed(digits));

const columns = [
  "run",
  "error of domain means: mean",
  "worst",
  "mirror alone",
  "confidence alone",
  "Spearman",
  "mirror alone",
];
const more = ["confidence alone", "inside 90 %", "bad ones marked", "good ones marked in vain"];
console.log(`| ${[...columns, ...more].join(" | ")} |\n|${" --- |".repeat(columns.length + more.length)}`);
for (const run of process.argv.slice(2)) {
  const rows = rowsOf(run);
  const [own, mirror, confidence] = ["dice", "mirrorAgreement", "softDice"].map((name) =>
    against(rows, (row) => row[name]),
  );
  const known = rows.filter(({ ground }) => ground !== "unknown");
  const inside = share(
    known,
    (row) => Number(row.measured) >= Number(row.low) && Number(row.measured) <= Number(row.high),
  );
  const marked = (chosen) =>
    share(
      rows.filter(({ measured }) => chosen(Number(measured))),
      (row) => row.doubtful === "yes",
    );
  const cells = [
    ...[mean(own.errors), Math.max(...own.errors), mean(mirror.errors), mean(confidence.errors)].map((one) =>
      text(one),
    ),
    ...[own.rho, mirror.rho, confidence.rho].map((one) => text(one, 2)),
    ...[inside, marked((dice) => dice < bad), marked((dice) => dice >= good)].map((one) => text(one, 0)),
  ];
  console.log(`| ${[basename(run), ...cells].join(" | ")} |`);
}
