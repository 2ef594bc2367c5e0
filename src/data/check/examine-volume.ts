/** Looking at one volume: do its files decode and fit each other, and what is in them. */
import { sha256 } from "../../core/sha256.js";
import { plane, type StoredImage } from "../../grid/stored-image.js";
import { type Case, caseName, type Dataset, ofDomain, type SliceRule } from "../dataset.js";
import { greyLevels } from "../images/grey-levels.js";
import { readVolumeChannels } from "../images/read-channels.js";
import { requireChannels } from "../images/require-channels.js";
import { countValues } from "../value-counts.js";
import { gridsOf, readMaskVolume, type SliceCodes } from "../volumes/decode-volume.js";
import { type CutVolume, cutVolume, scaledSlice, shownScale, wholeGrid } from "../volumes/prepare-volume.js";
import { withVolumeRoom } from "../volumes/room.js";
import { percentileValues, usualPercentiles } from "../volumes/windows.js";
import { attempt, type CaseFacts, channelHashes, hash, shares, type VolumeFacts } from "./examine.js";
import { error, type Problem, warning } from "./problems.js";

/** Values of masks that are listed; more are numbers of objects. */
const mostValues = 256;

/** What all slices of a mask hold. */
function tallySlices({ stack }: CutVolume, mask: SliceCodes) {
  const counts = new Map<number, number>();
  const hashes: string[] = [];
  let [first, flat, found] = [Number.NaN, true, 0];
  for (let slice = 0; slice < mask.count; slice++) {
    const codes = mask.codes(slice);
    countValues(codes, counts);
    hashes.push(sha256(new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength)));
    if (!codes.some((code) => code > 0)) continue;
    const { samples } = stack.slice(slice);
    for (let i = 0; i < codes.length; i++) {
      if (codes[i] <= 0) continue;
      if (found++ === 0) first = samples[i];
      flat &&= samples[i] === first;
    }
  }
  return { counts, hash: sha256(stack.grid.shape.join("x"), ...hashes), flat: flat && found > 16 };
}

function valuesOf(files: readonly StoredImage[]): number[] {
  const values = new Set<number>();
  for (const { samples } of files)
    for (const value of countValues(samples).keys()) if (values.size < mostValues) values.add(value);
  return [...values].sort((a, b) => a - b);
}

async function examineMask(
  dataset: Dataset & { readonly slices: SliceRule },
  one: Case,
  cut: CutVolume,
  imageHashes: readonly string[],
  problems: Problem[],
): Promise<Partial<CaseFacts> & Pick<VolumeFacts, "values">> {
  const mask = await attempt(problems, () => readMaskVolume(dataset, one, gridsOf(cut)));
  if (!mask) return { values: [] };
  const values = valuesOf(mask.files);
  if (mask.files.some(({ grid, samples }) => imageHashes.includes(hash(grid, samples)))) {
    problems.push(error(`${one.maskPath}: is the image itself and no mask; replace it`));
    return { values };
  }
  const found = await attempt(problems, async () => tallySlices(cut, mask));
  if (!found) return { values };
  if (found.flat)
    problems.push(warning(`${caseName(one)}: the mask lies where the image has a single value; check the pair`));
  const held = shares(dataset, found.counts);
  return { values, ...held, ...(held.foreground > 0 ? { maskHash: found.hash } : {}) };
}

/** Decodes a volume's files and reports what is wrong and what is in them. */
export function examineVolume(dataset: Dataset & { readonly slices: SliceRule }, one: Case): Promise<CaseFacts> {
  return withVolumeRoom(one, () => examineFiles(dataset, one));
}

function rangesOf(image: StoredImage): VolumeFacts["ranges"] {
  return Array.from({ length: image.channels }, (_, channel) => {
    const [low, high] = percentileValues(plane(image, channel), usualPercentiles) ?? [Number.NaN, Number.NaN];
    return [low, high];
  });
}

async function examineFiles(dataset: Dataset & { readonly slices: SliceRule }, one: Case): Promise<CaseFacts> {
  const problems: Problem[] = [];
  const cut = await attempt(problems, async () => {
    const found = cutVolume(await readVolumeChannels(one), dataset.slices);
    requireChannels(found.image, dataset, one.imagePath);
    return found;
  });
  if (!cut) return { case: one, problems };
  const { image, stack } = cut;
  await attempt(problems, async () => wholeGrid(stack.grid, dataset, one.imagePath));
  const volume = { grid: image.grid, cut: stack.grid, ranges: rangesOf(image) };
  const first = { grid: image.grid, channels: 1, samples: plane(image, 0) };
  const levels = greyLevels([scaledSlice(first, shownScale(first, ofDomain(dataset, one.domain))).samples]);
  const imageHash = hash(image.grid, image.samples);
  const facts = { case: one, problems, wide: true, shape: image.grid.shape, imageHash, ...(levels ? { levels } : {}) };
  const channels = channelHashes(image, dataset);
  const hashes = [imageHash, ...(channels.channelHashes ?? [])];
  if (one.maskPath === undefined) return { ...facts, ...channels, volume: { ...volume, values: [] } };
  const { values: held, ...found } = await examineMask(dataset, one, cut, hashes, problems);
  return { ...facts, ...channels, ...found, volume: { ...volume, values: held } };
}
