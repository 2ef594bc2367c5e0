/** A preset works at a square of its own; a data set that asks for another shape is not squeezed into it unasked. */
import { nearestMultiple, type WantedConfig } from "../config/config.js";
import { presets } from "../config/presets.js";
import { UsageError } from "../core/errors.js";
import type { Dataset } from "../data/dataset.js";
import { networks } from "../nn/index.js";

/**
 * Refuses the square of a preset where the data set's own `resize` is oblong: one of the two has to be chosen.
 * `imageSize: [rows, columns]` is such a choice, of the preset's square, too.
 * @throws UsageError naming both sizes and what to write
 */
export function refuseSquareOfPreset(
  { preset, imageSize, model }: WantedConfig,
  { path, size: { height, width } }: Pick<Dataset, "path" | "size">,
): void {
  if (preset === undefined || height === width) return;
  const square = presets[preset].values.imageSize;
  if (typeof square !== "number" || imageSize !== square) return;
  const stride = Math.max(...networks[model.name].strides);
  const scaled = (factor: number) =>
    `[${[height, width].map((side) => nearestMultiple(factor * side, stride)).join(", ")}]`;
  throw new UsageError(
    `preset ${preset} works at ${square} x ${square} pixels, but resize of ${path} is ${width} x ${height}, whose shape would be lost; ` +
      `write imageSize: ${scaled(1)} for that size, imageSize: ${scaled(square / Math.sqrt(height * width))} for its shape at about ` +
      `the preset's cost, or imageSize: [${square}, ${square}] for the square`,
  );
}
