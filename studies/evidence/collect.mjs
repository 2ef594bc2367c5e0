/**
 * Appends the results of sweeps to a CSV file, a line for each run and domain, those that it has already left out:
 *   node studies/evidence/collect.mjs studies/evidence/settings.csv runs/evidence-search-nuclei ...
 * So that results outlive the run folders, with the commit that trained them.
 */
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [file, ...sweeps] = process.argv.slice(2);
if (!file || sweeps.length === 0) throw new Error("give a CSV file and folders of dimseg sweep");
const header = "commit,dataset,labelled,count,definition,seed,domain,dice,hd95\n";
if (!existsSync(file)) writeFileSync(file, header);
const known = new Set(readFileSync(file, "utf8").split("\n").map(withoutCommit));

function withoutCommit(line) {
  return line.slice(line.indexOf(",") + 1);
}

/** Lines of one run; none where it was not judged yet. */
function linesOf(folder, name) {
  const summary = join(folder, name, "evaluation/last-student/summary.json");
  if (!existsSync(summary)) return [];
  const { labelled, seed, dataset, domains, average } = JSON.parse(readFileSync(summary, "utf8"));
  const { git } = JSON.parse(readFileSync(join(folder, name, "environment.json"), "utf8"));
  const definition = name.replace(/-(domain|count|seed)[=\d].*$/, "");
  const about = [dataset.name, labelled.domain, labelled.count, definition, seed];
  const commit = git?.commit.slice(0, 7) ?? "";
  return [...domains, { name: "average", average }].map(({ name: domain, average: { dice, hd95 } }) =>
    [commit, ...about, domain, (100 * dice.mean).toFixed(2), hd95.mean.toFixed(2)].join(","),
  );
}

for (const folder of sweeps) {
  const names = readdirSync(folder).sort();
  const fresh = names.flatMap((name) => linesOf(folder, name)).filter((line) => !known.has(withoutCommit(line)));
  if (fresh.length > 0) appendFileSync(file, `${fresh.join("\n")}\n`);
  console.log(`${folder}: ${fresh.length} lines added to ${file}`);
}
