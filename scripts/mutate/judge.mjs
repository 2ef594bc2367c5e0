/** Makes mutants and finds out which of them some test notices. */
import { readdirSync, rmSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { findMutants } from "./sites.mjs";
import { copyProject, perform, switchUrl } from "./workshop.mjs";

/**
 * @typedef {import("./sites.mjs").Mutant & { verdict: "killed" | "timed out" | "crashed" | "lives" | "not reached", by?: string }} Judged
 * `by`: the test that noticed it.
 */

/** Files under a path (itself, if it is one) that end so, relative to root. */
export function filesUnder(root, path, ending) {
  if (!statSync(join(root, path)).isDirectory()) return path.endsWith(ending) ? [path] : [];
  const entries = readdirSync(join(root, path)).sort();
  return entries.flatMap((entry) => filesUnder(root, join(path, entry), ending));
}

/**
 * Judges every mutant of the targets.
 * @param {object} choices
 * @param {string} choices.root the project's folder, which is only read
 * @param {string[]} choices.targets files or folders of TypeScript sources, relative to root
 * @param {string[]} choices.tests files or folders of vitest tests, relative to root
 * @param {number} choices.budget seconds of tests that one mutant may take, as long as the unchanged code takes; tests
 *   of the folder of the same name always run, others from the cheapest on
 * @param {number} [choices.hangs] seconds beyond ten times the usual after which the tests of a file count as hanging
 * @param {(line: string) => void} choices.say
 * @returns {Promise<Judged[]>} in the order of the sources
 */
export async function judge({ root, targets, tests, budget, hangs = 10, say }) {
  const sources = [...new Set(targets.flatMap((path) => filesUnder(root, path, ".ts")))];
  const testFiles = tests.flatMap((path) => filesUnder(root, path, ".test.ts"));
  let found;
  const copy = copyProject(root, (folder) => {
    found = findMutants(
      folder,
      sources.map((file) => join(folder, file)),
      switchUrl,
    );
    return found.texts;
  });
  const remove = () => rmSync(copy, { recursive: true, force: true, maxRetries: 5 });
  process.once("exit", remove);
  try {
    const { mutants, firsts } = found;
    say(`${mutants.length} mutants in ${found.texts.size} files; ${testFiles.length} test files`);
    const surveys = await survey(copy, testFiles, say);
    const tasks = mutants
      .map((mutant, i) => ({ alive: i, ...plan(mutant.file, firsts[i], surveys, { budget, hangs }) }))
      .filter(({ runs }) => runs.length > 0);
    const judged = mutants.map((mutant) => ({ ...mutant, verdict: "not reached" }));
    let count = 0;
    await perform(copy, tasks, (task, result) => {
      const mutant = Object.assign(judged[task.alive], verdictOf(result));
      count++;
      if (mutant.verdict === "lives") say(`lives: ${mutant.file}:${mutant.line}  ${mutant.change}  ${mutant.code}`);
      if (count % 100 === 0 || count === tasks.length) say(`${count} of ${tasks.length} judged`);
    });
    return judged;
  } finally {
    remove();
    process.off("exit", remove);
  }
}

function verdictOf({ failed, timedOut, crashed }) {
  if (timedOut) return { verdict: "timed out" };
  if (crashed) return { verdict: "crashed" };
  return failed ? { verdict: "killed", by: failed.name } : { verdict: "lives" };
}

/** Runs every test file without a mutant: what each of its tests reaches and how long it takes. */
async function survey(copy, testFiles, say) {
  const tasks = testFiles.map((file) => ({
    alive: -1,
    record: true,
    runs: [{ file: join(copy, file), tests: null, seconds: 900 }],
  }));
  const surveys = [];
  await perform(copy, tasks, (task, { failed, ms, shared, tests, timedOut, crashed }) => {
    const file = task.runs[0].file;
    const name = file.slice(copy.length + 1);
    if (!failed && tests) surveys.push({ file, name, ms, shared: new Set(shared), tests: tests.map(withSet) });
    else
      say(
        `${name} is left out: it ${failed ? "fails" : timedOut ? "hangs" : crashed ? "crashes" : "does not run"} without a mutant${failed ? ` (${failed.name}: ${failed.message})` : ""}`,
      );
  });
  return surveys;
}

const withSet = (test) => ({ ...test, reached: new Set(test.reached) });

/** The tests that reach a site, the likeliest and cheapest files first. */
function plan(source, first, surveys, { budget, hangs }) {
  const own = source.split(sep)[1];
  const candidates = [];
  for (const { file, name, ms, shared, tests } of surveys) {
    const reaching = shared.has(first) ? tests : tests.filter(({ reached }) => reached.has(first));
    if (reaching.length === 0) continue;
    const time = (all) => all.reduce((sum, test) => sum + test.ms, 0);
    // What is not spent in tests is spent in loading the file.
    const cost = (ms - time(tests) + time(reaching)) / 1000;
    const ids = shared.has(first) ? null : reaching.map(({ id }) => id);
    candidates.push({ file, tests: ids, cost, isOwn: name.split(sep)[1] === own });
  }
  candidates.sort((a, b) => Number(b.isOwn) - Number(a.isOwn) || a.cost - b.cost);
  let expected = 0;
  const runs = candidates.filter(({ cost, isOwn }) => {
    if (!isOwn && expected + cost > budget) return false;
    expected += cost;
    return true;
  });
  return { runs: runs.map(({ file, tests, cost }) => ({ file, tests, seconds: hangs + 10 * cost })) };
}
