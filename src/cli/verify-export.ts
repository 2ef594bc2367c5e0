/** `dimseg export --verify FOLDER`: how an exported network differs between ONNX Runtime and libtorch. */
import { counted } from "../core/counted.js";
import { CheckpointError } from "../core/errors.js";
import { exportFiles } from "../export/file-names.js";
import { lossText } from "../export/loss-text.js";
import { inTerminal } from "./terminal/observer.js";

/**
 * Compares, and says what was found.
 * @throws CheckpointError when they differ by more than the limits
 */
export async function verify(folder: string, run: string | undefined): Promise<void> {
  const { verifyExport } = await import("../workflows/verify-export.js");
  const found = await inTerminal((observer) => verifyExport({ folder, run }, observer));
  const { cases, pixels, otherLabels, worstProbability, worstCase, dice, diceLost, limits, isWithinLimits } = found;
  console.log(
    `${counted(cases, "test case")}, ${counted(pixels, "pixel")} in ONNX Runtime and libtorch: ` +
      `${counted(otherLabels, "pixel")} with another label, ` +
      `probabilities differ by at most ${worstProbability.toExponential(1)}${worstCase === "" ? "" : ` (${worstCase})`}.`,
  );
  if (dice !== null && diceLost !== null)
    console.log(
      `Dice: ${lossText(diceLost, 3)}, ${(100 * dice.exported).toFixed(2)} % in place of ${(100 * dice.libtorch).toFixed(2)} %.`,
    );
  console.log(`Wrote ${exportFiles.verification} to ${folder}.`);
  if (isWithinLimits) return;
  throw new CheckpointError(
    `${folder}: differs from libtorch by more than 1 pixel in ${Math.round(1 / limits.pixels)}, ${limits.probability} of a probability or ${100 * limits.dice} points of Dice; do not hand it out: take --precision fp32, and report it where that is so`,
  );
}
