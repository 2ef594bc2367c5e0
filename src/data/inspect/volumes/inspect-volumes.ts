/**
 * `dimseg data inspect` of volumes: folders, names and splits as of pictures; what the volumes are, from all headers and
 * the values of some.
 */
import { counted } from "../../../core/counted.js";
import { shapeText } from "../../../grid/grid.js";
import type { SlicePlane } from "../../../grid/slices.js";
import { channelFilesOf } from "../../case-files.js";
import type { ImageHeader } from "../../formats/format.js";
import { fileOf } from "../../inside-file.js";
import type { DatasetFileInput } from "../../schema.js";
import { channelKeys } from "../channel-keys.js";
import { classFilesOfVolumes } from "../class-files.js";
import type { FolderContent } from "../files/scan.js";
import type { InspectedSplit, Inspection } from "../inspection.js";
import { readChannelNames, readNames } from "../manifest.js";
import type { Progress } from "../progress.js";
import { nameOf } from "../set-name.js";
import { type FoundSplit, splitsOf } from "../splits/found-splits.js";
import { gatherPatients } from "../splits/patient-folders.js";
import { casesOf, type DomainInput } from "../splits/split-input.js";
import { proposeDomains } from "../splits/splits.js";
import { channelsInFile } from "./channels.js";
import { isHdf5 } from "./inside-names.js";
import { guessIntensity } from "./intensity.js";
import { type MaskValues, readMaskValues, type VolumeLabels, volumeLabels } from "./labels.js";
import { labelledCounts } from "./listed-groups.js";
import { withModalities } from "./modalities.js";
import { guessPlane, sliceSize } from "./plane.js";
import { guessResample } from "./resample.js";
import { groupVolumes } from "./volume-groups.js";

/** Side of the square of large slices, and what those of smaller ones are multiples of. */
const usualSize = 256;
const sizeStep = 32;

type ImageHeaders = ReadonlyMap<string, ImageHeader>;

function headersOf(splits: readonly FoundSplit[], headers: ImageHeaders): ImageHeader[] {
  return splits.flatMap(({ cases }) => cases.flatMap((one) => headers.get(fileOf(one.imagePath)) ?? []));
}

/** Size of the square: the slices' own where they are all one small square. */
function guessResize(
  images: readonly ImageHeader[],
  along: SlicePlane,
  guesses: string[],
): Pick<DatasetFileInput, "resize"> {
  const sizes = new Map(
    images
      .filter(({ grid }) => grid.shape.length === 3)
      .map(({ grid }) => {
        const size = sliceSize(grid, along);
        return [size.join(" x "), size] as const;
      }),
  );
  if (sizes.size === 0) return { resize: { size: usualSize } };
  const [first] = sizes.values();
  if (sizes.size === 1 && first && first[0] === first[1] && first[0] <= 512) {
    guesses.push(
      `all slices are ${[...sizes.keys()][0]}, so they are not resized here; the imageSize of a configuration or its preset ` +
        "decides at which size it trains and judges",
    );
    return { resize: { size: first[0] } };
  }
  const listed = [...sizes.keys()].slice(0, 3).join(", ");
  // Small slices are not blown up: networks halve sides a few times, so the next multiple of 32.
  const longest = Math.max(...[...sizes.values()].flat());
  const size = Math.min(usualSize, sizeStep * Math.ceil(longest / sizeStep));
  guesses.push(
    `slices (${listed}${sizes.size > 3 ? " and other sizes" : ""}) are resized to ${size} x ${size}, oblong ones squeezed (mode: pad under resize keeps their shape); ` +
      "predicted masks get their volume's shape back; choose another resize.size if details are lost",
  );
  return { resize: { size } };
}

function describe(split: FoundSplit, headers: ImageHeaders, values: MaskValues): InspectedSplit {
  const sizes = [...new Set(headersOf([split], headers).map(({ grid }) => shapeText(grid)))];
  const found = [...(values.get(split)?.keys() ?? [])].sort((a, b) => a - b);
  return {
    ...{ domain: split.domain, split: split.split, images: split.cases.length },
    masks: split.cases.filter((one) => one.maskPath !== undefined).length,
    sizes: sizes.length > 2 ? `${sizes[0]} and ${sizes.length - 1} others` : sizes.join(", "),
    values: found.length > 6 ? `${found.slice(0, 6).join(", ")} and ${found.length - 6} others` : found.join(", "),
  };
}

