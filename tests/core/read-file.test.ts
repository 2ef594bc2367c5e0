import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { CheckpointError, DataError } from "../../src/core/errors.js";
import { readBytes } from "../../src/core/files/read-file.js";

const folder = mkdtempSync(join(tmpdir(), "dimseg-read-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("gives the file's bytes in memory of their own", () => {
  const path = join(folder, "a");
  writeFileSync(path, Buffer.from([1, 2, 3, 4]));
  const bytes = readBytes(path);
  expect(bytes).toEqual(Uint8Array.of(1, 2, 3, 4));
  expect(new Int32Array(bytes.buffer)).toEqual(Int32Array.of(0x04030201));
});

it("names the file and the reason with the error class asked for", () => {
  expect(() => readBytes(join(folder, "none"))).toThrow(DataError);
  expect(() => readBytes(join(folder, "none"))).toThrow(/^cannot read .*none: it does not exist; check the path$/);
  expect(() => readBytes(folder, CheckpointError)).toThrow(CheckpointError);
  expect(() => readBytes(folder, CheckpointError)).toThrow(/it is a folder; give a file/);
});
