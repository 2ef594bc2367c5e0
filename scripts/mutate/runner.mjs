/**
 * The inside of a test process: a vitest runner that, instead of one file, works through a list of tasks, each some
 * tests with one mutant alive. A process that starts once for hundreds of mutants is what makes them cheap.
 *
 * It reads tasks from MUTATION_TASKS (JSON) and appends to MUTATION_LOG a line {"task", "run"} before each file that a
 * task runs and {"task", "result"} at its end, so that whoever started it can tell where it hangs or crashed.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { startTests } from "@vitest/runner";
import { TestRunner, vi } from "vitest";
import "./switch.mjs";

const state = globalThis.__mutation;
const noSnapshots = { clear() {}, clearTest() {}, getSnapshotState() {} };

/** Runs the wanted tests of a file up to the first failure and tells nobody but its fields. */
class Quiet extends TestRunner {
  failed = null;
  snapshotClient = noSnapshots;
  /** What was reached outside any test (imports, hooks of suites), and by each test. */
  shared = new Set();
  tests = [];
  /** Ids of the tests to run; null: all. */
  wanted = null;
  record = false;

  onBeforeRunSuite(suite) {
    if (this.failed || !this.wants(suite)) suite.mode = "skip";
    this.workerState.current = suite;
  }

  onAfterRunSuite(suite) {
    this.workerState.current = suite.suite ?? suite.file;
    if (suite.result?.errors?.length) this.failed ??= describe(suite);
  }

  wants(task) {
    if (this.wanted === null) return true;
    return task.tasks ? task.tasks.some((one) => this.wants(one)) : this.wanted.has(task.id);
  }

  async onBeforeRunTask(test) {
    if (this.failed || !this.wants(test)) test.mode = "skip";
    this.startedAt = performance.now();
    if (this.record) state.reached = new Set();
    await super.onBeforeRunTask(test);
  }

  onAfterRunTask(test) {
    super.onAfterRunTask(test);
    if (test.result?.state === "fail") this.failed ??= describe(test);
    if (!this.record) return;
    this.tests.push({ id: test.id, ms: performance.now() - this.startedAt, reached: [...state.reached] });
    state.reached = this.shared;
  }

  onAfterRunFiles() {
    this.workerState.current = undefined;
  }
}

function describe(task) {
  const names = [];
  for (let one = task; one; one = one.suite) names.unshift(one.name);
  const message = String(task.result?.errors?.[0]?.message).slice(0, 300);
  return { test: task.type === "test" ? task.id : null, name: names.join(" > "), message };
}

export default class MutationRunner extends TestRunner {
  async onAfterRunFiles(files) {
    super.onAfterRunFiles(files);
    const log = (line) => appendFileSync(process.env.MUTATION_LOG, `${JSON.stringify(line)}\n`);
    for (const task of JSON.parse(readFileSync(process.env.MUTATION_TASKS, "utf8"))) {
      const result = await this.perform(task, (run) => log({ task: task.number, run }));
      log({ task: task.number, result });
      if (result.soiled) return;
    }
  }

  async perform({ alive, runs, record }, begin) {
    for (const [i, { file, tests }] of runs.entries()) {
      begin(i);
      const started = performance.now();
      const run = await this.runFile({ file, tests, alive, record });
      const ms = performance.now() - started;
      if (record) return { failed: run.failed, ms, shared: [...run.shared], tests: run.tests };
      if (!run.failed) continue;
      // A kill counts only where the same test passes without the mutant: an earlier one may have soiled the process.
      const { test } = run.failed;
      const control = await this.runFile({ file, tests: test ? [test] : tests, alive: -1, record: false });
      return { failed: run.failed, soiled: control.failed !== null };
    }
    return { failed: null };
  }

  async runFile({ file, tests, alive, record }) {
    const runner = new Quiet(this.config);
    runner.moduleRunner = this.moduleRunner;
    runner.__setTraces(this._otel);
    runner.wanted = tests ? new Set(tests) : null;
    runner.record = record;
    this.workerState.filepath = file;
    vi.resetModules();
    state.alive = alive;
    state.reached = record ? runner.shared : null;
    try {
      const [result] = await startTests([file], runner);
      if (!runner.failed && result.result?.state === "fail") runner.failed = describe(result);
    } finally {
      state.alive = -1;
      state.reached = null;
      vi.restoreAllMocks();
    }
    return runner;
  }
}
