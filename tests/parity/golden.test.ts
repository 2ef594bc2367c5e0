/** Every committed golden case of a supported kind holds; a case nothing supports yet is skipped, not passed. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kinds } from "../../src/parity/registry.js";
import { checkCase, findCases } from "../../src/parity/run.js";

const folder = join(import.meta.dirname, "..", "golden");

describe("golden cases", () => {
  for (const kind of Object.keys(kinds)) {
    for (const path of findCases(join(folder, kind))) {
      it(path.slice(folder.length + 1, -".json".length), (context) => {
        const { comparison } = checkCase(path);
        if (!comparison) context.skip("not supported yet");
        else expect(comparison.failures).toEqual([]);
      });
    }
  }
});
