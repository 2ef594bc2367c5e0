/** The probe leaves nothing behind, and float32 with planes wins a near tie. */
import { expect, it } from "vitest";
import { liveTensors } from "../../src/torch/index.js";
import { chooseEngine, type EngineMeasurement, probeEngine } from "../../src/workflows/machine/engine-probe.js";

const measured = (...times: number[]): EngineMeasurement[] => [
  { precision: "fp32", memoryFormat: "contiguous", milliseconds: times[0] },
  { precision: "fp32", memoryFormat: "channelsLast", milliseconds: times[1] },
  { precision: "bf16", memoryFormat: "contiguous", milliseconds: times[2] },
  { precision: "bf16", memoryFormat: "channelsLast", milliseconds: times[3] },
];

it("takes the fastest setting, and the plain one in a near tie", () => {
  expect(chooseEngine(measured(40, 38, 30, 20))).toEqual({ precision: "bf16", memoryFormat: "channelsLast" });
  expect(chooseEngine(measured(40, 30, 50, 60))).toEqual({ precision: "fp32", memoryFormat: "channelsLast" });
  expect(chooseEngine(measured(40, 39, 39, 39))).toEqual({ precision: "fp32", memoryFormat: "contiguous" });
  expect(chooseEngine(measured(40, 20, 90, 19.5))).toEqual({ precision: "fp32", memoryFormat: "channelsLast" });
});

it("times all four settings and frees what it made", () => {
  const before = liveTensors();
  const { measurements, precision, memoryFormat } = probeEngine({ milliseconds: 0 });
  expect(measurements).toHaveLength(4);
  expect(measurements.every(({ milliseconds }) => milliseconds > 0)).toBe(true);
  expect(chooseEngine(measurements)).toEqual({ precision, memoryFormat });
  expect(liveTensors()).toBe(before);
});
