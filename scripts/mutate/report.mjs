/** docs/mutation.md: per folder how many mutants were noticed, and every one that was not, with the reason. */
import { basename } from "node:path";

const killed = (judged) => judged.filter(({ verdict }) => verdict !== "lives" && verdict !== "not reached");

/** "93.2 %", never rounded up. */
export function share(judged) {
  return judged.length === 0 ? "nothing to change" : `${percent(judged).toFixed(1)} %`;
}

export function percent(judged) {
  return judged.length === 0 ? 100 : Math.floor((1000 * killed(judged).length) / judged.length) / 10;
}

/**
 * @typedef {{ file: string, code: string, change?: string | string[], reason: string }} Reason
 * Why a mutant may live: `file` without folders, so that folders may be renamed; without `change` for every change of
 * that line.
 */

const fits = (reason, { file, code, change }) =>
  reason.file === basename(file) &&
  reason.code === code &&
  (reason.change === undefined || [reason.change].flat().includes(change));

/** The reasons of judged files that no longer fit a survivor: the test has come, or the code has changed. */
export function staleReasons(reasons, judged) {
  const files = new Set(judged.map(({ file }) => basename(file)));
  const alive = survivorsOf(judged);
  return reasons.filter((reason) => files.has(reason.file) && !alive.some((mutant) => fits(reason, mutant)));
}

export function survivorsOf(judged) {
  return judged.filter(({ verdict }) => verdict === "lives" || verdict === "not reached");
}

export function reasonOf(mutant, reasons) {
  const written = reasons.find((reason) => fits(reason, mutant))?.reason;
  return written ?? (mutant.verdict === "not reached" ? "no test runs this code" : "");
}

const cell = (text) => text.replaceAll("|", "\\|");
const code = (text) => `\`${cell(text).replaceAll("`", "´")}\``;

/** The part of the page about one folder. */
function section(folder, judged, reasons) {
  const survivors = survivorsOf(judged);
  const dead = killed(judged);
  const silent = dead.filter(({ verdict }) => verdict !== "killed").length;
  const rows = survivors.map((mutant) => {
    const place = `${mutant.file.slice(folder.length + 1)}:${mutant.line}`;
    return `| ${place} | ${code(mutant.code)} | ${cell(mutant.change)} | ${cell(reasonOf(mutant, reasons))} |`;
  });
  const table = ["| place | code | change | why it lives |", "| --- | --- | --- | --- |", ...rows];
  return [
    `## ${folder}`,
    "",
    `${judged.length} mutants, ${dead.length} killed, ${silent} of them by a time-out or crash: ${share(judged)}.`,
    ...(rows.length > 0 ? ["", ...table] : []),
  ].join("\n");
}

const opening = `# Mutation testing

Do the tests bite? \`npm run mutate\` makes one small mistake at a time in a copy of the code (an operator, a sign, a constant, a
branch, a method like \`add\` for \`sub\`) and looks whether a test that runs this place fails. A mistake that no test
notices is listed here with the reason why it may live, from \`scripts/mutate/reasons.yaml\`. The page is written by
the tool; a run over one folder, \`npm run mutate -- src/losses\`, renews that folder's part.`;

/**
 * The page with some folders' parts renewed.
 * @param {string} page what is there now, or ""
 * @param {Map<string, object[]>} results judged mutants by folder
 * @param {string[]} folders all folders that have a part, in order; parts of others are dropped
 */
export function renewed(page, results, folders, reasons) {
  const parts = new Map(
    page
      .split(/^(?=## )/m)
      .slice(1)
      .map((text) => [/^## (.*)$/m.exec(text)[1], text.trim()]),
  );
  for (const [folder, judged] of results) parts.set(folder, section(folder, judged, reasons));
  const present = folders.filter((folder) => parts.has(folder));
  const rows = present.map((folder) => {
    const [, all, dead, of] = /^(\d+) mutants, (\d+) killed, .*: (.*)\.$/m.exec(parts.get(folder));
    return `| [${folder}](#${folder.replaceAll("/", "")}) | ${all} | ${dead} | ${all - dead} | ${of} |`;
  });
  const table = ["| folder | mutants | killed | live | share |", "| --- | ---: | ---: | ---: | ---: |", ...rows];
  return `${[opening, table.join("\n"), ...present.map((folder) => parts.get(folder))].join("\n\n")}\n`;
}
