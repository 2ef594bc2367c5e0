/** The files that a volume's prediction becomes, as bytes; where they go is the caller's business. */
import type { Dataset, SliceRule } from "../../data/dataset.js";
import { voxelCount } from "../../grid/grid.js";
import type { StoredImage } from "../../grid/stored-image.js";
import { classMask, indexMap, indexValue } from "../label-map.js";
import type { VolumePrediction } from "../plain/segment-volume.js";
import {
  classFolder,
  type PredictionContents,
  type PredictionFile,
  type PredictionSource,
  probabilityFile,
} from "./encode-prediction.js";
import { type MaskPart, maskFormats } from "./mask-formats.js";

/**
 * The kinds of file that predictions of volumes give: `masks` with label maps, in each volume's own grid, with
 * overlapping classes also `classes/NAME` with 0 and 255, and what else is wanted.
 */
export function volumeFiles(
  dataset: Dataset & { readonly slices: SliceRule },
  { overlay, probabilities, format = "nii.gz", keepIds = false }: PredictionContents,
): PredictionFile<VolumePrediction>[] {
  const volumeFile = (
    folder: string,
    valuesOf: (one: VolumePrediction) => Uint8Array,
    parts: readonly MaskPart[],
  ): PredictionFile<VolumePrediction> => ({
    folder,
    extension: maskFormats[format].extension,
    async encode(one, { grid }, source) {
      const mask = { grid, channels: 1, samples: valuesOf(one) };
      return [await maskFormats[format].encode(mask, parts, { source, keepIds })];
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
            async encode(one: VolumePrediction, volume: StoredImage, { doubtful }: PredictionSource) {
              const { volumeOverlay } = await import("../pictures/volume-overlay.js");
              return [await volumeOverlay(volume, one.labels, dataset, doubtful)];
            },
          },
        ]
      : []),
  ];
}
