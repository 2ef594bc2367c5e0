/** What `auto` stands for goes by precision, width and the processor's features alone, so that two runs agree. */
import { expect, it } from "vitest";
import { trainingSchema } from "../../src/config/config.js";
import { fastestMemoryFormat, resolveEngine, slowPrecisionText } from "../../src/training/engine-settings.js";

const model = (width: number) => trainingSchema.shape.model.parse({ width });
const training = (settings: object) => trainingSchema.shape.training.parse(settings);

it.each([
  { precision: "bf16", device: "cpu", width: 64, features: "avx2", want: "channelsLast" },
  { precision: "fp32", device: "cpu", width: 16, features: "avx2", want: "channelsLast" },
  { precision: "fp32", device: "cpu", width: 32, features: "avx2", want: "contiguous" },
  { precision: "fp32", device: "cpu", width: 64, features: "avx2 avx512f avx512dq", want: "channelsLast" },
  { precision: "fp32", device: "cuda", width: 16, features: "avx2", want: "contiguous" },
  { precision: "bf16", device: "cuda:1", width: 16, features: "", want: "channelsLast" },
] as const)("lays $precision out as $want at width $width on $device ($features)", (given) => {
  expect(fastestMemoryFormat(given, given.width, given.features)).toBe(given.want);
});

it.each([
  { precision: "bf16", device: "cpu", features: "avx2 avx512f", slow: true },
  { precision: "bf16", device: "cpu", features: "avx2 avx512f avx512_bf16", slow: false },
  { precision: "bf16", device: "cuda", features: "avx2", slow: false },
  { precision: "fp32", device: "cpu", features: "avx2", slow: false },
] as const)("$precision on $device with $features is told as slow: $slow", (given) => {
  expect(slowPrecisionText(given, given.features) !== null).toBe(given.slow);
});

it("fills in every auto, and keeps what was asked for", () => {
  const asked = training({ precision: "fp32", memoryFormat: "contiguous", device: "cpu", threads: 3 });
  expect(resolveEngine({ training: asked, model: model(8) })).toEqual(asked);
  const filled = resolveEngine({ training: training({ precision: "fp32", device: "cpu" }), model: model(8) });
  expect(filled.memoryFormat).toBe("channelsLast");
  expect(filled.threads).toBeGreaterThan(0);
});
