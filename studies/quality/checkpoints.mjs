/**
 * Which checkpoint `--checkpoint auto` takes, against the last one, the best on the validation images, and the best among which
 * it could choose (by the test labels, for this comparison alone). For each run first
 *
 *   dimseg evaluate RUN --checkpoint auto --network student     # also last, best, and step-N for N of logging.spacedCheckpoints
 *
 * and then `node studies/quality/checkpoints.mjs RUN...`. Numbers are mean Dice over all domains in %.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { mean } from "../../dist/src/statistics/mean.js";

function judged(run, name) {
  const { average, checkpoint } = JSON.parse(readFileSync(join(run, "evaluation", name, "summary.json"), "utf8"));
  return { dice: 100 * average.dice.mean, step: checkpoint.step };
}

const rows = process.argv.slice(2).map((run) => {
  const [last, best, auto] = ["last", "best", "auto"].map((name) => judged(run, `${name}-student`));
  const candidates = JSON.parse(readFileSync(join(run, "quality", "auto.json"), "utf8")).candidates.map(
    ({ step }) => step,
  );
  const all = readdirSync(join(run, "evaluation"))
    .filter((name) => name.endsWith("-student"))
    .map((name) => judged(run, name))
    .filter(({ step }) => candidates.includes(step));
  const top = all.reduce((most, one) => (one.dice > most.dice ? one : most));
  return { run: basename(run), last, best, auto, top };
});
const text = ({ dice, step }) => `${dice.toFixed(1)} (${step})`;
console.log(
  "| run | last (step) | best on validation | auto | best of the candidates |\n| --- | --- | --- | --- | --- |",
);
for (const { run, last, best, auto, top } of rows)
  console.log(`| ${run} | ${[last, best, auto, top].map(text).join(" | ")} |`);
const differences = (one, other) => rows.map((row) => row[one].dice - row[other].dice);
for (const [one, other] of [
  ["auto", "last"],
  ["auto", "top"],
  ["best", "last"],
  ["last", "top"],
]) {
  const all = differences(one, other);
  console.log(
    `${one} − ${other}: mean ${mean(all).toFixed(2)}, from ${Math.min(...all).toFixed(1)} to ${Math.max(...all).toFixed(1)}`,
  );
}
