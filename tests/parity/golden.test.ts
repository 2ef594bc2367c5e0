/** Every committed golden case holds. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kinds } from "../../src/parity/registry.js";
import { checkCase, findCases } from "../../src/parity/run.js";

const folder = join(import.meta.dirname, "..", "golden");
/** Networks that cases start from; holds no case itself. */
const states = "states";
const folders = readdirSync(folder).filter((name) => name !== states);

it("each folder of cases has its kind, and each kind its cases", () => {
  expect(folders.sort()).toEqual(Object.keys(kinds).sort());
});

describe("golden cases", () => {
  const elsewhere: string[] = [];

  for (const path of folders.flatMap((kind) => findCases(join(folder, kind)))) {
    const name = path.slice(folder.length + 1, -".json".length);
    it(name, () => {
      const { kind, comparison, neighbour } = checkCase(path);
      expect(comparison, `kind ${kind} supports this case`).not.toBeNull();
      expect(comparison?.failures).toEqual([]);
      if (neighbour > 0) elsewhere.push(name);
    });
  }

  // Here none does; docs/parity.md names one that does on another processor.
  it("at most one of them holds from a neighbouring start only", () => {
    expect(elsewhere.slice(1)).toEqual([]);
  });
});
