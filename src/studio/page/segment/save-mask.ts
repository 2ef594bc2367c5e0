/** A mask as the file that `dimseg predict` writes, handed out under its image's name. */
import { frameHead } from "../../../core/formats/framed-bytes.js";
import type { DroppedMask } from "../../../workflows/studio/shown/dropped.js";
import { postBytes } from "../parts/server.js";
import { maskPng } from "./mask-png.js";
import type { Segmented } from "./messages.js";

/** Milliseconds after which a browser has surely begun to read. */
const readMilliseconds = 60_000;
/** Endings of image files; a name that ends otherwise is kept, as UIDs are names, too. */
const ending = /\.(nii\.gz|nii|nrrd|nhdr|mha|mhd|h5|hdf5|dcm|dicom|zip|png|jpe?g|tiff?|bmp|webp)$/i;

function handOut(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), readMilliseconds);
}

/**
 * Saves a mask: of a picture as PNG; of a volume as the NIfTI file that the studio makes of it.
 * @throws Error with a sentence for people
 */
export async function saveMask(segmented: Segmented, name: string): Promise<void> {
  const base = name.replace(ending, "");
  const { mask } = segmented;
  if (segmented.kind === "picture")
    return handOut(await maskPng(mask, segmented.height, segmented.width), `${base}.png`);
  const { stored, start } = segmented;
  const head: DroppedMask = { grid: stored.grid, start };
  const file = await postBytes("/api/mask-files", new Blob([frameHead(head), mask]));
  handOut(new Blob([file], { type: "application/gzip" }), `${base}.nii.gz`);
}
