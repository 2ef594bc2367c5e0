/** A copy of the project in a temporary folder, and the test processes that work in it. */
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const toolRoot = fileURLToPath(new URL("../..", import.meta.url));
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Folders of the root that tests need but never change are linked; what no test reads is left out. */
const linked = new Set(["node_modules", "build", "dist"]);
const leftOut = new Set([".git", ".cache", "runs", "coverage"]);

/** Tasks after which a process is replaced, so that what mutants leave behind in it stays small. */
const tasksPerProcess = 150;

/** What starting a process may take on a busy machine. */
const secondsToStart = 300;

/**
 * Copies the project.
 * @param {string} root the project's folder
 * @param {(copy: string) => Map<string, string>} rewrite called with the copy's folder; gives new texts by path
 * @returns the copy's folder; the caller removes it
 */
export function copyProject(root, rewrite) {
  const copy = mkdtempSync(join(tmpdir(), "dimseg-mutants-"));
  const filter = (path) => !(linked.has(relative(root, path)) || leftOut.has(relative(root, path)));
  cpSync(root, copy, { recursive: true, filter });
  for (const name of linked) {
    const target = join(name === "node_modules" ? toolRoot : root, name);
    if (existsSync(target)) symlinkSync(target, join(copy, name));
  }
  for (const [path, text] of rewrite(copy)) writeFileSync(path, text);
  writeFileSync(join(copy, "mutants.test.ts"), 'import { it } from "vitest";\nit("runs", () => {});\n');
  const test = {
    include: ["mutants.test.ts"],
    runner: here("runner.mjs"),
    pool: "forks",
    maxWorkers: 1,
    env: { OMP_NUM_THREADS: "1" },
    // Whoever waits for a result knows how long it may take.
    testTimeout: 1e9,
    hookTimeout: 1e9,
    reporters: [["default", { summary: false }]],
  };
  writeFileSync(join(copy, "vitest.mutants.config.mjs"), `export default ${JSON.stringify({ test }, null, 2)};\n`);
  return copy;
}

export const switchUrl = pathToFileURL(here("switch.mjs")).href;

/**
 * @typedef {{ runs: { file: string, tests: string[] | null, seconds: number }[], alive: number, record?: boolean }} Task
 * Some tests with one mutant alive; `seconds`: how long those of a file may take.
 * @typedef {{ failed?: object | null, timedOut?: true, crashed?: true }} Result
 */

/**
 * Performs tasks in order, in one process after another.
 * @param {string} copy folder of {@link copyProject}
 * @param {Task[]} tasks
 * @param {(task: Task, result: Result) => void} done called once for each task
 */
export async function perform(copy, tasks, done) {
  let next = 0;
  while (next < tasks.length) {
    const batch = tasks.slice(next, next + tasksPerProcess);
    next += await performBatch(copy, batch, done);
  }
}

/** Starts one process and returns for how many of its tasks a result was given. */
async function performBatch(copy, tasks, done) {
  const folder = mkdtempSync(join(copy, "batch-"));
  const [list, log] = ["tasks.json", "log.jsonl"].map((name) => join(folder, name));
  writeFileSync(list, JSON.stringify(tasks.map((task, number) => ({ number, ...task }))));
  writeFileSync(log, "");
  const vitest = join(copy, "node_modules", "vitest", "vitest.mjs");
  const child = spawn(process.execPath, [vitest, "run", "--config", "vitest.mutants.config.mjs"], {
    cwd: copy,
    env: { ...process.env, MUTATION_TASKS: list, MUTATION_LOG: log },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text = (text + data).slice(-20000)));
  const closed = new Promise((resolve) => child.on("close", resolve));
  const stop = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  // Before the copy is removed, see judge.mjs.
  process.prependOnceListener("exit", stop);

  let finished = 0;
  let current = -1;
  let allowed = 0;
  let since = Date.now();
  let ended = false;
  let read = 0;
  closed.then(() => (ended = true));
  try {
    for (;;) {
      const over = ended;
      const lines = readFileSync(log, "utf8").split("\n").slice(0, -1);
      for (const line of lines.slice(read)) {
        const { task, run, result } = JSON.parse(line);
        since = Date.now();
        if (!result) {
          current = task;
          allowed = tasks[task].runs[run].seconds;
          continue;
        }
        current = -1;
        // Soiled by an earlier mutant: judge this one again, in a process of its own. Its own doing if it was the first.
        if (result.soiled && task > 0) return finished;
        done(tasks[task], result);
        finished = task + 1;
      }
      read = lines.length;
      if (over) {
        if (current < 0 && finished === 0) throw new Error(`the test process failed:\n${text}`);
        if (current >= 0) done(tasks[current], { crashed: true });
        return current >= 0 ? current + 1 : finished;
      }
      if (Date.now() - since > (current < 0 ? secondsToStart : allowed) * 1000) {
        if (current < 0) throw new Error(`the test process did not start:\n${text}`);
        done(tasks[current], { timedOut: true });
        return current + 1;
      }
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 50))]);
    }
  } finally {
    stop();
    process.off("exit", stop);
    await closed;
    rmSync(folder, { recursive: true, force: true });
  }
}
