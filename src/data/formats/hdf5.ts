/**
 * HDF5: a picture or volume among the data sets of a file, as public code keeps slices and volumes with their label maps.
 * Read by h5wasm, the HDF Group's own library: a reader of our own would have to know five generations of its structures.
 * A file says nothing of spacing and place; its axes are taken slowest first, as NumPy shows them.
 */
import { makeGrid } from "../../grid/grid.js";
import { insideOf } from "../inside-file.js";
import { type Format, maxVolumeBytes } from "./format.js";
import { checkDataset, chooseDataset, pictureNames, valueTypeOf } from "./hdf5/dataset-choice.js";
import { type Hdf5File, withHdf5 } from "./hdf5/session.js";
import { samplesOf, sampleTypeOf } from "./stored-values.js";

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** The data set that a path means, its values not yet read. */
function find({ datasets }: Hdf5File, fileBytes: number, file: string) {
  const dataset = chooseDataset(datasets, insideOf(file), file);
  const type = valueTypeOf(dataset, file);
  const count = checkDataset(dataset, type, fileBytes, file);
  return { path: dataset.path, type, count, grid: makeGrid(file, dataset.shape) };
}

/**
 * The names of the data sets in a file that may be images or masks, those in groups after the names of these.
 * @throws DataError when the file is damaged
 */
export function hdf5Names(bytes: Uint8Array, file: string): Promise<string[]> {
  return withHdf5(bytes, file, async ({ datasets }) => pictureNames(datasets));
}

export const hdf5Format: Format = {
  name: "HDF5",
  summary:
    "a picture or volume in a file of several data sets, plain or gzip: FILE.h5 is its image, FILE.h5/label its mask",
  source: "the HDF Group's file format specification; h5wasm",
  extensions: ["h5", "hdf5"],
  maxFileBytes: maxVolumeBytes,
  sniff: (head) => signature.every((byte, i) => head[i] === byte),
  read: (bytes, file) =>
    withHdf5(bytes, file, async (open) => {
      const { path, type, count, grid } = find(open, bytes.length, file);
      const values = await open.read(path, count);
      return { grid, channels: 1, samples: samplesOf(values, { type, littleEndian: true }, file) };
    }),
  header: (bytes, file) =>
    withHdf5(bytes, file, async (open) => {
      const { type, grid } = find(open, bytes.length, file);
      return { grid, channels: 1, sampleType: sampleTypeOf(type) };
    }),
};
