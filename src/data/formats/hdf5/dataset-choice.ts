/** Which of the data sets in an HDF5 file is the image, and whether its values are such as are read. */
import { basename } from "node:path";
import { DataError } from "../../../core/errors.js";
import { checkVoxels } from "../format.js";
import { bytesOfValue, type ValueType } from "../stored-values.js";
import type { Hdf5Dataset } from "./session.js";

/** What the field calls the images in such files, and their masks. */
const imageNames = ["image", "raw"];
const maskNames = ["label", "mask"];

/** Classes of values, as HDF5 numbers them. */
const [integerClass, floatClass, enumClass] = [0, 1, 8];
/** Filters that are undone: gzip, and those that come with it. */
const knownFilters = new Set([1, 2, 3]);
/** gzip makes of a byte at most so many; what was never written takes none, but then nothing is there. */
const mostRatio = 1032;
/** The library's own memory ends at 2 GiB, and holds the values beside what it unpacks. */
const mostBytes = 2 ** 30;

function list(names: readonly string[]): string {
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}` : names[0];
}

/** Whether a data set has the axes of a picture or a volume. */
function hasAxes({ shape }: Hdf5Dataset): boolean {
  return shape.length === 2 || shape.length === 3;
}

/** The names of a file's data sets that may be images or masks. */
export function pictureNames(datasets: readonly Hdf5Dataset[]): string[] {
  return datasets.filter(hasAxes).map(({ path }) => path);
}

/** The names of a file's image and mask where they are called as usual, or one is left for the image. */
export function usualNames(names: readonly string[]): { image?: string; mask?: string } {
  const mask = maskNames.find((name) => names.includes(name));
  const others = names.filter((name) => !maskNames.includes(name));
  const only = others.length === 1 ? others[0] : names.length === 1 ? names[0] : undefined;
  const image = imageNames.find((name) => names.includes(name)) ?? only;
  return { ...(image === undefined ? {} : { image }), ...(mask === undefined || mask === image ? {} : { mask }) };
}

/**
 * The data set that a path means.
 * @param inside the name that the path goes on with; without one `image` or `raw` is taken, or the only one that is no mask
 * @param file   the path, for messages
 * @throws DataError that lists what there is, when it is not there or not clear
 */
export function chooseDataset(datasets: readonly Hdf5Dataset[], inside: string | undefined, file: string): Hdf5Dataset {
  const names = pictureNames(datasets);
  if (names.length === 0) throw new DataError(`${file}: holds no data set of two or three axes; replace it`);
  const wanted = inside ?? usualNames(names).image;
  const found = datasets.find(({ path }) => path === wanted);
  if (found) return found;
  if (wanted !== undefined)
    throw new DataError(`${file}: the file holds no data set ${wanted}, but ${list(names)}; correct the path`);
  throw new DataError(
    `${file}: holds the data sets ${list(names)}, none of them called ${imageNames.join(" or ")}; say which is meant in ` +
      `dataset.yaml, as ${basename(file)}/${names[0]}`,
  );
}

/** What its values are. @throws DataError when they are no numbers that are read */
export function valueTypeOf({ type, size, signed, members }: Hdf5Dataset, file: string): ValueType {
  const bits = 8 * size;
  if (type === integerClass && [8, 16, 32, 64].includes(bits)) return `${signed ? "" : "u"}int${bits}` as ValueType;
  if (type === floatClass && (bits === 32 || bits === 64)) return `float${bits}`;
  // What NumPy calls bool.
  if (type === enumClass && size === 1 && members.length === 2) return "uint8";
  const what = type === floatClass ? `floating-point numbers of ${bits} bits` : "values that are no plain numbers";
  throw new DataError(`${file}: holds ${what}, which are not read; save it as float32 or whole numbers`);
}

/**
 * Refuses a data set before memory is taken for it.
 * @param fileBytes size of the whole file
 * @returns the bytes of its values
 * @throws DataError when its axes, its packing or its size are none that are read
 */
export function checkDataset(dataset: Hdf5Dataset, type: ValueType, fileBytes: number, file: string): number {
  const { shape, filters, isVirtual } = dataset;
  if (!hasAxes(dataset))
    throw new DataError(`${file}: has ${shape.length} axes; dimseg reads pictures of two and volumes of three`);
  if (isVirtual) throw new DataError(`${file}: its values lie in other data sets; copy them into one`);
  const filter = filters.find(({ id }) => !knownFilters.has(id));
  if (filter)
    throw new DataError(
      `${file}: is packed with ${filter.name || `filter ${filter.id}`}; save it with gzip or unpacked`,
    );
  checkVoxels(shape, file, bytesOfValue(type));
  const bytes = shape.reduce((product, extent) => product * extent, bytesOfValue(type));
  if (bytes > mostRatio * fileBytes)
    throw new DataError(`${file}: declares ${bytes} bytes of values in a file of ${fileBytes}; replace it`);
  if (bytes > mostBytes)
    throw new DataError(
      `${file}: holds ${Math.ceil(bytes / 2 ** 20)} MiB of values; dimseg reads up to ${mostBytes / 2 ** 20} MiB of an ` +
        "HDF5 file, so save it as NIfTI",
    );
  return bytes;
}
