/** Paths in suggested commands: a shell must read back the path. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { shellWord } from "../../src/core/shell-word.js";

describe("shellWord", () => {
  it("leaves plain paths alone", () => {
    for (const path of ["runs/config-2", "../läufe/図.yaml", "/data/a_b,c"]) expect(shellWord(path)).toBe(path);
  });

  it.each(["my images/d.yaml", "it's", "$(touch x)", 'a"b', "*", "", "a;b", "back\\slash"])(
    "%j survives a shell",
    (path) => {
      const { stdout } = spawnSync("sh", ["-c", `printf %s ${shellWord(path)}`], { encoding: "utf8" });
      expect(stdout).toBe(path);
    },
  );
});
