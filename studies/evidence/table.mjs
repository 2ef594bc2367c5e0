/**
 * A results file of collect.mjs as tables, one a setting: mean and standard deviation over seeds.
 *   node studies/evidence/table.mjs studies/evidence/confirm.csv
 */
import { readFileSync } from "node:fs";

const [file] = process.argv.slice(2);
if (!file) throw new Error("give a CSV file of collect.mjs");

const [header, ...lines] = readFileSync(file, "utf8").trim().split("\n");
const rows = lines.map((line) => {
  const cells = line.split(",");
  return Object.fromEntries(header.split(",").map((key, i) => [key, cells[i]]));
});

function spread(values) {
  if (values.some(Number.isNaN)) return "–";
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  const squares = values.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return values.length < 2
    ? mean.toFixed(1)
    : `${mean.toFixed(1)} ± ${Math.sqrt(squares / (values.length - 1)).toFixed(1)}`;
}

const settingOf = ({ dataset, labelled, count }) => `${dataset}, ${count} of ${labelled}`;
const by = (list, key) =>
  list.reduce((groups, one) => groups.set(key(one), [...(groups.get(key(one)) ?? []), one]), new Map());

for (const [setting, own] of by(rows, settingOf)) {
  const domains = [...new Set(own.map(({ domain }) => domain))].filter((name) => name !== "average");
  const heads = ["", "seeds", "average", ...domains, "labelled − others", "HD95"];
  console.log(`**${setting}**\n\n| ${heads.join(" | ")} |\n|${" --- |".repeat(heads.length)}`);
  for (const [definition, runs] of by(own, (row) => row.definition)) {
    const values = (domain, key) => runs.filter((row) => row.domain === domain).map((row) => Number(row[key]));
    const seeds = [...new Set(runs.map(({ seed }) => seed))];
    const gaps = seeds.map((seed) => {
      const dice = (domain) => Number(runs.find((row) => row.seed === seed && row.domain === domain)?.dice);
      const others = domains.filter((name) => name !== own[0].labelled);
      return dice(own[0].labelled) - others.reduce((sum, name) => sum + dice(name), 0) / others.length;
    });
    const cells = ["average", ...domains].map((name) => spread(values(name, "dice")));
    const all = [definition, String(seeds.length), ...cells, spread(gaps), spread(values("average", "hd95"))];
    console.log(`| ${all.join(" | ")} |`);
  }
  console.log("");
}
