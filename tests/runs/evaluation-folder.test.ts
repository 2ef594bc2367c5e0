/** Which of a run's evaluations answers a question. */
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { evaluationFolder, provenance, writeEvaluation } from "../../src/runs/evaluation-files.js";
import { put, temporaryFolder } from "../data/files.js";

const base = temporaryFolder();
const question = { checkpoint: "last", network: "student" } as const;

/** Evaluations by their names: the step, and the hash of the one mask. */
function evaluations(name: string, made: Record<string, readonly [step: number, mask: string]>): string {
  const folder = join(base, name);
  for (const [own, [step, mask]] of Object.entries(made)) {
    const judged = [{ case: "a/test/1", image: "i", mask }];
    const summary = JSON.stringify({ checkpoint: { step }, ...provenance("cases", judged) });
    writeEvaluation(join(folder, own), { summary, cases: "cases" });
  }
  return folder;
}

const answer = (folder: string, more = {}) => basename(evaluationFolder(folder, { ...question, ...more }));

describe("evaluationFolder", () => {
  it("is the plain one where nothing else was measured, or nothing at all", () => {
    expect(answer(join(base, "none"))).toBe("last-student");
    expect(answer(evaluations("other", { "last-student-train": [9, "m"], "last-student-tta": [9, "m"] }))).toBe(
      "last-student",
    );
    expect(answer(evaluations("monai", { "last-student-volumes-monai": [9, "m"] }))).toBe("last-student");
  });

  it("is the one with the most metrics of the same weights and files", () => {
    const made = {
      "last-student": [9, "m"],
      "last-student-nsd0.5-volumes": [9, "m"],
      "last-student-lesions": [9, "m"],
    };
    expect(answer(evaluations("rich", made as never))).toBe("last-student-nsd0.5-volumes");
    expect(answer(evaluations("older", { "last-student": [9, "m"], "last-student-volumes": [8, "m"] }))).toBe(
      "last-student",
    );
    expect(answer(evaluations("changed", { "last-student": [9, "m"], "last-student-volumes": [9, "n"] }))).toBe(
      "last-student",
    );
  });

  it("is the newest step's where there is no plain one", () => {
    const folder = evaluations("alone", { "last-student-nsd2": [8, "m"], "last-student-volumes": [9, "m"] });
    expect(answer(folder)).toBe("last-student-volumes");
  });

  it("keeps grids and units apart", () => {
    const folder = evaluations("grids", {
      "last-student-volumes": [9, "m"],
      "last-student-native-mm-nsd1e-7": [9, "m"],
      "last-student-native": [9, "m"],
    });
    expect(answer(folder, { at: "native", units: "mm" })).toBe("last-student-native-mm-nsd1e-7");
    expect(answer(folder, { at: "native" })).toBe("last-student-native");
    expect(answer(folder, { units: "mm" })).toBe("last-student-mm");
  });

  it("does not pass over a plain one that is damaged", () => {
    const folder = evaluations("damaged", { "last-student-volumes": [9, "m"] });
    put(join(folder, "last-student/summary.json"), "{");
    expect(answer(folder)).toBe("last-student");
  });
});
