import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CheckpointError, UsageError } from "../../src/core/errors.js";
import { EventLog } from "../../src/runs/logs/tensorboard.js";
import { crc32c, frameRecord, lastRecord } from "../../src/runs/logs/tfrecord.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dimseg-events-"));
  path = join(folder, "events.out.tfevents.test");
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

/** A red 3 x 2 PNG. */
const png = Buffer.from(
  "89504e470d0a1a0a0000000d49484452000000030000000208020000001216f14d0000000970485973000003e8000003e801b57b526b000000104944415408d763f8cfc000410c70160041d205fb4c99d7d20000000049454e44ae426082",
  "hex",
);

/**
 * Written by tensorboard 2.21's own RecordWriter and protobuf classes: the file version at 1700000000.5 s, then
 * "loss/größe" 0.1 at step 300, "x" NaN at step 2^40 and the PNG as "overlay" at step 7.
 */
const reference =
  "1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b3531102300000000000000b09f77430900005040fc54d94110ac022a150a130a0c6c6f73732f6772c3b6c39f6515cdcccc3d2f4144af1c00000000000000c8c1951d0900008040fc54d941108080808080202a0a0a080a0178150000c07f77d503dd80000000000000002a5b60ec090000c040fc54d94110072a730a710a076f7665726c61792266080210031803225e89504e470d0a1a0a0000000d49484452000000030000000208020000001216f14d0000000970485973000003e8000003e801b57b526b000000104944415408d763f8cfc000410c70160041d205fb4c99d7d20000000049454e44ae426082b9098239";

function openAt(seconds: number): EventLog {
  vi.useFakeTimers({ now: seconds * 1000, toFake: ["Date"] });
  return new EventLog(path);
}

describe("event files", () => {
  it("are byte for byte what TensorBoard's own writer makes", () => {
    const log = openAt(1700000000.5);
    log.scalar(300, "loss/größe", 0.1, 1700000001.25);
    log.scalar(2 ** 40, "x", Number.NaN, 1700000002);
    log.image(7, "overlay", png, 1700000003);
    expect(log.offset()).toBe(reference.length / 2);
    log.close();
    expect(readFileSync(path).toString("hex")).toBe(reference);
  });

  it("take the present time unless told otherwise", () => {
    const log = openAt(12.5);
    const begin = log.offset();
    log.scalar(1, "x", 1);
    log.close();
    // After the record's 12 bytes and the field's key.
    expect(readFileSync(path).readDoubleLE(begin + 13)).toBe(12.5);
  });

  it("refuse an image that is no PNG", () => {
    const log = new EventLog(path);
    const offset = log.offset();
    for (const bytes of [new Uint8Array(0), Buffer.from("GIF89a".padEnd(64)), png.subarray(0, 20)]) {
      expect(() => log.image(1, "x", bytes)).toThrow(UsageError);
    }
    expect(log.offset()).toBe(offset);
    log.close();
  });
});

describe("resuming", () => {
  const write = (steps: number[]) => {
    const log = openAt(1);
    const offsets = steps.map((step) => {
      log.scalar(step, "x", step, 2);
      return log.offset();
    });
    log.close();
    return offsets;
  };

  it("gives the same file as a run that was never stopped", () => {
    write([1, 2, 3]);
    const uninterrupted = readFileSync(path);
    rmSync(path);
    const [first] = write([1, 20, 30]);
    const log = new EventLog(path);
    log.truncateTo(first);
    for (const step of [2, 3]) log.scalar(step, "x", step, 2);
    log.close();
    expect(readFileSync(path)).toEqual(uninterrupted);
  });

  it("starts over at 0", () => {
    const log = openAt(1);
    const begin = readFileSync(path);
    log.scalar(1, "x", 1);
    log.truncateTo(0);
    log.close();
    expect(readFileSync(path)).toEqual(begin);
  });

  it("removes an event torn at any byte", () => {
    const [first, second] = write([1, 2]);
    for (let length = second - 1; length >= first; length--) {
      truncateSync(path, length);
      const log = new EventLog(path);
      expect(log.offset()).toBe(first);
      log.scalar(2, "x", 2, 2);
      log.close();
    }
  });

  it("refuses a file that is too short or was changed", () => {
    const [first] = write([1, 2]);
    const log = new EventLog(path);
    expect(() => log.truncateTo(10_000)).toThrow(CheckpointError);
    expect(() => log.truncateTo(10_000)).toThrow(/bytes long but had 10000 when the checkpoint was made/);
    expect(() => log.truncateTo(first - 1)).toThrow(/no event ends at byte/);
    log.truncateTo(first);
    log.close();
  });

  it("cuts damage off behind the checkpoint and refuses it before", () => {
    const [first, second] = write([1, 2]);
    const bytes = readFileSync(path);
    bytes[first] ^= 1;
    writeFileSync(path, bytes);
    const log = new EventLog(path);
    expect(log.offset()).toBe(second);
    expect(() => log.truncateTo(second)).toThrow(CheckpointError);
    log.truncateTo(first);
    log.scalar(2, "x", 2, 2);
    expect(log.offset()).toBe(second);
    log.close();
  });
});

describe("records", () => {
  it("use CRC-32C with the check values of RFC 3720", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(new Uint8Array(0))).toBe(0);
  });

  it("end where their lengths say, and a broken length ends the file", () => {
    const bytes = Buffer.concat([frameRecord(new Uint8Array(3)), frameRecord(new Uint8Array(0))]);
    const last = (limit: number) => lastRecord((from, to) => bytes.subarray(from, to), limit);
    expect([35, 34, 19, 18, 0].map((limit) => last(limit).end)).toEqual([35, 19, 19, 0, 0]);
    expect(last(34).damaged).toBe(false);
    bytes[19] ^= 1;
    expect(last(35)).toEqual({ end: 19, damaged: true });
  });
});
