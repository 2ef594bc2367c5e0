/** Parity with medpy, surface-distance and MiDSS on the golden `metric` cases (numbers only). */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readSafetensorsFile } from "../../src/core/safetensors.js";
import { evaluateMask } from "../../src/evaluation/evaluate-mask.js";
import { makeGrid } from "../../src/evaluation/grid.js";
import { confusionCounts, trainDice } from "../../src/evaluation/overlap.js";
import { surfacePair } from "../../src/evaluation/surface-metrics.js";

interface GoldenCase {
  name: string;
  params: { count: number; spacing: number[][]; shape: number[][] };
  outputs: string[];
  tolerance: { atol: number; rtol: number };
}

const folder = fileURLToPath(new URL("../golden/metric/", import.meta.url));

/** Every golden output of one pair. */
function outputsOf(prediction: Uint8Array, reference: Uint8Array, shape: number[], spacing: number[]) {
  const own = evaluateMask(prediction, reference, { shape, spacing, convention: "medpy" });
  const unit = evaluateMask(prediction, reference, { shape, convention: "medpy", surfaceDiceTolerances: [1, 2] });
  const protocol = evaluateMask(prediction, reference, { shape, convention: "midss" });
  const surfaces = surfacePair(prediction, reference, makeGrid("golden", shape));
  const values: Record<string, number> = {
    dc: own.dice,
    jc: own.jaccard,
    hd: own.hd,
    hd95: own.hd95,
    asd: own.asd,
    asd_ref_to_pred: own.asdFromReference,
    assd: own.assd,
    hd95_unit: unit.hd95,
    asd_unit: unit.asd,
    nsd1: unit.nsd[0],
    nsd2: unit.nsd[1],
    train_dice: trainDice(confusionCounts(prediction, reference)),
    surface_pred: surfaces.prediction.count,
    surface_ref: surfaces.reference.count,
    eval_dc: protocol.dice,
    eval_jc: protocol.jaccard,
    eval_hd95: protocol.hd95,
    eval_asd: protocol.asd,
  };
  return values;
}

describe("golden metric cases", () => {
  const cases = readdirSync(folder).filter((file) => file.endsWith(".json"));

  it.each(cases)("%s", (file) => {
    const golden = JSON.parse(readFileSync(folder + file, "utf8")) as GoldenCase;
    const { tensors } = readSafetensorsFile(folder + file.replace(".json", ".safetensors"));
    const { count, shape, spacing } = golden.params;
    const got = Array.from({ length: count }, (_, i) => {
      const [prediction, reference] = ["pred", "ref"].map(
        (kind) => tensors.get(`${kind}${String(i).padStart(2, "0")}`)!.data,
      );
      return outputsOf(prediction, reference, shape[i], spacing[i]);
    });
    for (const output of golden.outputs) {
      const { dtype, data } = tensors.get(output)!;
      const bytes = data.slice().buffer;
      const want = dtype === "I64" ? Array.from(new BigInt64Array(bytes), Number) : [...new Float64Array(bytes)];
      expect(dtype === "I64" || dtype === "F64", `${output} is ${dtype}`).toBe(true);
      expect(want).toHaveLength(count);
      want.forEach((value, i) => {
        const here = `${golden.name} ${output}[${i}]: got ${got[i][output]}, want ${value}`;
        if (Number.isNaN(value)) expect(got[i][output], here).toBeNaN();
        else {
          const allowed = golden.tolerance.atol + golden.tolerance.rtol * Math.abs(value);
          expect(Math.abs(got[i][output] - value), here).toBeLessThanOrEqual(allowed);
        }
      });
    }
  });
});
