/**
 * Everything that must hold before a change goes in: lint, types, layers, generated code, tests. Each check
 * prints one line, and its output only when it fails. The last line counts: "N passed, N failed".
 *
 *   node scripts/test.mjs [--only-checks] [vitest arguments]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readJson } from "./setup/files.mjs";
import { pinnedVersion } from "./setup/wheel.mjs";
import { countTests, summaryLine } from "./test/count.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The path of a command line tool of a development package. */
function tool(...path) {
  return join(root, "node_modules", ...path);
}

/** Generated code comes from the pinned libtorch; another one has other operators. */
function otherLibtorch() {
  const version = readJson(join(root, "build", "libtorch.json"))?.version;
  return version === undefined || version === pinnedVersion
    ? undefined
    : `libtorch is ${version}, not ${pinnedVersion}`;
}

const checks = [
  { name: "lint", command: [tool("@biomejs", "biome", "bin", "biome"), "check", "--error-on-warnings", "."] },
  {
    name: "types",
    command: [tool("typescript", "bin", "tsc"), "-p", "tsconfig.json", "--noEmit", "--pretty", "false"],
  },
  {
    name: "page types",
    command: [
      tool("typescript", "bin", "tsc"),
      "-p",
      join("src", "studio", "page", "tsconfig.json"),
      "--pretty",
      "false",
    ],
  },
  {
    name: "layers",
    command: [tool("dependency-cruiser", "bin", "dependency-cruise.mjs"), "src", "--config", ".dependency-cruiser.cjs"],
  },
  { name: "api docs", command: [tool("typedoc", "bin", "typedoc"), "--emit", "none"] },
  { name: "package", command: [tool("publint", "src", "cli.js"), ".", "--strict", "--pack", "npm"] },
  { name: "codegen", command: [join(root, "scripts", "codegen.mjs"), "--check"], skip: otherLibtorch },
];

/** Runs one check and prints its line; returns "ok", "failed" or "skipped". */
function runCheck({ name, command, skip }) {
  const label = name.padEnd(11);
  const reason = skip?.();
  if (reason !== undefined) {
    console.log(`${label} skipped (${reason})`);
    return "skipped";
  }
  const started = Date.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const result = status === 0 ? "ok" : "failed";
  console.log(`${label} ${result} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (result === "failed") console.log(`${stdout}${stderr}`);
  return result;
}

/** Runs vitest with its usual output and reads its counts from a report beside it. */
function runTests(args) {
  const folder = mkdtempSync(join(tmpdir(), "dimseg-tests-"));
  const file = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const command = [tool("vitest", "vitest.mjs"), "run", ...reporters, ...args];
    const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: "inherit" });
    return countTests(readJson(file), status);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const onlyChecks = process.argv.includes("--only-checks");
const args = process.argv.slice(2).filter((argument) => argument !== "--only-checks");
const results = checks.map(runCheck);
const count = (result) => results.filter((each) => each === result).length;
const tests = onlyChecks ? { passed: count("ok"), failed: 0, skipped: count("skipped") } : runTests(args);
const total = { ...tests, failed: tests.failed + count("failed") };
console.log(`\n${summaryLine(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;
