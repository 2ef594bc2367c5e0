/**
 * Paths that go on inside a file: HDF5 files hold several data sets, as an image and its label map, and
 * `slices/{id}.h5/label` is the one called label of each. No file lies below another one, so such a path means nothing else.
 */

/** A path up to the first file that holds others, and what follows. */
const inner = /^(.*?\.(?:h5|hdf5))[\\/](.+)$/i;

/** The file that a path or pattern names, without what it goes on with inside it. */
export function fileOf(path: string): string {
  return inner.exec(path)?.[1] ?? path;
}

/** What a path or pattern goes on with inside a file; undefined where it ends with the file. */
export function insideOf(path: string): string | undefined {
  return inner.exec(path)?.[2].replaceAll("\\", "/");
}
