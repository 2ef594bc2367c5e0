/** The option `--intensity LOW HIGH` of the verbs that segment images. */
import { Option } from "commander";
import { UsageError } from "../../core/errors.js";

/** The option; {@link intensityOf} reads what is given. */
export function intensityOption(): Option {
  return new Option(
    "--intensity <grey...>",
    "LOW HIGH, the values of 16-bit images that become black and white (default: as in training)",
  );
}

/**
 * Values of wide images that become black and white.
 * @param last  what the option has to stand behind, as it would take that for numbers, too
 * @param words the arguments, for the example
 * @throws UsageError for anything but two numbers in their order
 */
export function intensityOf(values: readonly string[] | undefined, last: string, words: string) {
  if (values === undefined) return undefined;
  const [low, high] = values.map((value) => (value.trim() === "" ? Number.NaN : Number(value)));
  if (values.length === 2 && Number.isFinite(low) && Number.isFinite(high) && low < high) return { low, high };
  throw new UsageError(
    `--intensity ${values.join(" ")}: give two numbers, the lower first, after the ${last}: ${words} --intensity 0 4095`,
  );
}