/** What `slices` means, as it stands above the key. */
function slicesText(along: SlicePlane, because: string, splits: readonly FoundSplit[]): string {
  const axis = splits.every(({ cases }) => cases.every(({ imagePath }) => isHdf5(imagePath))) ? "first" : "last";
  const slices = along === "stored" ? `the slices along the files' ${axis} axis` : `the ${along} slices`;
  return (
    `slices: ${along}: a 2-D network is trained on ${slices} of the volumes (${because}), all of them unless emptySlices: drop ` +
    "leaves out labelled ones that show no class; a case is a whole volume: counted, divided and judged as one"
  );
}

/**
 * Finds out what a folder of volumes is.
 * @param content the folder's, its images all volumes
 * @param told    sentences about files that are left out
 * @throws DataError when no volume can be read, or some have other channels than the others
 */
export async function inspectVolumes(
  root: string,
  content: FolderContent,
  told: readonly string[],
  progress: Progress,
): Promise<Inspection> {
  const guesses = [...told];
  const channelNames = readChannelNames(root, content.helpers);
  const {
    groups: ofFolders,
    headers,
    isListed,
    modalities,
    ...inFiles
  } = await groupVolumes(root, content, guesses, progress);
  const { groups, patients } = gatherPatients(ofFolders, root, guesses);
  const { domains, guesses: ofDomains, ...subjects } = proposeDomains(groups, root, content.helpers, { patients });
  guesses.push(...ofDomains);
  if (subjects.subject && isListed)
    guesses.push(...labelledCounts(casesOf(groups[0].source, root), subjects.subject, groups[0].source.list));
  const names = () => readNames(root, content.helpers, guesses);
  const found = { domains, subjects, headers, channelNames, inFiles, modalities, names, guesses };
  return describeVolumes(root, found, progress);
}

/** Volumes that were found and divided, before their values are looked at. */
export interface FoundVolumes {
  readonly domains: readonly DomainInput[];
  readonly subjects: Pick<DatasetFileInput, "subject">;
  /** By absolute path. */
  readonly headers: ImageHeaders;
  /** What the channels show, where a file says so. */
  readonly channelNames: readonly string[];
  /** How many files an image has, one for each channel, and how their names' ends call them. */
  readonly inFiles: { readonly files: number; readonly channelNames: readonly string[] };
  readonly modalities: Parameters<typeof withModalities>[0];
  /** What files beside the volumes say of the classes. */
  names(): ReturnType<typeof readNames>;
  /** Receives what is understood. */
  readonly guesses: string[];
}

/** Finds out what volumes are, from all headers and the values of some. @throws DataError as {@link inspectVolumes} */
export async function describeVolumes(
  root: string,
  { domains, subjects, headers, channelNames, inFiles, modalities, names: named, guesses }: FoundVolumes,
  progress: Progress,
): Promise<Inspection> {
  if (!subjects.subject)
    guesses.push("every volume is a subject of its own; where patients have several, say which with subject");
  const splits = splitsOf(domains, root);
  const images = headersOf(splits, headers);
  const files = splits.flatMap(({ cases }) => cases.flatMap(channelFilesOf)).map(fileOf);
  const known = channelNames.length > 0 ? channelNames : inFiles.channelNames;
  const channels = channelKeys(inFiles.files, channelsInFile(headers, files), known, guesses);
  const { plane: along, because } = guessPlane(images.map(({ grid }) => grid));
  guesses.push(slicesText(along, because, splits));
  const resize = guessResize(images, along, guesses);
  const grids = images.map(({ grid }) => grid);
  const resample = guessResample(grids, along, guesses);
  const intensity = await guessIntensity(splits, channelNames, channels, guesses);
  const values = await readMaskValues(splits, guesses, progress);
  const { title, ...names } = named();
  const byFile = classFilesOfVolumes(
    splits.flatMap(({ cases }) => cases),
    guesses,
  );
  const { rules, own }: VolumeLabels = byFile ? { rules: byFile, own: {} } : volumeLabels(values, names, guesses);
  const labelled = domains.map((one) => (Object.hasOwn(own, one.name) ? { ...one, labels: own[one.name] } : one));
  const described = splits.map((split) => describe(split, headers, values));
  if (described.every(({ masks }) => masks === 0)) guesses.push("all cases are unlabelled");
  guesses.push(`${counted(images.length, "volume")}: their headers were all read, the values of some`);
  const { domains: asked, ...ruled } = withModalities(modalities, { ...rules, domains: labelled }, guesses);
  return {
    file: {
      ...{ name: nameOf(root, title), target: rules.target ?? "softmax", ...channels },
      ...resize,
      ...{ slices: along, ...resample, ...intensity },
      ...ruled,
      ...subjects,
      domains: asked,
    },
    guesses,
    splits: described,
  };
}
