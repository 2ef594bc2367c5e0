/** MetaImage files (.mha) of images and label maps, as ITK writes them. */
import { promisify } from "node:util";
import { deflate } from "node:zlib";
import { interleave } from "../../../grid/interleave.js";
import { type SampleType, type StoredImage, sampleBytes, sampleType } from "../../../grid/stored-image.js";
import { placementOf } from "../placement.js";

const typeNames: Readonly<Record<SampleType, string>> = {
  uint8: "MET_UCHAR",
  int8: "MET_CHAR",
  uint16: "MET_USHORT",
  int16: "MET_SHORT",
  uint32: "MET_UINT",
  int32: "MET_INT",
  float32: "MET_FLOAT",
  float64: "MET_DOUBLE",
};

/**
 * A MetaImage file of an image or a label map, compressed. Several channels lie side by side in each voxel.
 * @returns the file's bytes, the same for the same image
 * @example await writeFile("mask.mha", await encodeMetaImage({ grid, channels: 1, samples: labels }));
 */
export async function encodeMetaImage({ grid, channels, samples }: StoredImage): Promise<Buffer> {
  const { extents, placement } = placementOf(grid);
  const spacing = grid.spacing && [...grid.spacing].reverse();
  const data = await promisify(deflate)(sampleBytes(interleave(samples, channels)), { level: 1 });
  // A picture's plane in the patient has no place in a header of two axes.
  const isPlaced = placement !== null && spacing !== null && extents.length === 3;
  const directions = isPlaced ? placement.axes.map((axis, i) => axis.map((part) => part / spacing[i])) : [];
  const lines = [
    "ObjectType = Image",
    `NDims = ${extents.length}`,
    "BinaryData = True",
    "BinaryDataByteOrderMSB = False",
    "CompressedData = True",
    `CompressedDataSize = ${data.length}`,
    ...(isPlaced ? [`TransformMatrix = ${directions.flat().join(" ")}`, `Offset = ${placement.origin.join(" ")}`] : []),
    ...(spacing ? [`ElementSpacing = ${spacing.join(" ")}`] : []),
    `DimSize = ${extents.join(" ")}`,
    ...(channels > 1 ? [`ElementNumberOfChannels = ${channels}`] : []),
    `ElementType = ${typeNames[sampleType(samples)]}`,
    "ElementDataFile = LOCAL",
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\n")}\n`, "latin1"), data]);
}
