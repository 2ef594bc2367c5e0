/** Files written in parts: the same bytes whatever the parts are, in few calls of the system. */
import fs, { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { writeFileAtomic } from "../../src/core/files/atomic-file.js";
import { temporaryFolder } from "../data/files.js";

const path = join(temporaryFolder(), "parts");

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

describe("writeFileAtomic", () => {
  it("writes parts of any sizes one after the other", () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 65_500, max: 65_570 }));
    fc.assert(
      fc.property(fc.array(size, { maxLength: 12 }), (sizes) => {
        const parts = sizes.map((length, i) => new Uint8Array(length).map((_, at) => 31 * i + at));
        writeFileAtomic(path, parts);
        expect(readFileSync(path).equals(Buffer.concat(parts))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it("takes a part as it is when it is given, though its memory serves for the next one", () => {
    function* numbers(): Generator<Uint8Array> {
      const same = new Uint8Array(1);
      for (let i = 0; i < 200; i++) {
        same[0] = i;
        yield same;
      }
    }
    writeFileAtomic(path, numbers());
    expect([...readFileSync(path)]).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  it("asks the system once for many small parts", () => {
    const write = vi.spyOn(fs, "writeSync");
    syncBuiltinESMExports();
    writeFileAtomic(
      path,
      Array.from({ length: 3000 }, () => new Uint8Array(20)),
    );
    expect(write).toHaveBeenCalledTimes(1);
  });
});
