/** What the volumes of a set have in common: spacing, how they lie, values; and what they lack. */
import { counted } from "../../core/counted.js";
import { orientationCode } from "../../grid/slices.js";
import type { Dataset } from "../dataset.js";
import type { CaseFacts, VolumeFacts } from "./examine.js";
import { type Problem, warning } from "./problems.js";

/** The volumes of one domain, training and test together. */
export interface VolumeSummary {
  readonly domain: string;
  readonly volumes: number;
  /** Least and most slices, as `12 to 28`. */
  readonly slices: string;
  /** Millimetres between columns, rows and slices, as `0.62 x 0.62 x 3 to 3.6`; `unknown` where no volume says it. */
  readonly spacing: string;
  /** Towards what the stored axes run, the fastest first, with the number of volumes: `LPS 10, RAS 2`. */
  readonly orientations: string;
  /**
   * The 0.5 and 99.5 percentiles of the values: the least and the most over the volumes. Of several modalities each by its
   * name: `T2 0 to 900, ADC 12 to 2900`.
   */
  readonly values: string;
  /** Values in masks. */
  readonly labels: string;
}

/** Four significant digits, without zeros behind them. */
function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function range(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map(short);
  return least === most ? least : `${least} to ${most}`;
}

function spacingText(volumes: readonly VolumeFacts[]): string {
  const known = volumes.flatMap(({ cut: { spacing } }) => (spacing ? [[...spacing].reverse()] : []));
  if (known.length === 0) return "unknown";
  return [0, 1, 2].map((axis) => range(known.map((sizes) => sizes[axis]))).join(" x ");
}

function orientationText(volumes: readonly VolumeFacts[]): string {
  const counts = new Map<string, number>();
  for (const { grid } of volumes) {
    const code = orientationCode(grid) ?? "unknown";
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const ordered = [...counts].sort((a, b) => b[1] - a[1]);
  return ordered.length === 1 ? ordered[0][0] : ordered.map(([code, count]) => `${code} ${count}`).join(", ");
}

/** Masks' values that are listed. */
const mostListed = 8;

function labelsText(volumes: readonly VolumeFacts[]): string {
  const values = [...new Set(volumes.flatMap((one) => one.values))].sort((a, b) => a - b);
  const shown = values.slice(0, mostListed).join(", ");
  return values.length > mostListed ? `${shown} and ${values.length - mostListed} more` : shown;
}

function valuesText(volumes: readonly VolumeFacts[], channelNames: readonly string[] | undefined): string {
  const ofChannel = (channel: number) => {
    const levels = (at: 0 | 1) => volumes.map((one) => one.ranges[channel][at]);
    return `${short(Math.min(...levels(0)))} to ${short(Math.max(...levels(1)))}`;
  };
  return channelNames?.map((name, channel) => `${name} ${ofChannel(channel)}`).join(", ") ?? ofChannel(0);
}

/** The domains that have volumes that could be decoded, in order. */
export function summariseVolumes(
  facts: readonly CaseFacts[],
  { channelNames }: Pick<Dataset, "channelNames">,
): VolumeSummary[] {
  const domains = [...new Set(facts.map((one) => one.case.domain))];
  return domains.flatMap((domain) => {
    const volumes = facts.flatMap((one) => (one.case.domain === domain && one.volume ? [one.volume] : []));
    if (volumes.length === 0) return [];
    return [
      {
        ...{ domain, volumes: volumes.length, slices: range(volumes.map(({ cut }) => cut.shape[0])) },
        ...{ spacing: spacingText(volumes), orientations: orientationText(volumes), labels: labelsText(volumes) },
        values: valuesText(volumes, channelNames),
      },
    ];
  });
}

/** A warning for volumes that do not say how they lie in the body, so that nobody knows which slices are axial. */
export function placelessVolumes({ slices, path }: Dataset, facts: readonly CaseFacts[]): Problem[] {
  if (!slices || slices.plane === "stored") return [];
  const files = facts.flatMap(({ volume, case: one }) =>
    volume && volume.grid.toWorld === null ? [one.imagePath] : [],
  );
  if (files.length === 0) return [];
  return [
    warning(
      `${counted(files.length, "volume")} (the first is ${files[0]}) ${files.length === 1 ? "does" : "do"} not say how ` +
        `${files.length === 1 ? "it lies" : "they lie"} in the body, so ${files.length === 1 ? "its" : "their"} slices are ` +
        `those of the file's last axis, rows and columns as stored, whatever slices: ${slices.plane} in ${path} says`,
    ),
  ];
}

/** A warning for volumes that say no spacing: nothing about them can be measured in millimetres. */
export function spacelessVolumes({ slices }: Dataset, facts: readonly CaseFacts[]): Problem[] {
  if (!slices) return [];
  const files = facts.flatMap(({ volume, case: one }) => (volume?.grid.spacing === null ? [one.imagePath] : []));
  if (files.length === 0) return [];
  return [
    warning(
      `${counted(files.length, "volume")} (the first is ${files[0]}) ${files.length === 1 ? "does" : "do"} not say the ` +
        "size of a voxel: it counts as 1 along each axis, and neither --units mm nor resample can be asked of them",
    ),
  ];
}
