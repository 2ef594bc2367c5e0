/** What a sweep learns from the files of its children. */
import { appendFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Children, lastErrorLine } from "../../src/sweep/child.js";
import { MetricsTail } from "../../src/sweep/metrics-tail.js";
import { put, temporaryFolder } from "../data/files.js";

const folder = temporaryFolder();

it("shows the line about the error, not what was printed after it", () => {
  expect(lastErrorLine("step 1\nerror: no data; add some\nskipped\n")).toBe("error: no data; add some");
  expect(lastErrorLine("training 1/2\rtraining 2/2\r\nSegmentation fault\n\n")).toBe("Segmentation fault");
  expect(lastErrorLine("")).toBe("it printed nothing");
});

it("follows a log line by line, also when it is cut back", () => {
  const path = join(folder, "metrics.jsonl");
  const tail = new MetricsTail(path);
  expect(tail.read()).toEqual({ step: 0, dice: null });
  put(path, '{"iteration":0,"task":1}\n{"iteration":1,"ta');
  expect(tail.read()).toEqual({ step: 1, dice: null });
  appendFileSync(path, 'sk":1}\n{"iteration":2,"validation.student.dice":0.5}\n');
  expect(tail.read()).toEqual({ step: 2, dice: 0.5 });
  truncateSync(path, 25);
  appendFileSync(path, '{"iteration":1,"task":2}\n');
  expect(tail.read()).toEqual({ step: 2, dice: 0.5 });
  // A validation without cases.
  appendFileSync(path, '{"iteration":2}\n');
  expect(tail.read()).toEqual({ step: 2, dice: 0.5 });
});

it("passes over steps that are made again", () => {
  const path = put(join(folder, "resumed.jsonl"), '{"iteration":0,"task":1}\n{"iteration":1,"task":1}\n');
  const tail = new MetricsTail(path);
  tail.skip();
  expect(tail.read()).toEqual({ step: 0, dice: null });
  truncateSync(path, 25);
  expect(tail.read()).toEqual({ step: 1, dice: null });
  appendFileSync(path, '{"iteration":1,"task":2}\n');
  expect(tail.read()).toEqual({ step: 2, dice: null });
});

it("tells how a child ended, from its own output alone", async () => {
  const log = put(join(folder, "child.log"), "error: of yesterday\n");
  const children = new Children([process.execPath, "-e"]);
  expect(await children.run(["console.log('fine')"], log)).toEqual({ code: 0, error: "" });
  const failing = "console.error('error: of today'); process.exitCode = 3";
  expect(await children.run([failing], log)).toEqual({ code: 3, error: "error: of today" });
  expect(await children.run(["process.exitCode = 4"], log)).toEqual({ code: 4, error: "it printed nothing" });
  expect(await children.run(["process.kill(process.pid, 'SIGKILL')"], log)).toEqual({
    code: null,
    error: "was killed by the system, probably for want of memory",
  });
  const missing = await new Children([join(folder, "nowhere")]).run([], log);
  expect(missing).toMatchObject({ code: null, error: expect.stringContaining("cannot be started") });
});
