import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointError, DataError, ResourceError, UsageError } from "../../src/core/errors.js";
import { type MetricRecord, MetricsLog, readMetrics } from "../../src/runs/logs/metrics-log.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dimseg-metrics-"));
  path = join(folder, "metrics.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(records: MetricRecord[]): void {
  const log = new MetricsLog(path);
  for (const record of records) log.append(record);
  log.sync();
  log.close();
}

describe("lines", () => {
  it("are plain JSON", () => {
    write([{ step: 1, loss: 0.1, "dice/cup": Number.NaN, chosen: true, note: 'a "b"\n' }]);
    expect(readFileSync(path, "utf8")).toBe(
      '{"step":1,"loss":0.1,"dice/cup":"NaN","chosen":true,"note":"a \\"b\\"\\n"}\n',
    );
  });

  it("read back bit for bit, whatever the number", () => {
    const value = fc.oneof(fc.double(), fc.boolean(), fc.string(), fc.constantFrom(-0, 5e-324, 2 ** 53 + 2));
    const record = fc.dictionary(fc.string(), value, { noNullPrototype: true });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), (records) => {
        rmSync(path, { force: true });
        write(records);
        expect(readMetrics(path)).toEqual(records);
      }),
      { numRuns: 50 },
    );
  });

  it("cannot pass a text off as a number", () => {
    expect(() => write([{ note: "NaN" }])).toThrow(UsageError);
  });
});

describe("a torn last line", () => {
  it("is left out by the reader, at whatever byte it tore", () => {
    write([{ step: 1 }, { step: 2 }]);
    const whole = readFileSync(path);
    for (let length = whole.length - 1; length >= whole.length / 2; length--) {
      truncateSync(path, length);
      expect(readMetrics(path)).toEqual([{ step: 1 }]);
    }
  });

  it("is removed before more is appended", () => {
    write([{ step: 1 }]);
    appendFileSync(path, `{"step":2,"text":"${"x".repeat(200_000)}`);
    write([{ step: 3 }]);
    expect(readMetrics(path)).toEqual([{ step: 1 }, { step: 3 }]);
    writeFileSync(path, "x".repeat(200_000));
    write([{ step: 4 }]);
    expect(readMetrics(path)).toEqual([{ step: 4 }]);
  });
});

describe("resuming", () => {
  it("cuts back to the checkpoint, so that no step is there twice", () => {
    const log = new MetricsLog(path);
    log.append({ step: 1 });
    const offset = log.offset();
    log.append({ step: 2, loss: 1 });
    log.close();
    const resumed = new MetricsLog(path);
    resumed.truncateTo(offset);
    resumed.append({ step: 2, loss: 2 });
    resumed.close();
    expect(readMetrics(path)).toEqual([{ step: 1 }, { step: 2, loss: 2 }]);
  });

  it("refuses a log that is too short or was edited, and leaves it", () => {
    write([{ step: 1 }, { step: 2 }]);
    const log = new MetricsLog(path);
    expect(() => log.truncateTo(1000)).toThrow(CheckpointError);
    expect(() => log.truncateTo(1000)).toThrow(/metrics\.jsonl is 22 bytes long but had 1000/);
    expect(() => log.truncateTo(5)).toThrow(/no line ends at byte 5/);
    expect(readMetrics(path)).toHaveLength(2);
    log.truncateTo(0);
    log.close();
    expect(readMetrics(path)).toEqual([]);
  });
});

it("names file and line of what is no record", () => {
  for (const line of ["{", "[1]", "null", "3", ""]) {
    writeFileSync(path, `{"step":1}\n${line}\n{"step":2}\n`);
    expect(() => readMetrics(path)).toThrow(DataError);
    expect(() => readMetrics(path)).toThrow(/metrics\.jsonl line 2 is not a JSON object/);
  }
  expect(() => readMetrics(join(folder, "none"))).toThrow(DataError);
  expect(() => new MetricsLog(join(folder, "none", "x"))).toThrow(ResourceError);
});
