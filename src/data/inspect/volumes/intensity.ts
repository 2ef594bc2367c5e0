/** Which values of volumes become black and white: by what a file says of them, or by the values of some. */
import { plane } from "../../../grid/stored-image.js";
import { readVolume } from "../../images/read-image.js";
import { mapLimited } from "../../limited.js";
import type { DatasetFileInput } from "../../schema.js";
import { ctWindows, percentileValues, usualPercentiles } from "../../volumes/windows.js";
import { readable, spread } from "../files/sampling.js";
import type { FoundSplit } from "../splits/found-splits.js";
import { isHdf5 } from "./inside-names.js";

/** Volumes whose values are looked at. */
const volumesRead = 8;
/** Air in CT is at −1000 Hounsfield units; no other modality has values far below zero in a large part of an image. */
const airBelow = -500;

/** What was seen of a volume's values. */
interface Seen {
  readonly low: number;
  /** Whether all lie between 0 and 1, some of them beyond the ends. */
  readonly isNormalised: boolean;
}

async function look(splits: readonly FoundSplit[], guesses: string[]): Promise<Seen[]> {
  const files = spread(
    splits.flatMap(({ cases }) => cases.map((one) => one.imagePath)),
    volumesRead,
  );
  const seen = await mapLimited(files, 2, (file) =>
    readable(guesses, async () => {
      const values = plane(await readVolume(file), 0);
      const isNormalised = values.every((value) => value >= 0 && value <= 1) && !values.every(Number.isInteger);
      return { low: percentileValues(values, [usualPercentiles[0]])?.[0] ?? 0, isNormalised };
    }),
  );
  return seen.flat();
}

type Rules = Pick<DatasetFileInput, "intensity" | "intensities">;

function isCalledCt(name: string): boolean {
  return name.toUpperCase() === "CT";
}

/** Of several channels those that are called CT have a window, the others percentiles. */
function ofEachChannel(names: readonly string[], guesses: string[]): Rules {
  if (!names.some(isCalledCt)) return intensityOf(false, guesses);
  const { low, high } = ctWindows["ct-soft-tissue"];
  guesses.push(
    `intensities: of CT ${low} to ${high} Hounsfield units (soft tissue) become 0 to 255, of other channels ` +
      `${usualPercentiles.join(" and ")} % of each volume's own values`,
  );
  return {
    intensities: names.map((one) =>
      isCalledCt(one) ? { window: "ct-soft-tissue" } : { percentiles: [...usualPercentiles] },
    ),
  };
}

/**
 * The rule for values, or one for each of several channels.
 * @param channels what a file beside the volumes says that they are, as `CT`; empty where none does
 * @param several  the channels of each image, where there are several
 * @param guesses  receives what was decided, and a sentence for every file that cannot be read
 */
export async function guessIntensity(
  splits: readonly FoundSplit[],
  channels: readonly string[],
  { channelNames: several }: Pick<DatasetFileInput, "channelNames">,
  guesses: string[],
): Promise<Rules> {
  if (several) return ofEachChannel(several, guesses);
  const areHdf5 = splits.every(({ cases }) => cases.every(({ imagePath }) => isHdf5(imagePath)));
  const seen = channels.length > 0 && !areHdf5 ? [] : await look(splits, guesses);
  if (areHdf5 && seen.length > 0 && seen.every(({ isNormalised }) => isNormalised)) {
    guesses.push("intensity: all values lie between 0 and 1, as their makers scaled them, so these become 0 and 255");
    return { intensity: { low: 0, high: 1 } };
  }
  const [channel] = channels;
  const isCt = channel ? isCalledCt(channel) : seen.length > 0 && seen.every(({ low }) => low < airBelow);
  return intensityOf(isCt, guesses);
}

function intensityOf(ct: boolean, guesses: string[]): Pick<DatasetFileInput, "intensity"> {
  if (!ct) {
    guesses.push(
      `intensity: ${usualPercentiles.join(" and ")} % of each volume's own values become 0 and 255, in 256 levels; where ` +
        "values mean the same in all volumes, as in CT, give a window by its name or low and high",
    );
    return { intensity: { percentiles: [...usualPercentiles] } };
  }
  const { low, high } = ctWindows["ct-soft-tissue"];
  guesses.push(
    `the volumes are CT: ${low} to ${high} Hounsfield units (soft tissue) become 0 to 255, in 256 levels; other windows are ` +
      `${Object.keys(ctWindows)
        .filter((name) => name !== "ct-soft-tissue")
        .join(", ")}, or low and high`,
  );
  return { intensity: { window: "ct-soft-tissue" } };
}
