/** The files that a volume's prediction becomes, as bytes; where they go is the caller's business. */
import type { Dataset, SliceRule } from "../data/dataset.js";
import { readStart, withFile } from "../data/file-bytes.js";
import { sniffBytes } from "../data/formats/format.js";
import { encodeNifti } from "../data/formats/nifti-writer.js";
import { cutVolume, windowedSlice, windowsOf } from "../data/volumes/decode-volume.js";
import { voxelCount } from "../grid/grid.js";
import { SliceStack } from "../grid/slices.js";
import type { StoredImage } from "../grid/stored-image.js";
import { classFolder, type PredictionContents, type PredictionFile, png } from "./encode-prediction.js";
import { classMask, indexMap } from "./label-map.js";
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

/** A file's beginning: of a NIfTI file its place, which a mask takes over to the bit. */
function startOf(file: string): Promise<Uint8Array> {
  return withFile(file, (handle, size) => readStart(handle, Math.min(size, sniffBytes)));
}

/**
 * The kinds of file that predictions of volumes give: `masks` with label maps as NIfTI, in each volume's own grid, with
 * overlapping classes also `classes/NAME` with 0 and 255, and what else is wanted.
 */
export function volumeFiles(
  dataset: Dataset & { readonly slices: SliceRule },
  { overlay }: Pick<PredictionContents, "overlay">,
): PredictionFile<VolumePrediction>[] {
  const nifti = (
    folder: string,
    valuesOf: (one: VolumePrediction) => Uint8Array,
  ): PredictionFile<VolumePrediction> => ({
    folder,
    extension: "nii.gz",
    async encode(one, volume, file) {
      const image = { grid: volume.grid, channels: 1, samples: valuesOf(one) };
      return [await encodeNifti(image, { packed: true, like: await startOf(file) })];
    },
  });
  const overlapping = dataset.target === "sigmoid" ? dataset.classes : [];
  return [
    nifti("masks", ({ labels }) => indexMap(labels, dataset)),
    ...overlapping.map(({ name, index }) =>
      nifti(classFolder(name), ({ labels, grid }) =>
        classMask(labels, index, "sigmoid", voxelCount(grid)).map((value) => 255 * value),
      ),
    ),
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
