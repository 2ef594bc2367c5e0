/** The files that a volume's prediction becomes, as bytes; where they go is the caller's business. */
import type { Dataset, SliceRule } from "../data/dataset.js";
import { cutVolume, windowedSlice, windowsOf } from "../data/volumes/decode-volume.js";
import { voxelCount } from "../grid/grid.js";
import { SliceStack } from "../grid/slices.js";
import type { StoredImage } from "../grid/stored-image.js";
import {
  classFolder,
  type PredictionContents,
  type PredictionFile,
  png,
  probabilityFile,
} from "./encode-prediction.js";
import { classMask, indexMap, indexValue } from "./label-map.js";
import { type MaskPart, maskFormats } from "./mask-formats.js";
import { drawOverlay } from "./overlay.js";
import type { VolumePrediction } from "./predict-volume.js";

/** The volume's slice in which most was found, with the outlines of the classes. */
function overlayPng(
  { labels, largestSlice }: VolumePrediction,
  volume: StoredImage,
  file: string,
  dataset: Dataset & { readonly slices: SliceRule },
): Promise<Uint8Array[]> {
  const { image, order, stack } = cutVolume(volume, dataset.slices);
  const said = { grid: image.grid, channels: labels.length / voxelCount(image.grid), samples: labels };
  const found = new SliceStack(said, order).slice(largestSlice).samples as Uint8Array;
  const slice = windowedSlice(stack.slice(largestSlice), windowsOf(image, dataset.slices));
  const [height, width] = slice.grid.shape;
  return png(drawOverlay(slice, found, file, dataset), { height, width }, 3);
}

/**
 * The kinds of file that predictions of volumes give: `masks` with label maps, in each volume's own grid, with
 * overlapping classes also `classes/NAME` with 0 and 255, and what else is wanted.
 */
export function volumeFiles(
  dataset: Dataset & { readonly slices: SliceRule },
  { overlay, probabilities, format = "nii.gz" }: PredictionContents,
): PredictionFile<VolumePrediction>[] {
  const volumeFile = (
    folder: string,
    valuesOf: (one: VolumePrediction) => Uint8Array,
    parts: readonly MaskPart[],
  ): PredictionFile<VolumePrediction> => ({
    folder,
    extension: format,
    async encode(one, { grid }, file) {
      return [await maskFormats[format]({ grid, channels: 1, samples: valuesOf(one) }, parts, file)];
    },
  });
  const named = dataset.parts.map((one) => ({ ...one, value: indexValue(one, dataset.target) }));
  const overlapping = dataset.target === "sigmoid" ? dataset.classes : [];
  return [
    volumeFile("masks", ({ labels }) => indexMap(labels, dataset), named),
    ...overlapping.map(({ name, index, colour }) =>
      volumeFile(
        classFolder(name),
        ({ labels, grid }) => classMask(labels, index, "sigmoid", voxelCount(grid)).map((value) => 255 * value),
        [{ name, colour, value: 255 }],
      ),
    ),
    ...(probabilities
      ? [
          {
            folder: "probabilities",
            extension: "safetensors" as const,
            encode: async (one: VolumePrediction) => probabilityFile(one, one.grid.shape, dataset),
          },
        ]
      : []),
    ...(overlay
      ? [
          {
            folder: "overlays",
            extension: "png" as const,
            encode: (one: VolumePrediction, volume: StoredImage, file: string) =>
              overlayPng(one, volume, file, dataset),
          },
        ]
      : []),
  ];
}
