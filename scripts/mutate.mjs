/**
 * Proves that the tests bite: changes operators, signs and constants one at a time, in a copy, and reports which
 * changes no test notices. Ends with the share of those noticed; exits 1 when a folder falls below its least share.
 *
 *   node scripts/mutate.mjs [--list] [--tests folder or file …] [folder or file …]
 *
 * Whole folders of the list below renew their part of docs/mutation.md, unless only some tests were asked.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { filesUnder, judge } from "./mutate/judge.mjs";
import { percent, reasonOf, renewed, share, staleReasons, survivorsOf } from "./mutate/report.mjs";
import { findMutants } from "./mutate/sites.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Folders with parts of their own in docs/mutation.md, and the percentage that must be noticed. A file belongs to the
 * first that holds it. */
const targets = [
  { folder: "src/optim/sharpness", least: 90 },
  { folder: "src/optim/rules", least: 90 },
  { folder: "src/optim/steps", least: 90 },
  { folder: "src/divergence", least: 90 },
  { folder: "src/losses", least: 90 },
  { folder: "src/optim", least: 0 },
  { folder: "src/methods", least: 0 },
  { folder: "src/evaluation", least: 0 },
  { folder: "src/statistics", least: 0 },
];

/** Tests that may notice something, in the repository; those of the engine, the pages and the command line do not. */
const allTests = [
  "tests/losses",
  "tests/divergence",
  "tests/evaluation",
  "tests/statistics",
  "tests/optim",
  "tests/methods",
  "tests/parity",
  "tests/inference",
  "tests/config/config.test.ts",
];

/** Seconds of tests for one mutant, beside those of its own folder. */
const budget = 20;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { list: { type: "boolean" }, tests: { type: "string", multiple: true } },
});
const chosen = (positionals.length > 0 ? positionals : targets.map(({ folder }) => folder)).map((path) =>
  normalize(path).replace(/\/$/, ""),
);
const missing = [...chosen, ...(values.tests ?? allTests)].find((path) => !existsSync(join(root, path)));
if (missing) {
  console.error(
    `mutate: there is no ${missing}; name another folder or file, or change the lists in scripts/mutate.mjs`,
  );
  process.exit(2);
}

// Interrupted, it still ends its test process and removes the copy.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));

if (values.list) {
  const sources = [...new Set(chosen.flatMap((path) => filesUnder(root, path, ".ts")))];
  const { mutants } = findMutants(
    root,
    sources.map((file) => join(root, file)),
    pathToFileURL(root).href,
  );
  for (const { file, line, change, code } of mutants) console.log(`${file}:${line}  ${change}  ${code}`);
  console.log(`${mutants.length} mutants`);
} else {
  await run();
}

async function run() {
  const judged = await judge({
    root,
    targets: chosen,
    tests: values.tests ?? allTests,
    budget,
    say: (line) => console.log(line),
  });
  const reasons = parse(readFileSync(join(root, "scripts", "mutate", "reasons.yaml"), "utf8")) ?? [];
  for (const mutant of survivorsOf(judged)) {
    const reason = reasonOf(mutant, reasons);
    console.log(`${mutant.file}:${mutant.line}  ${mutant.change}  ${mutant.code}${reason && `  (${reason})`}`);
  }
  for (const { file, code, change } of staleReasons(reasons, judged))
    console.log(`reasons.yaml: nothing lives any more at ${file}: ${code} ${change ?? ""}`);

  const folderOf = (file) => targets.find(({ folder }) => file.startsWith(`${folder}/`))?.folder;
  const whole = targets.filter(({ folder }) => chosen.some((path) => folder === path || folder.startsWith(`${path}/`)));
  const results = new Map();
  for (const { folder } of whole)
    results.set(
      folder,
      judged.filter(({ file }) => folderOf(file) === folder),
    );
  if (results.size > 0 && !values.tests) {
    const page = join(root, "docs", "mutation.md");
    const before = existsSync(page) ? readFileSync(page, "utf8") : "";
    const folders = targets.map(({ folder }) => folder);
    writeFileSync(page, renewed(before, results, folders, reasons));
  }
  const below = whole.filter(({ folder, least }) => percent(results.get(folder)) < least);
  for (const { folder } of whole) console.log(`${folder}: ${share(results.get(folder))}`);
  for (const { folder, least } of below) console.log(`${folder} is below ${least} %`);
  console.log(`${share(judged)} of ${judged.length} mutants killed`);
  process.exitCode = below.length > 0 ? 1 : 0;
}
